"""CDI's traps around a pinned digest: what CDI was recorded to do, and that what we render lives with it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputErrors
from gitops_golden.registry.lock import Lock
from gitops_golden.registry.lock_parse import parse_lock
from gitops_golden.registry.lock_text import dump_lock
from gitops_golden.registry.release import PlatformImage
from tests.builders import locked
from tests.e2e.cdi_traps import (
    NOWHERE,
    condition,
    imported,
    last,
    left,
    moment,
    of_kind,
    reasons,
    served,
    states,
)
from tests.testbed.cdi.actions import CRON, A, B
from tests.testbed.cdi.model import DIGEST
from tests.testbed.cdi.recordings import recorded

if TYPE_CHECKING:
    from tests.e2e.cdi_traps import Site
    from tests.testbed.cdi.timeline import Timeline

VOLUME_A, VOLUME_B, VOLUME_NOWHERE = "rhel9-aaaaaaaaaaaa", "rhel9-bbbbbbbbbbbb", "rhel9-eeeeeeeeeeee"


def test_a_digest_is_pinned_by_metadata_with_an_empty_schedule(site: Site) -> None:
    def check(run: Timeline, cron: str) -> None:
        told, volume = last(run, "DataImportCron", cron), last(run, "DataVolume", VOLUME_A)
        assert told
        assert volume
        assert told["spec"]["schedule"] == ""
        assert told["metadata"]["annotations"][DIGEST] == A
        url = told["spec"]["template"]["spec"]["source"]["registry"]["url"]
        assert volume["spec"]["source"]["registry"]["url"] == f"{url}@{A}"
        assert not states(run, "CronJob")
        assert not states(run, "Job")

    check(recorded("pinned_first_import"), CRON)
    site.deliver(A)
    site.converged(A)
    check(site.seen(), site.cron)
    before, after = site.rendered(A), site.rendered(B)
    changes = [
        (old.decode(), new.decode())
        for name in before
        for old, new in zip(before[name].splitlines(), after[name].splitlines(), strict=True)
        if old != new
    ]
    assert [(DIGEST in old, DIGEST in new) for old, new in changes] == [(True, True)]


def test_while_a_digest_imports_the_datasource_keeps_the_old_volume_and_stays_ready(site: Site) -> None:
    run = recorded("pinned_bump_and_rollback")
    assert served(run, since=moment(run, "pin digest B"))[:2] == (VOLUME_A, VOLUME_B)
    site.deliver(A)
    site.converged(A)
    since = site.now()
    site.play.hold()
    site.deliver(B)
    if site.ground.stand_in:
        assert served(site.seen(), since=since) == (VOLUME_A,)
    site.play.release()
    site.converged(B)
    assert served(site.seen(), since=since) == (VOLUME_A, VOLUME_B)


def test_a_rollback_to_a_kept_volume_points_back_without_an_import(site: Site) -> None:
    def check(run: Timeline, since: float) -> None:
        assert served(run, since=since) == (VOLUME_B, VOLUME_A)
        assert imported(run, since=since) == ()

    run = recorded("pinned_bump_and_rollback")
    check(run, moment(run, "pin digest A again"))
    for digest in (A, B):
        site.deliver(digest)
        site.converged(digest)
    since = site.now()
    site.deliver(A)
    site.converged(A)
    check(site.seen(), since)


@pytest.mark.from_code("an image that can't be pulled at all looks the same as an importer that crashes")
def test_an_importer_that_crashes_for_ever_looks_like_progress_until_another_digest_is_pinned(site: Site) -> None:
    def check(run: Timeline, cron: str, volume: str, since: float, back: float) -> None:
        importing = [of for of in states(run, "DataImportCron", cron, since=since) if of.at < back and of.object]
        conditions = [of for each in importing for of in (each.object or {})["status"]["conditions"]]
        assert not [of for of in conditions if "fail" in json.dumps(of).lower()]
        assert reasons(run, cron, since=since)[-3:] == ("ImportProgressing", "Outdated", "UpToDate")
        crashes = [of.object for of in states(run, "DataVolume", volume) if of.object]
        assert max(of["status"].get("restartCount", 0) for of in crashes if "status" in of) >= 1
        told = [condition(of, "Running") for of in crashes]
        assert any((of.get("status"), of.get("reason")) == ("False", "Error") and of["message"] for of in told)
        assert served(run, since=since) == (VOLUME_A,)
        assert volume not in left(run, "DataVolume")

    run = recorded("crash_loop")
    check(run, CRON, VOLUME_B, moment(run, "pin B"), moment(run, "pin A again"))
    site.deliver(A)
    site.converged(A)
    since = site.now()
    site.deliver(NOWHERE)
    site.play.crashed(NOWHERE, times=1)
    assert site.condition("UpToDate")["reason"] == "ImportProgressing"
    back = time.monotonic()
    site.deliver(A)
    site.converged(A)
    check(site.seen(), site.cron, VOLUME_NOWHERE, since, back)


def test_a_malformed_digest_is_admitted_and_nothing_ever_happens(site: Site) -> None:
    malformed = [of.request["body"]["metadata"]["annotations"][DIGEST] for of in recorded("bad_digest").answers]
    crons = [of.object for of in states(recorded("bad_digest"), "DataImportCron") if of.object]
    assert malformed
    assert not [of for of in crons if of.get("status")]
    assert not states(recorded("bad_digest"), "DataVolume")
    cron = of_kind(site.manifests_of(site.rendered(A)), "DataImportCron")
    for number, digest in enumerate(malformed):
        site.play.create("DataImportCron", f"bad-{number}", {"annotations": {DIGEST: digest}}, cron["spec"])
    run = site.seen()
    assert not [of for of in states(run, "DataImportCron") if (of.object or {}).get("status")]
    assert not states(run, "DataVolume")
    for digest in malformed:
        with pytest.raises(InputErrors, match="must be a digest"):
            parse_lock(a_lock(digest), "fleet.lock.yaml")


def a_lock(digest: str) -> bytes:
    """Return a lock that is whole but for its digest."""
    image = locked()
    releases = tuple(replace(of, platforms=(PlatformImage("linux/amd64", A, 1),)) for of in image.releases)
    return dump_lock(Lock((replace(image, releases=releases),))).replace(A.encode(), digest.encode())


def test_a_removed_annotation_leaves_a_cron_that_calls_itself_up_to_date(site: Site) -> None:
    def check(run: Timeline, cron: str, since: float) -> None:
        assert reasons(run, cron, since=since) == ("UpToDate",)
        assert served(run, since=since) == (VOLUME_A,)

    run = recorded("annotation_removed")
    check(run, CRON, moment(run, "somebody removes"))
    files = site.rendered(A)
    site.apply(files)
    site.converged(A)
    since = site.now()
    site.play.patch("DataImportCron", site.cron, {"metadata": {"annotations": {DIGEST: None}}})
    assert DIGEST not in site.play.get("DataImportCron", site.cron)["metadata"]["annotations"]
    check(site.seen(), site.cron, since)
    site.apply(files)
    run = site.seen()
    check(run, site.cron, since)
    assert (last(run, "DataImportCron", site.cron) or {})["metadata"]["annotations"][DIGEST] == A
