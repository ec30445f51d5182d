"""What an import meets on a real API server, on one cluster alone: its reason is named, exactly and alone.

What is wrong is then mended as the remedy says, and all has converged again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.hands import CDI
from tests.e2e.links import delivery, instant, noted, now
from tests.testbed.api import path, wait_until
from tests.testbed.cdi.install import STORAGE, storage_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.links import Pair

pytestmark = pytest.mark.usefixtures("stood_in")
RHEL9 = "first rhel9"


def _released(pair: Pair, before: Callable[[str], None]) -> str:
    """Roll out a build, for which something is prepared; return its digest."""
    digest = pair.push()
    before(digest)
    pair.fleet.roll_out()
    return digest


def test_an_importer_that_crashes(pair: Pair) -> None:
    why = "Unable to process data: no space left on device"
    digest = _released(pair, lambda each: pair.stand_in.crash(each, why))
    found = pair.finds({RHEL9: "broken import/ImporterCrashing"})
    assert why in found["message"]
    assert "has failed" in found["message"]
    pair.stand_in.heal(digest)
    pair.heals()


def test_a_claim_that_nobody_binds(pair: Pair) -> None:
    digest = _released(pair, pair.never_bind)
    found = pair.finds({RHEL9: "progressing import/ClaimUnbound"}, overdue=True)
    assert "of class fast" in found["message"]
    pair.says_the_same_of_recordings()
    pair.stand_in.heal(digest)
    pair.heals()


def test_an_importer_that_no_node_takes(pair: Pair) -> None:
    digest = _released(pair, pair.stand_in.hold)
    pair.bind(f"rhel9-{digest[7:19]}")
    pair.finds({RHEL9: "progressing import/ImportScheduled"})
    pair.later({RHEL9: "broken import/ImportStuck"})
    pair.stand_in.release(digest)
    pair.heals()


def test_an_import_that_runs(pair: Pair) -> None:
    digest = _released(pair, pair.shut)
    found = pair.finds({RHEL9: "progressing import/Importing"}, overdue=True)
    assert delivery(pair.verify(), pair.first, "rhel9")["actual"] != digest
    assert instant(found["since"]) <= now()
    pair.open()
    pair.heals()


def test_a_release_behind_one_that_is_still_imported(pair: Pair) -> None:
    first = _released(pair, pair.shut)
    pair.finds({RHEL9: "progressing import/Importing"})
    pair.roll_out()
    found = pair.finds({RHEL9: "progressing import/QueuedBehindImport"}, overdue=True)
    assert first in found["message"]
    pair.open()
    pair.heals()


def test_a_release_behind_one_that_waits_for_ever(pair: Pair) -> None:
    first = _released(pair, pair.never_bind)
    pair.finds({RHEL9: "progressing import/ClaimUnbound"})
    pair.roll_out()
    found = pair.finds({RHEL9: "progressing import/BlockedByWaitingImport"}, overdue=True)
    assert first in found["message"]
    pair.says_the_same_of_recordings()
    pair.paste(found["remedy"])
    pair.heals()


def test_a_hand_over_during_an_import_falls_asleep(pair: Pair) -> None:
    digest = _released(pair, pair.shut)
    pair.finds({RHEL9: "progressing import/Importing"})
    pair.raise_count("restarts")
    claim = f"rhel9-{digest[7:19]}"
    wait_until(lambda: pair.owner(claim) == pair.cron_name("rhel9"), what="the fresh cron has the claim")
    pair.open()
    found = pair.finds({RHEL9: "broken import/Asleep"})
    assert "attempt count" in found["remedy"]
    pair.raise_count("attempts")
    pair.heals()


def test_a_fresh_cron_while_cdi_is_down(pair: Pair) -> None:
    pair.cdi[pair.first].stop()
    pair.raise_count("restarts")
    pair.finds({RHEL9: "progressing import/NotStarted"}, overdue=True)
    pair.cdi[pair.first].start()
    pair.heals()


def test_a_release_while_cdi_is_down(pair: Pair) -> None:
    pair.cdi[pair.first].stop()
    pair.roll_out()
    pair.finds({RHEL9: "progressing import/ImportPending"}, overdue=True)
    pair.cdi[pair.first].start()
    pair.heals()


def test_a_storage_class_that_is_gone(pair: Pair) -> None:
    pair.api.delete(path(STORAGE, "storageclasses", name="fast"))
    pair.roll_out()
    found = pair.finds({RHEL9: "broken import/NoStorageClass"})
    assert "a default storage class" in found["message"]
    storage_class(pair.api, "fast", default=True)
    pair.heals()


def test_a_storage_profile_that_says_nothing(pair: Pair) -> None:
    profile = path(CDI, "storageprofiles", name="fast")
    known = pair.api.get(profile)["spec"]["claimPropertySets"]
    pair.api.patch(profile, {"spec": {"claimPropertySets": []}})
    pair.roll_out()
    pair.finds({RHEL9: "broken import/ClaimRefused"})
    pair.api.patch(profile, {"spec": {"claimPropertySets": known}})
    pair.heals()


@pytest.mark.from_code("CDI tells the API server's refusal in the Bound condition, as ErrExceededQuota")
def test_a_quota_that_leaves_no_room(pair: Pair) -> None:
    none = {"persistentvolumeclaims": "0"}
    quotas = path("v1", "resourcequotas", pair.prefix)
    pair.api.create(quotas, {"metadata": {"name": "small"}, "spec": {"hard": none}})
    pair.api.patch(f"{quotas}/small/status", {"status": {"hard": none, "used": none}})
    name = f"rhel9-{pair.roll_out()[7:19]}"
    refusal = wait_until(lambda: pair.stand_in.troubles.get(("volume", pair.prefix, name)), what="the refusal")
    assert "exceeded quota: small" in refusal
    refused = {"type": "Bound", "status": "False", "reason": "ErrExceededQuota", "message": refusal}
    refused |= {"lastTransitionTime": noted(now())}
    pair.tell("volume", name, {"conditions": [refused]})
    found = pair.finds({RHEL9: "broken import/QuotaExceeded"})
    assert "exceeded quota: small" in found["message"]
    pair.api.delete(f"{quotas}/small")
    pair.heals()


def test_a_tag_that_a_cluster_has_not_polled_yet(pair: Pair) -> None:
    pair.push("suse")
    pair.cdi[pair.names[1]].now.poll()
    pair.finds({"first suse": "progressing import/PollPending"})
    pair.stand_in.poll()
    pair.heals()


def test_a_poll_that_is_days_late(pair: Pair) -> None:
    pair.push("suse")
    pair.cdi[pair.names[1]].now.poll()
    pair.polled_days_ago("suse")
    found = pair.finds({"first suse": "broken import/NotPolled"})
    assert instant(found["since"]) < now()
    pair.stand_in.poll()
    pair.heals()
