"""A plan judged by rules: each distinct delivery once by each rule, what is broken located in the policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from gitops_golden.errors import Location
from gitops_golden.guardrails.causes import Cause, Causes
from gitops_golden.guardrails.model import Finding
from gitops_golden.guardrails.reads import paths, pruned, reads_of, reducer, together
from gitops_golden.guardrails.schemas import likeliest
from gitops_golden.guardrails.shape import delivery_view, planned_cron
from gitops_golden.guardrails.words import advice, dotted, told
from gitops_golden.plan.model import Variant
from gitops_golden.policy.selectors import EVERYTHING
from gitops_golden.render.names import CRON_TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from jsonschema.exceptions import ValidationError

    from gitops_golden.guardrails.model import Rule
    from gitops_golden.guardrails.reads import Path
    from gitops_golden.plan.model import Plan
    from gitops_golden.policy.model import Cluster, Image, Policy

Crons = Callable[[Variant], Mapping[str, Any] | None]
"""Name, labels, annotations and spec of a variant's DataImportCron as a user's template wrote it, if one did."""
Reduced = Callable[[Any], "Hashable"]
_WHOLE = "the delivery"
_MOST_BLAMED = 50
"""Properties that are looked up as the cause of one finding: a schema may require thousands, on every cluster."""
_EXACTLY = reducer(None)


@dataclass(frozen=True, slots=True)
class _Broken:
    """One thing that a rule finds wrong with a delivery; ``properties`` are those that may be to blame."""

    rule: Rule
    path: str
    message: str
    advice: str
    properties: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Failing:
    """A variant with what is wrong with it, and its cron if a template of the user's wrote that."""

    variant: Variant
    broken: tuple[_Broken, ...]
    cron: Mapping[str, Any] | None


def judge(plan: Plan, policy: Policy, rules: Iterable[Rule], crons: Crons | None = None) -> tuple[Finding, ...]:
    """Return what rules find in a plan of ``policy``, in the order of the places that caused it.

    Without ``crons`` the built-in template writes them, and our own rules about crons have nothing to find. Raises
    InputError for a schema that refers to itself without end.
    """
    rules = tuple(rule for rule in rules if crons or not _guards_templates(rule))
    images = {image.name: image for image in policy.images}
    panels = _Panels(rules)
    failing: dict[int, _Failing] = {}
    for variant in plan.variants():
        image = images[variant.image]
        cron = crons(variant) if crons else None
        view = delivery_view(variant, image, policy.registry, fleet=plan.fleet, cron=cron)
        broken = panels.of(image).broken(view)
        if broken:
            failing[id(variant)] = _Failing(variant, broken, cron)
    return _located(plan, policy, failing) if failing else ()


def _guards_templates(rule: Rule) -> bool:
    return rule.built_in and isinstance(rule.schema.reads, dict) and "cron" in rule.schema.reads


