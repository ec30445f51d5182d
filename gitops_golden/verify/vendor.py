"""What is true of a cluster as a whole: are the vendor's boot images as the policy has them.

One finding per cluster, the worst first: what is about to be lost, then what is still there, then what was not told.
HCO and SSP are known from their sources of August 2026 (``gitops_golden.vendor.catalogue``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitops_golden.fleet.kinds import CRON, HYPER_CONVERGED
from gitops_golden.fleet.views import meta
from gitops_golden.render.cdi import FLEET_LABEL
from gitops_golden.render.hyperconverged import NAME
from gitops_golden.render.manifests import metadata_of, read_documents
from gitops_golden.vendor.catalogue import EVERY_ARCHITECTURE, MANAGED_BY, catalogue, golden_namespace
from gitops_golden.verify.beside import SYNC, named, not_synced
from gitops_golden.verify.case import Scene
from gitops_golden.verify.hands import hand
from gitops_golden.verify.hyperconverged import boot_images, untold
from gitops_golden.verify.importing import importing
from gitops_golden.verify.model import Finding, Verdict
from gitops_golden.verify.patience import PATIENCE
from gitops_golden.verify.serving import serving
from gitops_golden.verify.unseen import unread
from gitops_golden.verify.volumes import volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from gitops_golden.fleet.observation import Observation
    from gitops_golden.plan.model import VendorPlan
    from gitops_golden.verify.case import Beside, Case, GitTruth, PastFile
    from gitops_golden.verify.hyperconverged import BootImages


@dataclass(frozen=True, slots=True)
class Vendor:
    """What a cluster's HyperConverged is told, the file that tells it, and what repository and cluster hold.

    ``now`` is the time as of which the cluster is known, where it matters how long ago it was told.
    """

    cluster: str
    plan: VendorPlan
    file: Beside
    git: GitTruth
    seen: Observation
    now: datetime | None = None

    @property
    def past(self) -> tuple[PastFile, ...]:
        """How Git's file changed: costly, so asked for only where something is wrong."""
        return self.git.file_past(self.cluster, self.file.name)

    @property
    def wanted(self) -> BootImages:
        """What the file says."""
        return boot_images(self.file.object(HYPER_CONVERGED) or {})

    @property
    def place(self) -> str:
        """The namespace of the HyperConverged."""
        assert self.plan.platform.hyper_converged is not None, "a plan is made for clusters that have one"
        return self.plan.platform.hyper_converged.namespace

    def found(self) -> BootImages | None:
        """Return what the cluster's HyperConverged says, or None if there is none."""
        raw = self.seen.get(HYPER_CONVERGED, self.place, NAME)
        return boot_images(raw) if raw else None


def vendor_images(vendor: Vendor) -> Finding | None:
    """Return what is first to be said of a cluster's vendor images, or None if they are as the policy has them."""
    if unseen := unread(vendor.seen, HYPER_CONVERGED, "", None):
        return unseen
    found = vendor.found()
    if found is None:
        what = f"there is no {HYPER_CONVERGED} {NAME} in {vendor.place}"
        return _broken("HyperConvergedAbsent", what, "set the cluster's platform to what it is, or install HCO")
    namespaces = {golden_namespace(vendor.plan.platform.kind), found.namespace} - {""}
    for namespace in sorted(namespaces):
        if unseen := unread(vendor.seen, CRON, namespace, None):
            return unseen
    return _unnamed(vendor) or _present(vendor, found, namespaces) or _not_told(vendor, found)


def not_replaced(vendor: Vendor, case: Case) -> Finding | None:
    """Return why the vendor's name does not serve the fleet's image: ``case`` is that image under the vendor's name."""
    scene, name = Scene(case, vendor.seen), case.expected.data_source
    cron = scene.cron()
    if cron is None:
        what = f"{case.expected.cron} is not in {case.expected.namespace}"
        return _told(vendor, "VendorImageNotReplaced", f"{name}: {what}")
    if not case.expected.tracking and cron.desired_digest != case.expected.digest:
        what = f"{case.expected.cron} pins {cron.desired_digest or 'nothing'}, not {case.expected.digest}"
        return _told(vendor, "VendorImageNotReplaced", f"{name}: {what}")
    inner = importing(scene) or volume(scene) or serving(scene)
    return inner and replace(inner, link=None, reason="VendorImageNotReplaced", message=f"{name}: {inner.message}")


def _broken(reason: str, message: str, remedy: str) -> Finding:
    return Finding(Verdict.BROKEN, None, reason, message, remedy)


def _told(vendor: Vendor, reason: str, message: str) -> Finding:
    """Return what HCO and SSP are to do, and have not done: they take a while, from when HyperConverged was written."""
    finding = _broken(reason, message, "look at HCO and SSP, which have been told")
    since = hand(vendor.seen.get(HYPER_CONVERGED, vendor.place, NAME) or {}, ("spec",)).when
    lately = since is not None and vendor.now is not None and vendor.now - since <= PATIENCE
    return replace(finding, since=since, verdict=Verdict.PROGRESSING if lately else Verdict.BROKEN)


