"""What verify finds wrong with a volume that is served, drift tells of the same volume: one decision, asked twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.testbed.api import path, wait_until

if TYPE_CHECKING:
    from tests.e2e.links import Pair

PROFILE = path("cdi.kubevirt.io/v1beta1", "storageprofiles", name="snappy")
PREFERRED = "cdi.kubevirt.io/snapshotClassForDataImportCron"
"""Which snapshot class CDI is to use for boot images of a storage class."""


def _on_another_class(pair: Pair) -> list[tuple[str, str]]:
    found = (each for each in pair.drift()["findings"] if each["what"] == "OtherStorageClass")
    return [(each["object"]["kind"], each["object"]["name"]) for each in found]


@pytest.mark.usefixtures("stood_in")
def test_a_snapshot_of_another_class_than_cdi_uses_for_that_of_its_cron(pair: Pair) -> None:
    volume = pair.serves("snapped")
    pair.api.patch(PROFILE, {"metadata": {"annotations": {PREFERRED: "another"}}})
    try:
        pair.finds({"first snapped": "broken volume/WrongStorageClass"})
        wait_until(lambda: _on_another_class(pair) == [("VolumeSnapshot", volume)], what="the snapshot, by drift")
        pair.says_the_same_of_recordings()
    finally:
        pair.api.patch(PROFILE, {"metadata": {"annotations": {PREFERRED: None}}})
    pair.heals()
    assert _on_another_class(pair) == []
