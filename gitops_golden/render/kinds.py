"""Whether manifests are what Kubernetes and our own promises allow, before anything of a user's template is published.

The kinds that this package renders are held to strict schemas, others to the shape that every object has. A Secret is
refused whatever made it: nothing secret goes into Git.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.documents import Mapping, Scalar, Sequence, as_data, parse, scalars
from gitops_golden.errors import InputErrors, Problem
from gitops_golden.policy import names
from gitops_golden.policy.fields import nearest, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location

_RBAC: Final = "rbac.authorization.k8s.io"
KINDS: Final = frozenset({
    *(("cdi.kubevirt.io/v1beta1", kind) for kind in ("DataImportCron", "DataSource")),
    *(("v1", kind) for kind in ("Namespace", "ConfigMap")),
    *((f"{_RBAC}/v1", kind) for kind in ("Role", "RoleBinding")),
    ("external-secrets.io/v1", "ExternalSecret"),
    *((f"hco.kubevirt.io/{version}", "HyperConverged") for version in ("v1", "v1beta1")),
})  # fmt: skip
"""(apiVersion, kind) of what has a schema, in ``<kind>.<version>.schema.json``."""
_PRIVATE_KEY: Final = "PRIVATE KEY-----"
_MAKES: Final = "a manifest needs apiVersion, kind and metadata.name"


class Kinds:
    """The schemas of one folder, read when the first manifest is checked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check_manifests(self, text: bytes, where: str) -> tuple[dict[str, Any], ...]:
        """Return the objects of a file that ``where`` names, with the template that made it.

        Raises ``InputErrors`` with every problem at its line of the file, quoting that line.
        """
        nodes = parse(text, where)
        lines = text.decode().split("\n")
        problems = [problem for node in nodes for problem in _private_keys(node)]
        seen: dict[tuple[str, ...], Location] = {}
        for node in nodes:
            found = [*_shape(node)] or [*self._kind(node)] or [*_twice(node, seen)]
            problems += [_quoting(problem, lines) for problem in found]
        if problems:
            raise InputErrors(problems)
        return tuple(as_data(node) for node in nodes)

    def _kind(self, node: Node) -> Iterator[Problem]:
        """Yield what the schema of a manifest's kind says about it."""
        manifest = as_data(node)
        version, kind = manifest["apiVersion"], manifest["kind"]
        if (version, kind) in KINDS:
            for error in self._validators[version, kind].iter_errors(manifest):
                yield from _problems(error, node, kind)
            return
        group = _group(version)
        known = sorted(known for known, other in KINDS if other == kind and _group(known) == group)
        if known:
            yield Problem(f"{kind} of {version} is not known", _at(node, ["apiVersion"]), f"write {' or '.join(known)}")

    @cached_property
    def _validators(self) -> dict[tuple[str, str], Validator]:
        # Only who has templates of his own pays for these imports.
        from jsonschema import Draft202012Validator  # noqa: PLC0415 -- as above
        from referencing import Registry  # noqa: PLC0415 -- as above
        from referencing.jsonschema import DRAFT202012  # noqa: PLC0415 -- as above

        schemas = {key: self._read(*key) for key in sorted(KINDS)}
        resources = ((schema["$id"], DRAFT202012.create_resource(schema)) for schema in schemas.values())
        registry: Registry[Any] = Registry().with_resources(resources)
        return {key: Draft202012Validator(schema, registry=registry) for key, schema in schemas.items()}

    def _read(self, version: str, kind: str) -> dict[str, Any]:
        name = f"{kind.lower()}.{version.rpartition('/')[2]}.schema.json"
        schema: dict[str, Any] = json.loads((self._folder / name).read_text(encoding="utf-8"))
        return schema


def _group(version: str) -> str:
    return version.rpartition("/")[0]


def _private_keys(node: Node) -> Iterator[Problem]:
    """Yield every text that holds a private key, however it is written: escaped, folded or as a key of a map."""
    for scalar in scalars(node):
        if _PRIVATE_KEY in " ".join(scalar.text.split()):
            yield Problem("a private key", scalar.where, "nothing secret may go into Git")


def _shape(node: Node) -> Iterator[Problem]:
    """Yield what is wrong with the parts that every object has."""
    if not isinstance(node, Mapping):
        yield Problem("a manifest must be a map", node.where, _MAKES)
        return
    version, kind, metadata = (node.get(name) for name in ("apiVersion", "kind", "metadata"))
    for name, value in (("apiVersion", version), ("kind", kind)):
        if not _is_text(value):
            yield Problem(f"{name} must be text", (value or node).where, _MAKES)
    if isinstance(kind, Scalar):
        yield from _refused_kind(node, kind)
    if isinstance(metadata, Mapping):
        yield from _metadata(metadata, version)
    else:
        yield Problem("metadata must be a map", (metadata or node).where, _MAKES)
    yield from _secrets(node)


def _refused_kind(node: Mapping, kind: Scalar) -> Iterator[Problem]:
    if kind.text.endswith("List") and node.get("items") is not None:
        yield Problem(
            f"a {shown(kind.text)}", kind.where, "write its items as documents of their own, with --- between"
        )