def unnamed_templates(vendor: Vendor) -> tuple[str, ...]:
    """Return somebody else's templates, by name, that a cluster's list loses once it is what the file says."""
    found = vendor.found()
    if found is None or not vendor.plan.lists:
        return ()
    vendors = {name for image in catalogue(vendor.plan.platform.kind) for name in (image.cron, image.kept)}
    acted = {name: each for name, each in found.acted.items() if not found.common(name)}
    theirs = {
        name
        for name, template in {**acted, **found.listed}.items()
        if name not in vendors and name not in vendor.wanted.listed and FLEET_LABEL not in metadata_of(template).labels
    }
    # What Git once listed is ours to take back.
    theirs -= {name for each in _held(vendor) for name in each.listed} if theirs else set()
    return tuple(sorted(theirs))


def _unnamed(vendor: Vendor) -> Finding | None:
    """Break where somebody else's templates are in the list that is ours: applying ours removes them."""
    theirs = unnamed_templates(vendor)
    if not theirs:
        return None
    return _broken(
        "VendorTemplatesUnnamed",
        f"{HYPER_CONVERGED} lists {', '.join(theirs)}, which the policy does not name: "
        "its list replaces this one as a whole",
        "copy them to vendorImages.templates in the policy before this cluster syncs, or take them out of the list",
    )


def _held(vendor: Vendor) -> Iterator[BootImages]:
    for past in vendor.past:
        said = named(read_documents(past.content) or () if past.content else (), HYPER_CONVERGED, NAME)
        if said:
            yield boot_images(said)


def unwanted_crons(vendor: Vendor, found: BootImages, namespaces: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the crons of the vendor's in ``namespaces`` that should be gone, as the API server served them."""
    for namespace in namespaces:
        for each in vendor.seen.list(CRON, namespace):
            if (name := _vendors(each)) and _unwanted(vendor, found, name):
                yield each


def _present(vendor: Vendor, found: BootImages, namespaces: Iterable[str]) -> Finding | None:
    """Break where crons of the vendor's are there that should be gone."""
    here = sorted(_vendors(each) for each in unwanted_crons(vendor, found, namespaces))
    if not here:
        return None
    what = f"crons of the vendor's operator that should be gone: {', '.join(here)}"
    missing = _missing(vendor, found)
    if not missing:
        return _told(vendor, "VendorImagesPresent", what)
    message = f"{what}; {HYPER_CONVERGED} has not been told: {', '.join(missing)}"
    return _as_of_git(vendor, found, Finding(Verdict.BROKEN, None, "VendorImagesPresent", message, SYNC))


def _vendors(cron: Mapping[str, Any]) -> str:
    """Return the name of a cron that SSP made, else nothing."""
    label, value = MANAGED_BY
    found = meta(cron)
    return found.name if found.labels.get(label) == value else ""


def _unwanted(vendor: Vendor, found: BootImages, name: str) -> bool:
    plan, wanted = vendor.plan, vendor.wanted
    off = _one_of(name, _off(plan))
    if off or plan.imports is not False or _one_of(name, wanted.listed):
        return off
    known = catalogue(plan.platform.kind)
    if plan.lists or _one_of(name, (each for image in known for each in (image.cron, image.kept))):
        return True
    # An admin's own templates stay where the list is his.
    return not _one_of(name, found.listed) and found.common(name) is not False


def _off(plan: VendorPlan) -> tuple[str, ...]:
    """Return the vendor's crons that are to be gone although the import may be on."""
    return (*(image.cron for image in plan.remove), *(image.cron for image, _ in plan.replace))


def _one_of(name: str, templates: Iterable[str]) -> bool:
    """Whether a cron is one of these templates'; SSP may make one for each architecture."""
    return any(name in {each, *(f"{each}-{known}" for known in EVERY_ARCHITECTURE)} for each in templates)


def _missing(vendor: Vendor, found: BootImages) -> list[str]:
    still = [f"template {name} is listed" for name in _taken_back(vendor, found)]
    return [*untold(vendor.wanted, found, lists=vendor.plan.lists), *still]


def _taken_back(vendor: Vendor, found: BootImages) -> list[str]:
    """Return the entries that a list of Git's has left behind on a cluster, where Git lists nothing any more."""
    if vendor.plan.lists or not found.listed:
        return []
    known = catalogue(vendor.plan.platform.kind)
    kept, vendors = {image.kept for image in known}, {image.cron for image in known}
    ours = {name for name, each in found.listed.items() if name in kept or FLEET_LABEL in metadata_of(each).labels}
    if perhaps := vendors.intersection(found.listed):
        # An admin, too, may have switched one off.
        ours |= perhaps.intersection(name for each in _held(vendor) for name in each.listed)
    return sorted(ours)


def _not_told(vendor: Vendor, found: BootImages) -> Finding | None:
    missing = _missing(vendor, found)
    if not missing:
        return None
    what = f"{HYPER_CONVERGED} {NAME} says otherwise than Git: {', '.join(missing)}"
    return _as_of_git(vendor, found, _broken("VendorImagesNotTold", what, f"{SYNC}, which puts back what Git holds"))


def _as_of_git(vendor: Vendor, found: BootImages, finding: Finding) -> Finding:
    """Return a finding as progressing if the cluster is as an earlier commit had it; before the first, all may be."""

    def is_as(objects: Sequence[Mapping[str, Any]]) -> bool:
        earlier = named(objects, HYPER_CONVERGED, NAME)
        return earlier is None or not untold(boot_images(earlier), found, lists=False)

    behind = not_synced(vendor.past, None, finding.message, is_as)
    return replace(finding, verdict=behind.verdict, since=behind.since, remedy=behind.remedy) if behind else finding
