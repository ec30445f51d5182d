"""Every state that real CDI was seen in, judged: Git is taken to ask for what a cron was last made to want."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gitops_golden.fleet.observation import Observation
from gitops_golden.fleet.views import cron_view, data_source_view, data_volume_view
from gitops_golden.verify.model import Verdict
from gitops_golden.verify.serving import served_digest
from tests.recordings import FOLDER, moments
from tests.unit.verify.world import NOW, Git, Judged, expecting, history, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.verify.case import Expected
    from gitops_golden.verify.model import Finding

SCENARIOS = sorted(file.stem for file in FOLDER.glob("*.jsonl"))
BROKEN = {
    "annotation_removed": {"DigestRemoved"},
    "bad_digest": {"DigestMalformed"},
    "bump_during_import": {"BlockedByWaitingImport"},
    "class_change_by_handover": {"WrongStorageClass"},
    "crash_loop": {"ImporterCrashing"},
    "crash_then_roll_forward": {"ImporterCrashing"},
    "datasource_deleted": {"DataSourceAbsent", "OtherSource"},
    "datasource_edited": {"OtherSource", "OwnerLabelEdited"},
    "default_class_change": {"VolumeAbsent"},
    "handover_during_import": {"Asleep"},
    "handover_relabel_first": {"OwnerLabelEdited"},  # nobody asked for the new cron yet
    "no_storage_class": {"NoStorageClass"},
    "rollback_during_import": {"BlockedByWaitingImport"},
    "unbound_then_handover": {"BlockedByWaitingImport"},
    "unbound_then_volume_deleted": {"BlockedByWaitingImport"},
    "unknown_storage_class": {"NoStorageClass"},
    "unlabelled_datasource": {"OwnerLabelEdited"},
    "volume_deleted": {"VolumeAbsent"},
}
"""What somebody did or has to act on. Everything else that CDI went through was on its way, or converged."""


class Moment(NamedTuple):
    """The objects, what Git asks for, what is said of it."""

    objects: tuple[dict[str, Any], ...]
    expected: Expected
    finding: Finding | None


def judged(scenario: str) -> Iterator[Moment]:
    """Yield the moments of each delivery while its newest cron is there and wants a digest, each of them judged."""
    asked: dict[str, list[tuple[str, str]]] = {}
    for objects in moments(scenario):
        for cron in (cron_view(each) for each in objects if each["kind"] == "DataImportCron"):
            wanted = asked.setdefault(cron.managed_data_source, [])
            last = dict(wanted)
            if cron.desired_digest.startswith("sha256:") and last.get(cron.meta.name) != cron.desired_digest:
                wanted.append((cron.meta.name, cron.desired_digest))
        names = {each["metadata"]["name"] for each in objects if each["kind"] == "DataImportCron"}
        for wanted in asked.values():
            if wanted and wanted[-1][0] in names:
                yield _moment(objects, wanted)


def _moment(objects: tuple[dict[str, Any], ...], wanted: list[tuple[str, str]]) -> Moment:
    (name, digest), earlier = wanted[-1], wanted[-2::-1]
    expected = expecting(objects, name, digest)
    past = history(expected, digest, *(manifest(expected, held, cron=cron) for cron, held in earlier))
    return Moment(objects, expected, Judged(objects, expected, Git(history=past)).finding())


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_has_converged_unless_consumers_are_served_its_digest(scenario: str) -> None:
    for objects, expected, finding in judged(scenario):
        if finding is None:
            source = next(each for each in objects if each["kind"] == "DataSource" and _is_of(each, expected))
            assert data_source_view(source).ready
            assert next(iter(source["spec"]["source"].values()))["name"] == expected.volume
            assert served_digest(_seen(objects), expected.namespace, expected.image, expected.known) == expected.digest
            assert not [each for each in objects if _is_running(each, expected.volume)]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_that_cdi_gets_over_by_itself_is_broken(scenario: str) -> None:
    found = {each.finding.reason for each in judged(scenario) if each.finding and _is_broken(each.finding)}
    assert found == BROKEN.get(scenario, set())


def _is_of(source: dict[str, Any], expected: Expected) -> bool:
    return bool(source["metadata"]["name"] == expected.image)


def _is_running(each: dict[str, Any], volume: str) -> bool:
    return (
        each["kind"] == "DataVolume"
        and each["metadata"]["name"] == volume
        and (data_volume_view(each).phase != "Succeeded")
    )


def _is_broken(finding: Finding) -> bool:
    return finding.verdict is Verdict.BROKEN


def _seen(objects: tuple[dict[str, Any], ...]) -> Observation:
    return Observation("c", NOW, None, objects)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_digest_is_told_as_served_only_while_the_datasource_is_ready(scenario: str) -> None:
    for objects, expected, _ in judged(scenario):
        sources = [
            data_source_view(each) for each in objects if each["kind"] == "DataSource" and _is_of(each, expected)
        ]
        if not any(source.ready for source in sources):
            assert served_digest(_seen(objects), expected.namespace, expected.image, expected.known) is None
