"""CDI's traps around DataSources: whose they are, what they point at, how a hand-over goes; and that ours survive."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import InputErrors
from tests.e2e.cdi_traps import condition, imported, last, left, moment, of_kind, owners, reasons, served, states, until
from tests.testbed.cdi.actions import CRON, NEXT, A, B
from tests.testbed.cdi.ground import REPOSITORY
from tests.testbed.cdi.model import DIGEST, OWNER
from tests.testbed.cdi.recordings import recorded
from tests.testbed.cdi.scenarios.table import SCENARIOS
from tests.testbed.containerdisk import containerdisk, multiarch, qcow2

if TYPE_CHECKING:
    from tests.e2e.cdi_traps import Site
    from tests.testbed.cdi.timeline import Timeline

VOLUME_A, VOLUME_B = "rhel9-aaaaaaaaaaaa", "rhel9-bbbbbbbbbbbb"
FOREIGN = "somebody-elses"


def spec_of(run: Timeline, name: str) -> Any:
    found = last(run, "DataSource", name)
    assert found
    return found["spec"]["source"]


def ready(run: Timeline, name: str) -> tuple[str, str]:
    found = last(run, "DataSource", name)
    assert found
    told = condition(found, "Ready")
    return told["status"], told["reason"]


def size(run: Timeline, volume: str) -> int:
    found = last(run, "PersistentVolumeClaim", volume)
    assert found
    return int(found["spec"]["resources"]["requests"]["storage"])


def test_a_datasource_without_the_crons_label_never_gets_an_image(site: Site) -> None:
    def check(run: Timeline, cron: str) -> None:
        assert reasons(run, cron)[-1] == "UpToDate"
        assert spec_of(run, "rhel9") == {}
        assert ready(run, "rhel9") == ("False", "NoSource")

    check(recorded("unlabelled_datasource"), CRON)
    items = site.manifests_of(site.rendered(A))
    cron, source = of_kind(items, "DataImportCron"), of_kind(items, "DataSource")
    site.play.create("DataSource", "rhel9", {}, {"source": {}})
    site.play.create("DataImportCron", cron["metadata"]["name"], cron["metadata"], cron["spec"])
    check(site.seen(), cron["metadata"]["name"])
    assert source["metadata"]["labels"][OWNER] == cron["metadata"]["name"]
    site.deliver(A)
    site.converged(A)


def test_git_owns_the_label_and_cdi_owns_the_source(site: Site) -> None:
    run = recorded("server_side_apply")
    assert None not in served(run, since=moment(run, "seen: UpToDate"))
    assert spec_of(run, "rhel9")["pvc"]["name"] == VOLUME_B
    files = site.rendered(A)
    site.apply(files)
    site.converged(A)
    since = site.now()
    site.apply(files)
    assert served(site.seen(), since=since) == (VOLUME_A,)
    held = site.play.get("DataSource", "rhel9")["metadata"]["managedFields"]
    (ours,) = (of["fieldsV1"] for of in held if of["manager"] == "gitops-engine")
    assert "f:pvc" not in str(ours)
    assert f"f:{OWNER}" in ours["f:metadata"]["f:labels"]


def test_a_spec_change_hands_over_without_a_gap_and_changes_the_volume_with_the_next_digest(site: Site) -> None:
    def check(run: Timeline, old: str, new: str, since: float) -> None:
        assert served(run, since=since) == (VOLUME_A, VOLUME_B)
        assert imported(run, since=since) == (VOLUME_B,)
        assert owners(run) == {VOLUME_A: new, VOLUME_B: new}
        assert old not in left(run, "DataImportCron")
        assert size(run, VOLUME_B) > 2 * size(run, VOLUME_A) - 2

    run = recorded("handover")
    check(run, CRON, NEXT, moment(run, "new cron with size 2Gi"))
    site.deliver(A, storage={"size": "1Gi"})
    site.converged(A)
    old, since = site.cron, site.now()
    site.deliver(A, storage={"size": "2Gi"})
    site.converged(A)
    assert imported(site.seen(), since=since) == ()
    site.deliver(B, storage={"size": "2Gi"})
    site.converged(B)
    check(site.seen(), old, site.cron, since)


@pytest.mark.from_code("CDI tells it by the event ErrDataSourceAlreadyManaged, and by nothing else")
def test_a_second_cron_for_a_datasource_is_ignored(site: Site) -> None:
    def check(run: Timeline, second: str, since: float) -> None:
        assert not [of for of in states(run, "DataImportCron", second) if (of.object or {}).get("status")]
        assert served(run, since=since) == (VOLUME_A,)
        assert imported(run, since=since) == ()

    run = recorded("two_crons_one_datasource")
    check(run, "rhel9-zzzzzz", moment(run, "second cron"))
    site.deliver(A)
    site.converged(A)
    since = site.now()
    spec = of_kind(site.manifests, "DataImportCron")["spec"]
    site.play.create("DataImportCron", FOREIGN, {"annotations": {DIGEST: B}}, spec)
    check(site.seen(), FOREIGN, since)
    twin = {"name": "rhel9", "repository": "golden/other", "tag": "1", "storage": {"size": "1Gi"}}
    with pytest.raises(InputErrors, match="rhel9"):
        site.rendered(A, spec={"images": [twin, twin]})


def test_every_reason_why_a_datasource_is_not_ready_was_recorded(site: Site) -> None:
    told = {
        condition(of.object, "Ready").get("reason", "")
        for scenario in SCENARIOS
        for of in states(recorded(scenario), "DataSource")
        if of.object
    }
    wrong = {"SelfReference", "CrossNamespaceReference", "MaxReferenceDepthReached", "NotFound"}
    assert told == {"", "Ready", "NoSource", "SnapshotNotReady", "Pending"} | wrong
    site.deliver(A)
    site.converged(A)
    here = site.play.namespace
    ends = {"alias": (here, "rhel9"), "self": (here, "self"), "far": ("default", "x"), "ghost": (here, "nobody")}
    for name, (namespace, end) in ends.items():
        source = {"dataSource": {"namespace": namespace, "name": end}}
        site.play.create("DataSource", name, {}, {"source": source})
    run = site.seen()
    assert ready(run, "alias") == ("True", "Ready")
    assert served(run, "alias")[-1] == VOLUME_A
    assert [ready(run, name)[1] for name in ("self", "far", "ghost")] == [
        "SelfReference",
        "CrossNamespaceReference",
        "NotFound",
    ]


def test_a_pointer_may_not_point_at_a_pointer(site: Site) -> None:
    def check(run: Timeline, alias: str) -> None:
        assert ready(run, alias) == ("True", "Ready")
        assert ready(run, "third") == ("False", "MaxReferenceDepthReached")

    check(recorded("pointer_datasource"), "rhel9-stable")
    site.deliver(A)
    site.converged(A)
    here = site.play.namespace
    for name, end in (("alias", "rhel9"), ("third", "alias")):
        site.play.create("DataSource", name, {}, {"source": {"dataSource": {"namespace": here, "name": end}}})
    check(site.seen(), "alias")
    architectures = ("amd64", "arm64")
    index = multiarch([containerdisk(qcow2("pointed at"), architecture=each) for each in architectures])
    site.registry.push(index, REPOSITORY)
    channels = {"channels": [{"name": "rhel9-stable", "image": "rhel9"}]}
    site.deliver(index.digest, architectures=list(architectures), spec=channels)
    for pointer in ("rhel9", "rhel9-stable"):
        site.serves(f"rhel9-amd64-{index.digest[7:19]}", pointer)
        assert spec_of(site.seen(), pointer)["dataSource"]["name"] == "rhel9-amd64"


def test_a_hand_over_works_in_every_order(site: Site) -> None:
    begun = {
        "handover": "new cron with size",
        "handover_relabel_first": "relabel, then",
        "handover_delete_first": "delete the old",
        "handover_with_bump": "new spec and new digest",
        "class_change_by_handover": "new cron names another",
    }
    for scenario, step in begun.items():
        run = recorded(scenario)
        assert None not in served(run, since=moment(run, step)), scenario
        assert last(run, "DataImportCron", CRON) is None
        assert owners(run)[VOLUME_A] == NEXT
    site.deliver(A)
    site.converged(A)
    since = site.now()
    for number, order in enumerate(permutations(("create", "relabel", "delete")), start=1):
        old = site.cron
        files = site.rendered(A, restarts=number)
        items = site.manifests_of(files)
        for step in order:
            # so that each step's consequences come before the next step
            site.play.settle()
            if step == "delete":
                site.play.delete("DataImportCron", old)
            else:
                item = of_kind(items, "DataImportCron" if step == "create" else "DataSource")
                site.play.api.apply(site.play.api.path_of(item), item, manager="gitops-engine")
        site.apply(files)
        site.converged(A)
        assert owners(site.seen()) == {VOLUME_A: site.cron}, order
    run = site.seen()
    assert served(run, since=since) == (VOLUME_A,)
    assert imported(run, since=since) == ()


def test_cdi_heals_everything_but_the_owner_label(site: Site) -> None:
    run = recorded("volume_deleted")
    since = moment(run, "somebody deletes")
    assert served(run, since=since) == (VOLUME_A, None, VOLUME_A)
    assert imported(run, since=since) == (VOLUME_A,)
    assert served(recorded("datasource_deleted"))[-1] == VOLUME_A
    edited = recorded("datasource_edited")
    taken = moment(edited, "somebody removes the label")
    assert spec_of(until(edited, taken), "rhel9")["pvc"]["name"] == VOLUME_A
    assert OWNER not in (last(edited, "DataSource", "rhel9") or {})["metadata"]["labels"]
    again = recorded("recreate_cron")
    assert imported(again, since=moment(again, "delete (All)")) == ()

    files = site.rendered(A)
    site.apply(files)
    site.converged(A)
    since = site.now()
    site.play.delete("DataVolume", site.play.volume(A))
    site.play.wait("imported again", lambda: imported(site.play.timeline(), since=since))
    site.converged(A)
    site.play.delete("DataSource", "rhel9")
    site.converged(A)
    site.play.patch("DataSource", "rhel9", {"spec": {"source": {"pvc": {"name": "mine"}}}})
    # a DataSource that CDI looks at once more would take its volume's labels again, the owner's included
    assert served(site.seen())[-1] == VOLUME_A
    site.play.patch("DataSource", "rhel9", {"metadata": {"labels": {OWNER: None}}})
    site.play.patch("DataImportCron", site.cron, {"metadata": {"annotations": {DIGEST: B}}})
    run = site.seen()
    assert reasons(run, site.cron)[-1] == "UpToDate"
    assert served(run)[-1] == VOLUME_A
    assert OWNER not in (last(run, "DataSource", "rhel9") or {})["metadata"]["labels"]
    site.deliver(B)
    site.converged(B)
