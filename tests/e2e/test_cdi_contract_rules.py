"""The contract's rules are tight: a run that differs from the recording in what matters is told, whatever it is.

Each recording is taken for a run, changed, and compared with itself; and stand-ins that do one thing wrong are played.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.testbed.cdi import facts, model
from tests.testbed.cdi.contract import differences
from tests.testbed.cdi.crons import Crons
from tests.testbed.cdi.ground import prepare
from tests.testbed.cdi.player import Play
from tests.testbed.cdi.recordings import recorded, repertoire
from tests.testbed.cdi.scenarios.table import SCENARIOS
from tests.testbed.cdi.standin import StandIn
from tests.testbed.cdi.store import CLAIM
from tests.testbed.cdi.timeline import Seen
from tests.testbed.cdi.volumes import Volumes
from tests.testbed.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.testbed.binaries import Binaries
    from tests.testbed.cdi.storage import Storage
    from tests.testbed.cdi.store import Kind
    from tests.testbed.cdi.timeline import Object, Timeline
    from tests.testbed.cdi.volumes import Found

A, B = "rhel9-aaaaaaaaaaaa", "rhel9-bbbbbbbbbbbb"


def last(run: Timeline, kind: str, name: str) -> int:
    """Return the number of an object's last state before the end."""
    end = run.steps[-1].at
    return max(at for at, of in enumerate(run.seen) if (of.kind, of.name) == (kind, name) and of.at <= end)


def changed(run: Timeline, number: int, change: Callable[[Any], None]) -> Timeline:
    """Return the run with one state of one object otherwise."""
    item = model.with_metadata(run.seen[number].object or {"metadata": {}})
    change(item)
    seen = list(run.seen)
    seen[number] = replace(seen[number], object=item)
    return replace(run, seen=tuple(seen))


def inserted(run: Timeline, number: int, change: Callable[[Any], None]) -> Timeline:
    """Return the run with an object otherwise for a moment, after one of its states."""
    there = run.seen[number]
    moment = changed(run, number, change).seen[number]
    both = (there, replace(moment, at=there.at + 0.001), replace(there, at=there.at + 0.002))
    return replace(run, seen=run.seen[:number] + both + run.seen[number + 1 :])


def appended(run: Timeline, kind: str, name: str, item: Object | None) -> Timeline:
    """Return the run with a last state more."""
    end = run.steps[-1].at - 0.001
    return replace(run, seen=(*run.seen, Seen(end, 10**9, kind, name, item)))


@dataclass(frozen=True, slots=True)
class Mutation:
    """One thing that is wrong, in one scenario."""

    scenario: str
    wrong: Callable[[Timeline], Timeline]


def points_elsewhere(run: Timeline) -> Timeline:
    def change(item: Any) -> None:
        item["spec"]["source"]["pvc"]["name"] = B

    return changed(run, last(run, "DataSource", "rhel9"), change)


def drops_out(run: Timeline) -> Timeline:
    def change(item: Any) -> None:
        item["status"]["conditions"][0] |= {"status": "False", "reason": "NotFound", "message": "PVC not found"}

    return inserted(run, last(run, "DataSource", "rhel9") - 2, change)


def is_not_ready_for_a_moment(run: Timeline) -> Timeline:
    number = next(
        at for at, of in enumerate(run.seen) if of.kind == "DataSource" and of.object and of.object["spec"]["source"]
    )

    def change(item: Any) -> None:
        item["status"] = {"source": {}, "conditions": [{"type": "Ready", "status": "False", "reason": "NotFound"}]}

    return inserted(run, number + 1 if run.seen[number + 1].kind == "DataSource" else number, change)


def keeps_the_owner(run: Timeline) -> Timeline:
    def change(item: Any) -> None:
        item["metadata"]["labels"][model.OWNER] = "rhel9-aaaaaa"

    return changed(run, last(run, "PersistentVolumeClaim", A), change)


def wakes_by_itself(run: Timeline) -> Timeline:
    nudged = next(at for at, step in enumerate(run.steps) if step.text.startswith("an annotation"))
    early = run.steps[nudged].at - 2
    served = [of for of in run.seen if of.at > run.steps[nudged].at and of.kind == "DataSource"]
    moved = tuple(replace(of, at=early) if of in served else of for of in run.seen)
    return replace(run, seen=tuple(sorted(moved, key=lambda of: of.at)))


def says(kind: str, reason: str) -> Callable[[Timeline], Timeline]:
    def wrong(run: Timeline) -> Timeline:
        def change(item: Any) -> None:
            for condition in item["status"]["conditions"]:
                if condition["type"] == kind:
                    condition["reason"] = reason

        return changed(run, last(run, "DataImportCron", "rhel9-aaaaaa"), change)

    return wrong


def words(run: Timeline) -> Timeline:
    def change(item: Any) -> None:
        for condition in item["status"]["conditions"]:
            condition["message"] = "All is well"

    return changed(run, last(run, "DataImportCron", "rhel9-aaaaaa"), change)


