"""CDI's traps around storage: what is kept, deleted, left behind, imported anew; and what becomes of what we render."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cdi_traps import condition, imported, last, left, moment, of_kind, owners, served, states, until
from tests.testbed.api import path
from tests.testbed.cdi.actions import CRON, NEXT, A, B, C
from tests.testbed.cdi.install import STORAGE, VIRT_CLASS, make_default
from tests.testbed.cdi.recordings import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.cdi_traps import Site
    from tests.testbed.api import Api
    from tests.testbed.cdi.standin import StandIn
    from tests.testbed.cdi.timeline import Timeline

VOLUME_A, VOLUME_B, VOLUME_C, VOLUME_D = (f"rhel9-{letter * 12}" for letter in "abcd")
SNAPPY = {"size": "1Gi", "className": "snappy"}


@contextmanager
def marked(api: Api, name: str, mark: str) -> Iterator[None]:
    """Have a storage class marked as a default for the time being."""
    place = path(STORAGE, "storageclasses", name=name)
    api.patch(place, {"metadata": {"annotations": {mark: "true"}}})
    try:
        yield
    finally:
        api.patch(place, {"metadata": {"annotations": {mark: "false"}}})


def class_of(run: Timeline, volume: str) -> str:
    found = last(run, "PersistentVolumeClaim", volume)
    assert found
    return str(found["spec"]["storageClassName"])


def test_deleting_a_cron_takes_every_volume_with_it_unless_it_retains_all(site: Site) -> None:
    run = recorded("delete_retain_none")
    assert not left(run, "DataSource")
    assert not left(run, "DataVolume")
    assert not owners(run)

    def kept(run: Timeline, cron: str) -> None:
        assert cron not in left(run, "DataImportCron")
        assert VOLUME_A in left(run, "DataVolume")
        assert owners(run) == {VOLUME_A: cron}

    kept(recorded("delete_retain_all"), CRON)
    files = site.rendered(A)
    site.apply(files)
    site.converged(A)
    cron = site.cron
    site.apply({name: content for name, content in files.items() if not name.startswith("image-")})
    kept(site.seen(), cron)


@pytest.mark.from_code(
    "put together of two recordings: what a deletion takes, and that a hand-over labels the claim alone"
)
def test_retaining_none_takes_the_volume_in_use_at_a_hand_over(site: Site) -> None:
    for scenario in ("handover", "class_change_by_handover", "handover_delete_first", "handover_relabel_first"):
        run = recorded(scenario)
        assert owners(run)[VOLUME_A] == NEXT
        assert owners(run, "DataVolume")[VOLUME_A] == CRON
    site.deliver(A, retention="None")
    site.converged(A)
    since = site.now()
    site.deliver(A, retention="None", storage={"size": "2Gi"})
    site.play.wait("imported again", lambda: imported(site.play.timeline(), since=since))
    site.converged(A)
    run = site.seen()
    assert served(run, since=since) == (VOLUME_A, None, VOLUME_A)
    assert owners(run) == owners(run, "DataVolume") == {VOLUME_A: site.cron}
    ordinary = of_kind(site.manifests_of(site.rendered(A)), "DataImportCron")
    assert ordinary["spec"]["retentionPolicy"] == "All"


def test_volumes_of_a_retired_cron_are_never_collected(site: Site) -> None:
    assert owners(recorded("handover_orphans")) == {VOLUME_A: CRON, VOLUME_D: NEXT}
    for digest in (A, B):
        site.deliver(digest)
        site.converged(digest)
    old = site.cron
    for digest in (B, C):
        site.deliver(digest, keep=1)
        site.converged(digest)
    assert owners(site.seen()) == {VOLUME_A: old, VOLUME_C: site.cron}


@pytest.mark.from_code("a default for VMs wins over the cluster's default; a named class wins over both")
def test_a_class_is_the_named_one_else_the_default_for_vms_else_the_default(site: Site, stand_in: StandIn) -> None:
    for scenario in ("no_storage_class", "unknown_storage_class"):
        volume = last(recorded(scenario), "DataVolume", VOLUME_A)
        assert volume
        assert condition(volume, "Ready")["reason"] == "ErrClaimNotValid"
        assert not states(recorded(scenario), "PersistentVolumeClaim")
    with marked(site.play.api, "faster", VIRT_CLASS):
        site.deliver(A)
        site.converged(A)
        chosen = {"className": "fast", "accessModes": ["ReadWriteMany"], "volumeMode": "Block"}
        site.deliver(B, image="named", storage={"size": "1Gi"} | chosen)
        site.converged(B, image="named")
        run = site.seen()
    assert class_of(run, VOLUME_A) == "faster"
    named = last(run, "PersistentVolumeClaim", f"named-{'b' * 12}")
    assert named
    told = {key: named["spec"][key] for key in ("storageClassName", "accessModes", "volumeMode")}
    assert told == {"storageClassName": "fast", "accessModes": ["ReadWriteMany"], "volumeMode": "Block"}


@pytest.mark.from_code("that it is the profile's status which decides, and which drivers' profiles say snapshot")
def test_with_the_snapshot_format_only_the_snapshot_is_kept(site: Site, stand_in: StandIn) -> None:
    def check(run: Timeline) -> None:
        source = last(run, "DataSource", "rhel9")
        assert source
        assert set(source["spec"]["source"]) == {"snapshot"}
        assert VOLUME_A in left(run, "VolumeSnapshot")
        assert not left(run, "DataVolume")
        assert not owners(run)

    check(recorded("snapshot_format"))
    site.deliver(A, storage=SNAPPY)
    site.converged(A)
    check(site.seen())


def test_the_last_used_are_kept_and_a_rollback_to_a_collected_one_imports_anew(site: Site) -> None:
    assert set(owners(recorded("keep_two"))) == {VOLUME_C, VOLUME_D}
    assert set(owners(recorded("keep_order"))) == {VOLUME_A, VOLUME_C}
    run = recorded("rollback_after_gc")
    assert imported(run, since=moment(run, "A is collected")) == (VOLUME_A,)
    for digest in (A, B, A, C):
        site.deliver(digest, keep=2)
        site.converged(digest)
    run = site.seen()
    assert set(owners(run)) == {VOLUME_A, VOLUME_C}
    since = site.now()
    site.deliver(B, keep=2)
    site.converged(B)
    assert imported(site.seen(), since=since) == (VOLUME_B,)


def test_a_moved_default_class_imports_again_unless_the_policy_names_a_class(site: Site, stand_in: StandIn) -> None:
    def check(run: Timeline, since: float) -> None:
        assert imported(run, since=since) == (VOLUME_A,)
        assert None in served(run, since=since)
        assert served(run)[-1] == VOLUME_A

    run = recorded("default_class_change")
    check(run, moment(run, "the default class moves"))
    site.deliver(A)
    site.converged(A)
    since = site.now()
    make_default(site.play.api, "faster")
    try:
        site.play.wait("import on the new class", lambda: imported(site.play.timeline(), since=since))
        site.converged(A)
        check(site.seen(), since)
        site.deliver(A, storage={"size": "1Gi", "className": "faster"})
        site.converged(A)
        since = site.now()
    finally:
        make_default(site.play.api, "fast")
    run = site.seen()
    assert imported(run, since=since) == ()
    assert served(run, since=since) == (VOLUME_A,)


def test_snapshots_pin_roll_back_and_hand_over_like_claims_but_flip_before_they_are_ready(
    site: Site, stand_in: StandIn
) -> None:
    def check(run: Timeline, bump: float, back: float, crons: dict[str, str]) -> None:
        assert served(until(run, back), since=bump) == (VOLUME_A, None, VOLUME_B)
        assert served(run, since=back) == (VOLUME_B, VOLUME_A)
        assert imported(run, since=back) == ()
        assert owners(run, "VolumeSnapshot") == crons

    run = recorded("snapshot_format")
    check(run, moment(run, "pin B"), moment(run, "pin A again"), {VOLUME_A: NEXT, VOLUME_B: CRON})
    site.deliver(A, storage=SNAPPY)
    site.converged(A)
    bump = site.now()
    site.deliver(B, storage=SNAPPY)
    site.converged(B)
    back, old = site.now(), site.cron
    site.deliver(A, storage=SNAPPY)
    site.converged(A)
    site.deliver(A, storage=SNAPPY, keep=3)
    site.converged(A)
    check(site.seen(), bump, back, {VOLUME_A: site.cron, VOLUME_B: old})
