"""Where the stand-in raced others or itself: what it does then, without waiting for chance to bring it about."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.testbed.api import path, wait_until
from tests.testbed.cdi.actions import A
from tests.testbed.cdi.datavolumes import DataVolumes
from tests.testbed.cdi.storage import Storages
from tests.testbed.cdi.store import CLAIM, DATA_VOLUME, Store

if TYPE_CHECKING:
    from tests.e2e.cdi_traps import Site
    from tests.testbed.cdi.standin import StandIn


def test_a_claim_that_was_collected_is_not_made_again_for_a_datavolume_that_is_gone(
    site: Site, stand_in: StandIn
) -> None:
    api, namespace, name = site.play.api, site.play.namespace, site.play.volume(A)
    claims = path("v1", "persistentvolumeclaims", namespace)
    site.deliver(A)
    site.converged(A)
    late = Store(api)
    late.start(lambda *_: None)
    late.stop()
    claim = late.get(CLAIM, namespace, name)
    assert claim
    site.play.delete("DataImportCron", site.cron)
    site.play.delete("DataVolume", name)
    wait_until(lambda: not api.items(claims), what="claims collected")
    late._drop(CLAIM, claim)
    assert late.get(DATA_VOLUME, namespace, name)
    assert DataVolumes(late, Storages(late)).reconcile(namespace, name)
    assert api.items(claims) == ()


def test_a_cron_is_not_woken_by_its_own_mark_on_a_snapshot(site: Site, stand_in: StandIn) -> None:
    place = path("snapshot.storage.k8s.io/v1", "volumesnapshots", site.play.namespace, site.play.volume(A))
    site.deliver(A, storage={"size": "1Gi", "className": "snappy"})
    site.converged(A)
    site.play.settle()
    before = site.play.api.get(place)["metadata"]["resourceVersion"]
    time.sleep(0.3)
    assert site.play.api.get(place)["metadata"]["resourceVersion"] == before
