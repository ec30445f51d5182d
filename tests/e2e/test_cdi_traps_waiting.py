"""CDI's traps around imports that take long or never end: recorded on CDI, and how what we render gets out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.cdi_traps import imported, last, left, moment, reasons, served, states, until
from tests.testbed.cdi.actions import CRON, NEXT, A, B
from tests.testbed.cdi.model import IMMEDIATE, OWNER
from tests.testbed.cdi.recordings import recorded

if TYPE_CHECKING:
    from tests.e2e.cdi_traps import Site
    from tests.testbed.cdi.standin import StandIn
    from tests.testbed.cdi.timeline import Timeline

VOLUME_A, VOLUME_B = "rhel9-aaaaaaaaaaaa", "rhel9-bbbbbbbbbbbb"


def test_an_import_that_waits_blocks_every_other_digest_until_a_new_cron_takes_over(
    site: Site, stand_in: StandIn
) -> None:
    for scenario, blocked in (("rollback_during_import", "pin A again"), ("bump_during_import", "pin C while")):
        run = recorded(scenario)
        since = moment(run, blocked)
        waiting = until(run, moment(run, "let "))
        assert reasons(waiting, CRON)[-1] == "Outdated"
        assert served(waiting, since=since) == (VOLUME_A,)
        assert imported(waiting, since=since) == ()
    for scenario, way_out in (
        ("unbound_then_handover", "new cron on A"),
        ("unbound_then_volume_deleted", "somebody deletes"),
    ):
        run = recorded(scenario)
        since = moment(run, way_out)
        assert reasons(until(run, since), CRON)[-1] == "Outdated"
        assert served(run, since=moment(run, "pin B")) == (VOLUME_A,)
        assert imported(run, since=since) == ()
    site.deliver(A)
    site.converged(A)
    since = site.now()
    site.play.never_bind(site.play.meant(B))
    site.deliver(B)
    site.play.settle()
    site.deliver(A)
    site.play.settle()
    assert site.condition("UpToDate")["reason"] == "Outdated"
    assert imported(site.seen(), since=since) == (VOLUME_B,)
    restarted = site.now()
    site.deliver(A, restarts=1)
    site.converged(A)
    run = site.seen()
    assert served(run, since=since) == (VOLUME_A,)
    assert imported(run, since=restarted) == ()
    assert VOLUME_B in left(run, "DataVolume")


def test_a_hand_over_while_its_digest_imports_falls_asleep_until_the_crons_metadata_changes(
    site: Site, stand_in: StandIn
) -> None:
    def asleep(run: Timeline, cron: str, old: str) -> None:
        volume = last(run, "DataVolume", VOLUME_B)
        assert volume
        assert volume["metadata"]["labels"][OWNER] == old
        assert volume["status"]["phase"] == "Succeeded"
        assert reasons(run, cron)[-1] == "ImportProgressing"
        assert served(run)[-1] == VOLUME_A

    run = recorded("handover_during_import")
    nudged = moment(run, "an annotation")
    asleep(until(run, nudged), NEXT, CRON)
    assert served(run, since=nudged) == (VOLUME_A, VOLUME_B)
    site.deliver(A)
    site.converged(A)
    old = site.cron
    site.play.hold()
    site.deliver(B)
    site.play.settle()
    site.deliver(B, restarts=1)
    site.play.settle()
    site.play.release()
    asleep(site.seen(), site.cron, old)
    sleeper, since = site.cron, site.now()
    site.deliver(B, restarts=1, attempts=1)
    assert site.cron == sleeper
    site.converged(B)
    assert served(site.seen(), since=since) == (VOLUME_A, VOLUME_B)


def test_a_class_that_waits_for_its_first_consumer_needs_nothing_of_ours(site: Site) -> None:
    def asked_for(run: Timeline, name: str) -> None:
        volume = last(run, "DataVolume", name)
        assert volume
        assert volume["metadata"]["annotations"][IMMEDIATE] == "true"

    run = recorded("wait_for_first_consumer")
    asked_for(run, VOLUME_A)
    assert "pods ['importer-rhel9-aaaaaaaaaaaa']" in next(of.text for of in run.steps if of.text.startswith("DataVol"))
    phases = {(of.object or {}).get("status", {}).get("phase") for of in states(run, "DataVolume", VOLUME_A)}
    assert "WaitForFirstConsumer" in phases
    # an existing cluster has what class it has: kind's own waits, too
    storage = {"size": "1Gi"} | ({"className": "lazy"} if site.ground.stand_in else {})
    for digest, settings in ((A, {}), (B, {"immediateBinding": True})):
        site.deliver(digest, storage=storage, **settings)
        site.converged(digest)
    run = site.seen()
    for volume in (VOLUME_A, VOLUME_B):
        asked_for(run, volume)