def _secrets(node: Node) -> Iterator[Problem]:
    """Yield every Secret, be it inside of another object."""
    if isinstance(node, Mapping):
        kind = node.get("kind")
        carries = node.get("apiVersion") or node.get("data") or node.get("stringData")
        if isinstance(kind, Scalar) and kind.text == "Secret" and carries:
            yield Problem("a Secret", kind.where, "nothing secret may go into Git: an ExternalSecret says where it is")
        for _, value in node.entries:
            yield from _secrets(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _secrets(item)


def _metadata(metadata: Mapping, version: Node | None) -> Iterator[Problem]:
    rbac = isinstance(version, Scalar) and version.text.startswith(f"{_RBAC}/")
    name, namespace, generate = (metadata.get(key) for key in ("name", "namespace", "generateName"))
    if generate is not None:
        yield Problem("metadata.generateName", generate.where, "give it a name: every sync would make another one")
    if name is None:
        yield Problem("metadata has no name", metadata.where, "add it")
    else:
        yield from _checked(name, "metadata.name", _path_segment if rbac else names.subdomain)
    if namespace is not None:
        yield from _checked(namespace, "metadata.namespace", names.label_name)
    for key in ("labels", "annotations"):
        yield from _texts(metadata.get(key), key)


def _texts(node: Node | None, path: str) -> Iterator[Problem]:
    if node is None:
        return
    if not isinstance(node, Mapping):
        yield Problem(f"metadata.{path} must be a map of text", node.where)
        return
    for key, value in node.entries:
        if wrong := names.label_key(key.text):
            yield Problem(f'the key "{shown(key.text)}" in metadata.{path} {wrong}', key.where)
        yield from _checked(
            value, f"metadata.{path}.{shown(key.text)}", names.label_value if path == "labels" else None
        )


def _checked(node: Node, path: str, check: Callable[[str], str | None] | None) -> Iterator[Problem]:
    value = node.value if isinstance(node, Scalar) else None
    if not isinstance(value, str):
        yield Problem(f"{path} must be text", node.where, "quote it")
    elif check and (wrong := check(value)):
        yield Problem(f'{path} "{shown(value)}" {wrong}', node.where)


def _path_segment(text: str) -> str | None:
    """Check the name of a role or a binding, which may hold ``:`` (apimachinery, IsValidPathSegmentName)."""
    bad = not text.isprintable() or "/" in text or "%" in text or text in {"", ".", ".."}
    return "may hold no / and no %" if bad else None


def _is_text(node: Node | None) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str)


def _twice(node: Node, seen: dict[tuple[str, ...], Location]) -> Iterator[Problem]:
    manifest = as_data(node)
    metadata = manifest["metadata"]
    key = (_group(manifest["apiVersion"]), manifest["kind"], metadata.get("namespace", ""), metadata["name"])
    if key in seen:
        yield Problem(f"a second {key[1]} {shown(key[3])}", node.where, f"the first begins in line {seen[key].line}")
    seen.setdefault(key, node.where)


def _problems(error: ValidationError, node: Node, kind: str) -> Iterator[Problem]:
    """Yield a schema's finding in our words, at the field that it is about."""
    path = [*error.absolute_path]
    dotted, where = _dotted(path), _at(node, path)
    asked: Any = error.validator_value
    schema: Any = error.schema
    given: Any = error.instance
    match error.validator:
        case "additionalProperties":
            known = schema.get("properties", {})
            for name in sorted(set(given) - set(known)):
                close = nearest(name, known)
                remedy = f"did you mean {close}?" if close else f"known are {', '.join(sorted(known))}"
                what = f"{kind} has no field {_dotted([*path, name])}"
                yield Problem(what, _at(node, [*path, name], key=True), remedy)
        case "required":
            for name in asked:
                # The schema library yields one error for each name that is missing.
                if f"'{name}' is" in error.message:
                    yield Problem(f"{kind} lacks {_dotted([*path, name])}", where, "add it")
        case "type":
            words = [_WORDS[word] for word in ([asked] if isinstance(asked, str) else asked)]
            yield Problem(f"{dotted} must be {' or '.join(words)}", where)
        case "enum" | "const":
            words = [json.dumps(word) for word in (asked if error.validator == "enum" else [asked])]
            yield Problem(f"{dotted} must be {' or '.join(words)}", where)
        case "maxLength":
            yield Problem(f"{dotted} is longer than {asked} characters", where)
        case _:
            yield Problem(f"{dotted} is not what {kind} takes", where, schema.get("description", ""))


_WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a map",
    "array": "a list",
}


def _dotted(path: Iterable[str | int]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f"{'.' if text else ''}{shown(step)}"
    return text or "the manifest"


def _at(node: Node, path: Iterable[str | int], *, key: bool = False) -> Location:
    """Return the place of what a path leads to, of its key if that is asked for."""
    where = node.where
    for step in path:
        if isinstance(node, Mapping):
            name, node = next((name, value) for name, value in node.entries if name.text == step)
            where = name.where if key else node.where
        elif isinstance(node, Sequence) and isinstance(step, int):
            node = node.items[step]
            where = node.where
    return where


def _quoting(problem: Problem, lines: list[str]) -> Problem:
    if problem.where is None or not 0 < problem.where.line <= len(lines):
        return problem
    line = shown(lines[problem.where.line - 1].strip())
    return Problem(f"{problem.what}, in: {line}", problem.where, problem.remedy)
