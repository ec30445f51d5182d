"""One cluster that was read, beside what Git says of it: what every kind of drift is looked for in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.kinds import CLAIM, CRON, DATA_SOURCE, DATA_VOLUME, SNAPSHOT
from gitops_golden.fleet.managed import written
from gitops_golden.fleet.shapes import items, text, texts
from gitops_golden.render.cdi import CLEAN_UP_LABEL, OWNER_LABEL, RETAIN_NONE, VOLUME_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitops_golden.drift.git_says import Claims, GitSays
    from gitops_golden.fleet.observation import Observation
    from gitops_golden.plan.model import ClusterPlan

STAY = "its volumes stay"


@dataclass(frozen=True, slots=True)
class Place:
    """A cluster of the plan with what it held and what Git says; ``fleet`` is the policy's name.

    ``whole``: it is looked at as a whole, not for some of its images alone.
    """

    fleet: str
    held: ClusterPlan
    git: GitSays
    claims: Claims
    seen: Observation
    whole: bool = True
    _given: dict[tuple[str, str], list[Mapping[str, Any]]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    @property
    def cluster(self) -> str:
        """The cluster's name."""
        return self.held.cluster.name

    @property
    def ours(self) -> frozenset[str]:
        """The namespaces that the fleet's images are in, by Git or by the policy; of some images alone, theirs."""
        planned = self.held.holding.namespaces
        return self.claims.namespaces.union(planned) if self.whole else frozenset(planned)

    def labelled_with(self, namespace: str, cron: str) -> Iterator[Mapping[str, Any]]:
        """Yield what CDI's label gives to a cron: DataSources, and what is imported for it."""
        if not self._given:
            # Once for all crons: on a cluster in disorder there may be thousands, and of volumes, too.
            for kind in (DATA_SOURCE, DATA_VOLUME, CLAIM, SNAPSHOT):
                for each in self.seen.list(kind):
                    self._given.setdefault((text(each, "metadata", "namespace"), owner(each)), []).append(each)
        yield from self._given.get((namespace, cron), ())

    def with_it(self, cron: Mapping[str, Any]) -> str:
        """Return what to say of a cron's volumes where it is deleted."""
        namespace, name = text(cron, "metadata", "namespace"), text(cron, "metadata", "name")
        if takes_all(cron):
            return "its volumes go with it, for its retentionPolicy is None"
        marked = (text(each, "metadata", "name") for each in self.labelled_with(namespace, name) if goes_too(each))
        names = ", ".join(sorted(set(marked)))
        return f"{names} would go with it, marked so by a cron before it" if names else STAY

    def cron(self, namespace: str, name: str) -> Mapping[str, Any] | None:
        """Return a cron of the cluster."""
        return self.seen.get(CRON, namespace, name)


def takes_all(cron: Mapping[str, Any]) -> bool:
    """Whether a cron's retentionPolicy has CDI delete with it all that it is given."""
    return text(cron, "spec", "retentionPolicy") == RETAIN_NONE


def goes_too(obj: Mapping[str, Any]) -> bool:
    """Whether CDI deletes an object with the cron that its label names, whatever that cron's retentionPolicy is."""
    return labelled(obj, CLEAN_UP_LABEL) == "true"


def owner(obj: Mapping[str, Any]) -> str:
    """Return the cron that CDI's label on an object names, empty for none."""
    return text(obj, "metadata", "labels", OWNER_LABEL)


def maker(obj: Mapping[str, Any], *path: str) -> str | None:
    """Return the manager of a field that is there from an object's beginning, so who made it, as far as is noted."""
    found = written(obj, *path)
    return found.manager if found else None


def split(volume: str) -> tuple[str, str]:
    """Return the DataSource and the digest's digits that CDI makes a volume's name of; both empty for another name."""
    stem, dash, digits = volume.rpartition("-")
    good = dash and stem and len(digits) == VOLUME_DIGITS and set(digits) <= set("0123456789abcdef")
    return (stem, digits) if good else ("", "")


def owners(obj: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return the kinds, names and UIDs of an object's owners: with the last of them it goes."""
    found = items(obj, "metadata", "ownerReferences")
    return tuple((text(each, "kind"), text(each, "name"), text(each, "uid")) for each in found)


def managed(cron: Mapping[str, Any]) -> str:
    """Return the DataSource that a cron says it manages."""
    return text(cron, "spec", "managedDataSource")


def labelled(obj: Mapping[str, Any], key: str) -> str:
    """Return one label of an object, empty for none."""
    return texts(obj, "metadata", "labels").get(key, "")
