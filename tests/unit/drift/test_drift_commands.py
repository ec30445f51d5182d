"""What commands may ever touch, over clusters of every kind: never what is served, nor what may be gone back to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_golden.drift.model import Command
from gitops_golden.fleet.observation import Unread
from gitops_golden.render.cdi import OWNER_LABEL
from tests import builders
from tests.builders import A
from tests.unit.drift.site import NAMESPACE, claim, cron, data_source, digits, plan, site, snapshot, volume

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.drift.site import Object, Site

DIGESTS = tuple(f"sha256:{letter * 64}" for letter in "abcd")
RETIRED = site(plan(images=(builders.image(storage_size="40Gi"),))).cron
FOREIGN = "foreign"
KINDS = ("PersistentVolumeClaim", "VolumeSnapshot")
OTHER = "elsewhere"


@cache
def _base() -> Site:
    return site(plan(), plan(images=(builders.image(storage_size="40Gi"),)))


@dataclass(frozen=True)
class Volume:
    """A volume to be put on a cluster: ``form`` says what there is of it."""

    digest: str
    owner: str
    labelled: str
    form: str
    phase: str
    namespace: str
    adopted: bool
    marked: bool = False


volumes = st.builds(
    Volume,
    digest=st.sampled_from(DIGESTS[1:]),
    owner=st.sampled_from((RETIRED, FOREIGN, "gone", "ours", "")),
    labelled=st.sampled_from((FOREIGN, RETIRED, "gone", "ours")),
    form=st.sampled_from(("both", "both", "claim", "snapshot", "stale owner")),
    phase=st.sampled_from(("Succeeded", "Succeeded", "Pending", "ImportInProgress")),
    namespace=st.sampled_from((NAMESPACE, NAMESPACE, NAMESPACE, OTHER)),
    adopted=st.booleans(),
    marked=st.booleans(),
)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    place = _base().copy()
    for each in draw(st.lists(volumes, max_size=5, unique_by=lambda each: (each.digest, each.namespace))):
        place.add(*_parts(each, place.cron))
    for name in draw(st.sets(st.sampled_from((RETIRED, FOREIGN)), min_size=1)):
        pinned, retention = draw(st.sampled_from(DIGESTS[:2])), draw(st.sampled_from(("None", "None", "All")))
        managed = draw(st.sampled_from(("rhel9", "rhel9", "debian")))
        place.add(cron(name, digest=pinned, managed=managed, retention=retention))
    place.get("DataVolume", f"rhel9-{digits(A)}")["metadata"]["labels"][OWNER_LABEL] = draw(
        st.sampled_from((place.cron, RETIRED, FOREIGN))
    )
    there = sorted(_key(each) for each in place.objects if each["kind"] in KINDS)
    for number, (kind, namespace, name) in enumerate(draw(st.lists(st.sampled_from(there), max_size=2))):
        given_out = {"pvc" if kind == "PersistentVolumeClaim" else "snapshot": {"namespace": namespace, "name": name}}
        made = data_source(f"other-{number}", draw(st.sampled_from(("gone", RETIRED, ""))), "nothing")
        made["metadata"]["namespace"] = draw(st.sampled_from((NAMESPACE, OTHER)))
        told = draw(st.sampled_from(("spec", "status", "both")))
        made["spec"] = {"source": given_out if told != "status" else {}}
        made["status"] = {"source": given_out} if told != "spec" else {}
        place.add(made)
    place.digests = draw(st.sampled_from(((A,), (A,), (A, DIGESTS[3]))))
    place.unread = tuple(draw(st.one_of(st.just([]), st.lists(st.builds(Unread, *_gap()), max_size=1))))
    return place


def _gap() -> tuple[st.SearchStrategy[str], ...]:
    kinds = st.sampled_from(("DataSource", "DataVolume", "VolumeSnapshot", "Role"))
    return kinds, st.sampled_from((NAMESPACE, OTHER, "third")), st.just("Forbidden")


def _parts(each: Volume, ours: str) -> Iterator[Object]:
    owner = ours if each.owner == "ours" else each.owner
    labelled = ours if each.labelled == "ours" else each.labelled
    made: tuple[Object, ...]
    if each.form == "snapshot":
        made = (snapshot(f"rhel9-{digits(each.digest)}", owner),)
    elif each.form == "claim":
        made = (claim(f"rhel9-{digits(each.digest)}", owner),)
    else:
        made = volume("rhel9", owner, each.digest, phase=each.phase, labelled=labelled if each.adopted else None)
        if each.form == "stale owner":
            made[1]["metadata"]["ownerReferences"][0]["uid"] = "of-one-that-is-gone"
    for part in made:
        part["metadata"]["namespace"] = each.namespace
        if not part["metadata"]["labels"].get(OWNER_LABEL):
            part["metadata"]["labels"] = {}
        elif each.marked:
            part["metadata"]["labels"][f"{OWNER_LABEL}.cleanup"] = "true"
        yield part


def _key(item: Object) -> tuple[str, str, str]:
    return item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]


def _label(item: Object) -> str:
    found: str = (item["metadata"].get("labels") or {}).get(OWNER_LABEL, "")
    return found


def goes(place: Site, command: Command) -> list[Object]:
    """Return all that goes with a command: what it names, what CDI takes with a cron, what an owner takes with it."""
    here = [each for each in place.objects if each["metadata"]["namespace"] == command.namespace]
    named = [each for each in here if (each["kind"], each["metadata"]["name"]) == (command.kind, command.name)]
    if not command.action.startswith("delete"):
        return []
    taken = list(named)
    if command.kind == "DataImportCron" and named and named[0]["spec"].get("retentionPolicy") == "None":
        taken += [each for each in here if each["kind"] != "DataImportCron" and _label(each) == command.name]
    elif command.kind == "DataImportCron":
        marked = (each for each in here if each["metadata"].get("labels", {}).get(f"{OWNER_LABEL}.cleanup") == "true")
        taken += [each for each in marked if _label(each) == command.name]
    owners = {(each["kind"], each["metadata"]["name"]) for each in taken}
    for each in here:
        references = each["metadata"].get("ownerReferences", [])
        if any((reference["kind"], reference["name"]) in owners for reference in references):
            taken.append(each)
    return taken


def served(place: Site) -> set[tuple[str, str]]:
    """Return the namespaces and names of all volumes that some DataSource gives, as spec and status have it."""
    sources: list[Any] = [
        source
        for each in place.objects
        if each["kind"] == "DataSource"
        for where in ("spec", "status")
        for kind, source in (each.get(where, {}).get("source") or {}).items()
        if kind in ("pvc", "snapshot")
    ]
    return {(source["namespace"], source["name"]) for source in sources}


def commands(place: Site) -> tuple[Command, ...]:
    return tuple(step for step in place.drift().steps if isinstance(step, Command))


everything = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def holds(rule: Callable[[Site, Object, set[str]], bool], place: Site) -> None:
    """Assert a rule of every volume that goes; it is given the crons that go, too."""
    steps = commands(place)
    crons = {step.name for step in steps if step.action == "delete-cron"}
    for step in steps:
        for gone in goes(place, step):
            if gone["kind"] in KINDS:
                assert rule(place, gone, crons), (step, gone)


@everything
@given(sites())
def test_no_command_ever_takes_a_volume_that_a_datasource_serves(place: Site) -> None:
    given_out = served(place)
    holds(lambda _, gone, __: (gone["metadata"]["namespace"], gone["metadata"]["name"]) not in given_out, place)


@st.composite
def taking_sites(draw: st.DrawFn) -> Site:
    """Draw a cluster with a second cron that takes with it all that carries its label, and some that does."""
    place = _base().copy()
    place.add(cron(FOREIGN, retention="None"))
    for digest in DIGESTS[1:]:
        form, mine = draw(st.sampled_from(("both", "snapshot", "claim"))), draw(st.sampled_from((FOREIGN, "gone")))
        made = Volume(digest, mine, FOREIGN, form, "Succeeded", NAMESPACE, adopted=draw(st.booleans()))
        place.add(*_parts(made, place.cron))
    there = sorted(_key(each) for each in place.objects if each["kind"] in KINDS)
    kind, namespace, name = draw(st.sampled_from(there))
    source = {"pvc" if kind == "PersistentVolumeClaim" else "snapshot": {"namespace": namespace, "name": name}}
    made_by_hand = data_source("other", "", "nothing")
    made_by_hand["spec"], made_by_hand["status"] = {"source": source}, {"source": source}
    place.add(*([made_by_hand] if draw(st.booleans()) else []))
    return place


@everything
@given(taking_sites())
def test_no_cron_is_deleted_that_takes_a_served_volume_with_it(place: Site) -> None:
    given_out = served(place)
    holds(lambda _, gone, __: (gone["metadata"]["namespace"], gone["metadata"]["name"]) not in given_out, place)


@everything
@given(sites())
def test_no_command_ever_takes_a_finished_volume_of_a_digest_that_the_lock_holds(place: Site) -> None:
    locked = {digits(digest) for digest in place.digests}
    holds(lambda _, gone, __: gone["metadata"]["name"].rpartition("-")[2] not in locked, place)


@everything
@given(sites())
def test_no_command_ever_takes_a_bound_volume_that_a_living_cron_keeps(place: Site) -> None:
    alive = {each["metadata"]["name"] for each in place.objects if each["kind"] == "DataImportCron"}

    def rule(_: Site, gone: Object, crons: set[str]) -> bool:
        namespace, bound = gone["metadata"]["namespace"], gone.get("status", {}).get("phase") != "Pending"
        return not (bound and namespace == NAMESPACE and _label(gone) in alive - crons)

    holds(rule, place)


@everything
@given(sites())
def test_no_command_ever_takes_a_datasource(place: Site) -> None:
    assert not [gone for step in commands(place) for gone in goes(place, step) if gone["kind"] == "DataSource"]


@everything
@given(sites())
def test_nothing_is_commanded_where_something_was_not_read(place: Site) -> None:
    blind = {gap.namespace for gap in place.unread if gap.kind != "Role"}
    anywhere = any(gap.kind == "DataSource" for gap in place.unread)
    assert not [step for step in commands(place) if step.namespace in blind or anywhere]


@everything
@given(sites())
def test_cleaning_up_again_and_again_comes_to_an_end(place: Site) -> None:
    # Of two crons one may stand in the other's way, and goes only once that is gone.
    for _ in range(3):
        gone = [each for step in commands(place) for each in goes(place, step)]
        place.objects = [each for each in place.objects if not any(each is other for other in gone)]
    assert [step for step in commands(place) if step.action.startswith("delete")] == []