def imports_another(run: Timeline) -> Timeline:
    def change(item: Any) -> None:
        item["status"]["currentImports"][0]["Digest"] = f"sha256:{'f' * 64}"

    return changed(run, last(run, "DataImportCron", "rhel9-aaaaaa"), change)


def collects(name: str) -> Callable[[Timeline], Timeline]:
    return lambda run: appended(run, "DataVolume", name, None)


def keeps(name: str) -> Callable[[Timeline], Timeline]:
    def wrong(run: Timeline) -> Timeline:
        return replace(run, seen=tuple(of for of in run.seen if not (of.name == name and of.object is None)))

    return wrong


def invents(run: Timeline) -> Timeline:
    number = last(run, "DataVolume", A)
    return appended(run, "DataVolume", "rhel9-ffffffffffff", run.seen[number].object)


def claims_more(run: Timeline) -> Timeline:
    def change(item: Any) -> None:
        item["spec"]["resources"]["requests"]["storage"] = "1Gi"

    return changed(run, last(run, "PersistentVolumeClaim", A), change)


def forgets_the_preference(run: Timeline) -> Timeline:
    def change(item: Any) -> None:
        item["metadata"]["labels"].pop("instancetype.kubevirt.io/default-preference")

    return changed(run, last(run, "DataSource", "rhel9"), change)


def binds_what_is_held(run: Timeline) -> Timeline:
    released = next(step.at for step in run.steps if step.text.startswith("let "))
    held = max(at for at, of in enumerate(run.seen) if of.at < released and (of.kind, of.name) == ("DataVolume", B))

    def change(item: Any) -> None:
        item["status"]["phase"] = "ImportScheduled"

    return changed(run, held, change)


def flips_too_early(run: Timeline) -> Timeline:
    flip = next(of for of in run.seen if of.kind == "DataSource" and of.object and B in str(of.object["spec"]))
    begun = next(of for of in run.seen if of.kind == "DataVolume" and of.name == B)
    moved = [replace(of, at=begun.at, order=begun.order) if of is flip else of for of in run.seen]
    return replace(run, seen=tuple(sorted(moved, key=lambda of: of.at)))


def skips_outdated(run: Timeline) -> Timeline:
    kept = [of for of in run.seen if not (of.kind == "DataImportCron" and of.object and "Outdated" in str(of.object))]
    return replace(run, seen=tuple(kept))


def answers(number: int, code: int, message: str | None) -> Callable[[Timeline], Timeline]:
    def wrong(run: Timeline) -> Timeline:
        given = list(run.answers)
        given[number] = replace(given[number], code=code, message=message)
        return replace(run, answers=tuple(given))

    return wrong


def says_nothing_of_the_crash(run: Timeline) -> Timeline:
    def silent(of: Seen) -> Seen:
        item = model.with_metadata(of.object) if of.object else None
        for condition in (item or {}).get("status", {}).get("conditions") or []:
            if condition.get("reason") == "Error":
                condition["message"] = ""
        return replace(of, object=item)

    return replace(run, seen=tuple(map(silent, run.seen)))


MUTATIONS = {
    "the DataSource points at another volume": Mutation("pinned_first_import", points_elsewhere),
    "the DataSource drops out during a hand-over": Mutation("handover", is_not_ready_for_a_moment),
    "the DataSource drops out during a rollback": Mutation("pinned_bump_and_rollback", drops_out),
    "the adopted claim keeps its old owner": Mutation("handover_delete_first", keeps_the_owner),
    "the cron that fell asleep wakes by itself": Mutation("handover_during_import", wakes_by_itself),
    "UpToDate has another reason": Mutation("pinned_first_import", says("UpToDate", "Fine")),
    "Progressing has another reason": Mutation("pinned_first_import", says("Progressing", "Idle")),
    "messages are other words": Mutation("no_digest", words),
    "another digest is imported": Mutation("pinned_bump_and_rollback", imports_another),
    "a volume that is kept is collected": Mutation("keep_order", collects(A)),
    "a volume that is collected is kept": Mutation("keep_order", keeps(B)),
    "a retained volume goes with its cron": Mutation("delete_retain_all", collects(A)),
    "a volume that goes with its cron is retained": Mutation("delete_retain_none", keeps(A)),
    "there is a volume more": Mutation("recreate_cron", invents),
    "the claim has no room for a filesystem": Mutation("pinned_first_import", claims_more),
    "a preference isn't handed on": Mutation("pinned_first_import", forgets_the_preference),
    "a held import gets further": Mutation("pinned_bump_and_rollback", binds_what_is_held),
    "the DataSource flips before the import is done": Mutation("pinned_bump_and_rollback", flips_too_early),
    "a blocked rollback isn't told": Mutation("rollback_during_import", skips_outdated),
    "a crash isn't told": Mutation("crash_loop", says_nothing_of_the_crash),
    "what CDI refuses is let pass": Mutation("admission", answers(3, 201, None)),
    "what CDI lets pass is refused": Mutation("admission", answers(0, 422, "denied request: no")),
    "a refusal is another sentence": Mutation("admission", answers(3, 422, "denied the request: Bad scheme")),
}


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_a_recording_is_what_it_is(scenario: str) -> None:
    assert differences(recorded(scenario), recorded(scenario)) == ()


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_a_run_in_which_something_is_wrong_is_told(name: str) -> None:
    mutation = MUTATIONS[name]
    run = recorded(mutation.scenario)
    wrong = mutation.wrong(run)
    assert wrong != run
    assert differences(run, wrong)


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_an_object_that_is_missing_is_told(scenario: str) -> None:
    run = recorded(scenario)
    for key in {(of.kind, of.name) for of in run.seen}:
        without = replace(run, seen=tuple(of for of in run.seen if (of.kind, of.name) != key))
        assert differences(run, without), key


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_an_object_that_ends_in_another_state_is_told(scenario: str) -> None:
    run = recorded(scenario)
    # what was imported by these may still have been on its way out
    gone = {of.name for of in run.seen if of.kind == "DataVolume" and of.object is None}
    for kind, name in {(of.kind, of.name) for of in run.seen}:
        number = last(run, kind, name)
        ends = facts.state(kind, run.seen[number].object)
        if ends == facts.GONE or '"deleting"' in ends:
            continue

        def change(item: Any) -> None:
            item["metadata"].setdefault("labels", {})["gitops-golden/wrong"] = "yes"

        assert differences(run, changed(run, number, change)), (kind, name)
        if name.removesuffix("-scratch") not in gone:
            assert differences(run, appended(run, kind, name, None)), (kind, name)


