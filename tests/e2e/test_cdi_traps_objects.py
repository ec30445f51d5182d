"""CDI's traps in what it writes on objects: names, labels, status, sizes; and that what we render lives with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.fleet.views import cron_view
from tests.e2e.cdi_traps import answers, condition, last, moment, owners, reasons, refusal, states
from tests.testbed.cdi.actions import CRON, A
from tests.testbed.cdi.model import OWNER
from tests.testbed.cdi.recordings import recorded
from tests.testbed.cdi.scenarios.table import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.cdi_traps import Site
    from tests.testbed.cdi.timeline import Object, Timeline

VOLUME_A = "rhel9-aaaaaaaaaaaa"
LONGEST = "i" * 63
DEFAULTS = {
    "instancetype.kubevirt.io/default-instancetype": "u1.medium",
    "instancetype.kubevirt.io/default-instancetype-kind": "VirtualMachineClusterInstancetype",
    "instancetype.kubevirt.io/default-preference": "rhel.9",
    "instancetype.kubevirt.io/default-preference-kind": "VirtualMachineClusterPreference",
}


def crons() -> Iterator[Object]:
    """Yield every state of every cron that was recorded."""
    for scenario in SCENARIOS:
        for of in states(recorded(scenario), "DataImportCron"):
            if of.object:
                yield of.object


def labels(run: Timeline, kind: str, name: str) -> dict[str, str]:
    found = last(run, kind, name)
    assert found
    return dict(found["metadata"].get("labels") or {})


def test_names_have_at_most_63_characters_and_a_volume_is_named_after_datasource_and_digest(site: Site) -> None:
    for what in ("cron name 64", "DataSource name 64"):
        assert refusal(answers()[what]) == "Name cannot be longer than 63 characters"
    assert refusal(answers()["cron name 63"]) is None

    def check(run: Timeline) -> None:
        assert f"{LONGEST}-{'a' * 12}" in owners(run)

    check(recorded("long_names"))
    site.deliver(A, image=LONGEST)
    site.converged(A, image=LONGEST)
    check(site.seen())
    assert len(site.cron) <= 63


def test_the_current_import_has_capital_keys_stays_after_success_and_goes_with_an_error(site: Site) -> None:
    imports = [of["status"]["currentImports"][0] for of in crons() if of.get("status", {}).get("currentImports")]
    assert {tuple(sorted(of)) for of in imports} == {("DataVolumeName", "Digest")}
    crash = recorded("crash_loop")
    left = [of.object for of in states(crash, "DataImportCron", CRON, since=moment(crash, "pin A again"))]
    assert any(of and "currentImports" not in of["status"] for of in left)

    def check(run: Timeline, cron: str) -> None:
        told = last(run, "DataImportCron", cron)
        assert told
        assert told["status"]["currentImports"] == [{"DataVolumeName": VOLUME_A, "Digest": A}]
        assert told["status"]["lastImportedPVC"]["name"] == VOLUME_A
        assert told["status"]["sourceFormat"] == "pvc"
        view = cron_view(told).current_import
        assert view
        assert (view.digest, view.data_volume) == (A, VOLUME_A)

    check(recorded("pinned_first_import"), CRON)
    site.deliver(A)
    site.converged(A)
    check(site.seen(), site.cron)


def test_a_cron_goes_from_no_digest_through_progress_to_up_to_date(site: Site) -> None:
    told = {condition(of, "UpToDate").get("reason", "") for of in crons()}
    assert told == {"", "NoDigest", "Outdated", "ImportProgressing", "UpToDate"}
    assert reasons(recorded("no_digest"), CRON)[-1] == "NoDigest"

    def check(run: Timeline, cron: str) -> None:
        assert reasons(run, cron)[-2:] == ("ImportProgressing", "UpToDate")
        assert set(reasons(run, cron)) <= told
        last_word = last(run, "DataImportCron", cron)
        assert last_word
        assert (condition(last_word, "UpToDate")["status"], condition(last_word, "Progressing")["reason"]) == (
            "True",
            "NoImport",
        )

    check(recorded("pinned_first_import"), CRON)
    site.deliver(A)
    site.converged(A)
    check(site.seen(), site.cron)


def test_what_cdi_and_the_server_add_is_no_drift(site: Site) -> None:
    def check(run: Timeline, cron: str) -> None:
        told = last(run, "DataImportCron", cron)
        assert told
        assert told["spec"]["template"] | {"metadata": {}, "status": {}} == told["spec"]["template"]
        assert "cdi.kubevirt.io/storage.import.storageClass" in told["metadata"]["annotations"]

    check(recorded("pinned_first_import"), CRON)
    files = site.rendered(A)
    site.apply(files)
    site.converged(A)
    check(site.seen(), site.cron)
    places = (("DataImportCron", site.cron), ("DataSource", "rhel9"))
    before = [site.play.get(*of)["metadata"]["resourceVersion"] for of in places]
    site.apply(files)
    site.play.settle()
    assert [site.play.get(*of)["metadata"]["resourceVersion"] for of in places] == before


def test_labels_of_kubevirts_domains_are_copied_to_volume_and_datasource_and_no_others(site: Site) -> None:
    def check(run: Timeline, cron: str, wanted: dict[str, str], own: str) -> None:
        assert own in labels(run, "DataImportCron", cron)
        for kind, name in (("DataVolume", VOLUME_A), ("PersistentVolumeClaim", VOLUME_A)):
            assert wanted.items() <= labels(run, kind, name).items()
            assert own not in labels(run, kind, name)
        assert wanted.items() <= labels(run, "DataSource", "rhel9").items()

    preference = {"instancetype.kubevirt.io/default-preference": "rhel.9"}
    check(recorded("pinned_first_import"), CRON, preference, "acme.example/other")
    site.deliver(A, preference="rhel.9", instancetype="u1.medium")
    site.converged(A)
    check(site.seen(), site.cron, DEFAULTS, "gitops-golden/fleet")


def test_a_claim_asks_for_more_than_the_policy_since_a_filesystem_takes_its_share(site: Site) -> None:
    def check(run: Timeline) -> None:
        volume, claim = last(run, "DataVolume", VOLUME_A), last(run, "PersistentVolumeClaim", VOLUME_A)
        assert volume
        assert claim
        assert volume["spec"]["storage"]["resources"]["requests"]["storage"] == "1Gi"
        assert int(claim["spec"]["resources"]["requests"]["storage"]) == 1138166334

    check(recorded("pinned_first_import"))
    site.deliver(A, storage={"size": "1Gi"})
    site.converged(A)
    check(site.seen())


def test_a_datasource_has_no_owner_reference_so_only_its_label_says_whose_it_is(site: Site) -> None:
    def check(run: Timeline, cron: str) -> None:
        found = last(run, "DataSource", "rhel9")
        assert found
        assert "ownerReferences" not in found["metadata"]
        assert found["metadata"]["labels"][OWNER] == cron

    check(recorded("no_datasource"), CRON)
    site.deliver(A)
    site.converged(A)
    check(site.seen(), site.cron)
    site.play.delete("DataSource", "rhel9")
    site.converged(A)
    check(site.seen(), site.cron)