@dataclass(slots=True)
class _Panel:
    """The rules that may judge some images, remembering what they said of deliveries that they can't tell apart."""

    rules: tuple[Rule, ...]
    _reduced: Reduced | None = field(init=False)
    _each_reduced: tuple[tuple[Rule, Reduced], ...] = field(init=False)
    _sound: set[Hashable] = field(default_factory=set)
    _sound_by_one: set[tuple[int, Hashable]] = field(default_factory=set)
    _broken: dict[tuple[int, Hashable], tuple[_Broken, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note what the rules read, each and together."""
        reads = together(rule.schema.reads for rule in self.rules)
        # Of deliveries that are looked at as a whole no two are alike.
        self._reduced = None if reads is None else reducer(reads)
        self._each_reduced = tuple((rule, reducer(rule.schema.reads)) for rule in self.rules)

    def broken(self, view: Mapping[str, Any]) -> tuple[_Broken, ...]:
        """Return what is wrong with a delivery."""
        key = self._reduced(view) if self._reduced else None
        if key in self._sound:
            return ()
        found = tuple(broken for rule, reduced in self._each_reduced for broken in self._by(rule, reduced, view))
        if key is not None and not found:
            self._sound.add(key)
        return found

    def _by(self, rule: Rule, reduced: Reduced, view: Mapping[str, Any]) -> tuple[_Broken, ...]:
        key = (id(rule), reduced(view))
        if key in self._sound_by_one:
            return ()
        # A message quotes what a rule need not tell apart, such as a text that is too long.
        seen = pruned(view, rule.schema.reads)
        exactly = (id(rule), _EXACTLY(seen))
        found = self._broken.get(exactly)
        if found is None:
            found = self._broken[exactly] = tuple(_broken(rule, error) for error in rule.schema.errors(seen))
            if not found:
                self._sound_by_one.add(key)
        return found


@dataclass(slots=True)
class _Panels:
    """The panel of each image; images that the same rules may judge share one."""

    rules: tuple[Rule, ...]
    _by_image: dict[str, _Panel] = field(default_factory=dict)
    _by_rules: dict[tuple[int, ...], _Panel] = field(default_factory=dict)

    def of(self, image: Image) -> _Panel:
        """Return the rules that may judge some delivery of an image."""
        panel = self._by_image.get(image.name)
        if panel is None:
            chosen = tuple(rule for rule in self.rules if _may_judge(rule, image))
            made = _Panel(chosen)
            panel = self._by_image[image.name] = self._by_rules.setdefault(tuple(map(id, chosen)), made)
        return panel


def _may_judge(rule: Rule, image: Image) -> bool:
    excepted = rule.but is not None and rule.but.clusters is EVERYTHING and rule.but.has_image(image)
    return rule.scope.has_image(image) and not excepted


def _broken(rule: Rule, error: ValidationError) -> _Broken:
    path = tuple(error.absolute_path)
    message, said = told(error, _WHOLE), advice(error, rule.schema.data)
    nearest = likeliest(error)
    if nearest is not error and not said:
        # Nobody wrote down what the alternatives are for.
        message = f"{message}: {told(nearest, _WHOLE)}"
    return _Broken(rule, dotted(path), message, said, tuple(islice(_properties(error, path), _MOST_BLAMED)))


def _properties(error: ValidationError, path: tuple[str | int, ...]) -> Iterator[Path]:
    """Yield what an error is about: its own property or, of a map, those in it that the keyword reads."""
    above: list[str] = []
    for step in path:
        if isinstance(step, int):
            break
        above.append(step)
    keyword, value = str(error.validator), error.validator_value
    if not isinstance(error.instance, dict):
        yield tuple(above)
    elif keyword == "required":
        assert isinstance(value, list)
        yield from ((*above, name) for name in value if name not in error.instance)
    else:
        yield from paths(reads_of({keyword: value}), tuple(above))


def _located(plan: Plan, policy: Policy, failing: Mapping[int, _Failing]) -> tuple[Finding, ...]:
    """Return findings of what fails, one for each line to blame, with all its clusters."""
    images = {image.name: image for image in policy.images}
    causes = Causes(policy)
    clusters: dict[tuple[_Broken, Variant, Cause], list[str]] = {}
    for cluster, found, broken in _on_clusters(plan, failing):
        image = images[found.variant.image]
        if broken.rule.judges(image, cluster):
            cause = _template(policy, found, broken) or causes.of(broken.properties, image, cluster)
            clusters.setdefault((broken, found.variant, cause), []).append(cluster.name)
    merged: dict[Finding, list[str]] = {}
    for (broken, variant, cause), names in clusters.items():
        merged.setdefault(_finding(broken, variant, cause), []).extend(names)
    findings = (replace(finding, clusters=tuple(sorted(names))) for finding, names in merged.items())
    return tuple(sorted(findings, key=lambda found: (found.where, found.guardrail, found.data_source, found.message)))


def _on_clusters(plan: Plan, failing: Mapping[int, _Failing]) -> Iterator[tuple[Cluster, _Failing, _Broken]]:
    for held in plan.clusters:
        for variant in held.variants:
            found = failing.get(id(variant))
            if found:
                for broken in found.broken:
                    yield held.cluster, found, broken


def _finding(broken: _Broken, variant: Variant, cause: Cause) -> Finding:
    return Finding(
        guardrail=broken.rule.name,
        mode=broken.rule.mode,
        image=variant.image,
        data_source=variant.data_source,
        clusters=(),
        path=broken.path,
        message=f"{broken.message} (built in)" if cause.built_in else broken.message,
        advice=broken.advice,
        where=cause.where,
    )


def _template(policy: Policy, found: _Failing, broken: _Broken) -> Cause | None:
    """Return the user's template as the cause if it, and no setting, made a property to blame what it is."""
    template = dict(policy.templates).get(CRON_TEMPLATE)
    if found.cron is None or template is None:
        return None
    planned = {"cron": planned_cron(found.variant, policy.name)}
    written = {"cron": found.cron}
    about_cron = (path for path in broken.properties if path[:1] == ("cron",))
    if any(_at(written, path) != _at(planned, path) for path in about_cron):
        return Cause(Location(template.shown))
    return None


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return pruned(value, None)