class WakesOnClaims(StandIn):
    """Tells a cron of every change of its claims, so that no hand-over falls asleep."""

    def _wake_crons(self, kind: Kind, item: Object, old: Object | None, new: Object | None) -> None:
        super()._wake_crons(kind, item, old, new)
        if kind == CLAIM and model.OWNER in model.labels_of(item):
            self._work.add("cron", item["metadata"]["namespace"], model.labels_of(item)[model.OWNER])


class KeepsFirst(Volumes):
    """Keeps the volumes that were used first."""

    def collect(self, draft: Object, kind: Kind) -> None:
        owned = self._store.items(kind, draft["metadata"]["namespace"], {model.OWNER: draft["metadata"]["name"]})
        by_use = sorted(owned, key=lambda item: model.annotations_of(item).get(model.LAST_USE, ""))
        for item in by_use[draft["spec"]["importsToKeep"] :]:
            self.delete(self.find(draft, item["metadata"]["name"]))


class AdoptsNothing(Volumes):
    """Uses what is there without making it the cron's own."""

    def _adopt(self, draft: Object, kind: Kind, item: Object) -> None:
        pass


class Impatient(Crons):
    """Points the DataSource at a volume as soon as its import begins."""

    def _progress(self, draft: Object, found: Found, storage: Storage | None) -> bool:
        if found.data_volume:
            here = {"namespace": draft["metadata"]["namespace"], "name": found.name}
            draft["status"] |= {"lastImportedPVC": here, "sourceFormat": "pvc"}
        return super()._progress(draft, found, storage)


class WaitsForAll(Crons):
    """Lets no failed import go, as if each ended some time."""

    def _judge(self, draft: Object, found: Found, *, done: bool, imports: list[Object]) -> None:
        calm = replace(found, data_volume=None) if found.failed else found
        super()._judge(draft, calm, done=done, imports=imports)


def with_volumes(volumes: type[Volumes]) -> type[StandIn]:
    """Return a stand-in whose crons take these steps on volumes."""
    return with_crons(type(volumes.__name__, (Crons,), {"volumes": volumes}))


def with_crons(crons: type[Crons]) -> type[StandIn]:
    """Return a stand-in with these crons."""
    return type(crons.__name__, (StandIn,), {"crons": crons})


WRONG = {
    "it wakes crons on every change of a claim": (WakesOnClaims, "handover_during_import"),
    "it keeps what was used first": (with_volumes(KeepsFirst), "keep_two"),
    "it adopts nothing": (with_volumes(AdoptsNothing), "handover_delete_first"),
    "it flips the DataSource before the import is done": (with_crons(Impatient), "pinned_bump_and_rollback"),
    "it stays with an import that crashes": (with_crons(WaitsForAll), "crash_loop"),
}


@pytest.fixture(scope="module")
def cluster(testbed_only: None, binaries: Binaries) -> Iterator[Cluster]:
    with Cluster("rules", binaries=binaries) as own:
        prepare(own.api)
        yield own


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_stand_in_that_does_one_thing_wrong_is_told(name: str, cluster: Cluster) -> None:
    kind, scenario = WRONG[name]
    recording = recorded(scenario)
    steps = tuple(step.text for step in recording.steps)
    with kind(cluster.api) as stand_in:
        run = Play(cluster.api, f"wrong-{secrets.token_hex(3)}", steps, stand_in=stand_in, patience=8)
        with run.recording():
            try:
                SCENARIOS[scenario].play(run, recording)
            except AssertionError:
                return  # it never came to a state that the scenario waits for
    assert differences(recording, run.timeline(), repertoire=repertoire())
