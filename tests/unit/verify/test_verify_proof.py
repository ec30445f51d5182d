"""What converged proves, over clusters of every kind: consumers are given the very volume that was found sound."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops_golden.fleet.kinds import CLAIM, SNAPSHOT
from gitops_golden.fleet.observation import Unread
from tests.builders import A, B
from tests.unit.verify.ground import CRON, NAMESPACE, converged
from tests.unit.verify.world import Git, Judged, expecting, history

if TYPE_CHECKING:
    from tests.unit.verify.ground import Objects

SETS = {"pvc": CLAIM, "snapshot": SNAPSHOT}
NAMES = tuple(f"rhel9-{digest[7:19]}" for digest in (A, B))
ENDPOINT = "cdi.kubevirt.io/storage.import.endpoint"
BASE = converged()


@st.composite
def volumes(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw claims and snapshots, by the names of two digests and imported from either, sound or not."""
    made = []
    for name in NAMES:
        for kind in draw(st.sets(st.sampled_from((CLAIM, SNAPSHOT)))):
            sound, digest = draw(st.sampled_from((True, True, False))), draw(st.sampled_from((A, A, B, "")))
            metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE}
            if digest and kind == CLAIM:
                metadata["annotations"] = {ENDPOINT: f"docker://r/x@{digest}"}
            if draw(st.sampled_from((False, False, True))):
                metadata["deletionTimestamp"] = "2026-11-21T11:59:00Z"
            status = {"phase": "Bound" if sound else "Pending"} if kind == CLAIM else {"readyToUse": sound}
            made.append({"kind": kind, "metadata": metadata, "spec": {}, "status": status})
    return made


@st.composite
def clusters(draw: st.DrawFn) -> Objects:
    kept = draw(volumes())
    others = [copy.deepcopy(each) for each in BASE if each["kind"] not in (CLAIM, SNAPSHOT, "DataVolume")]
    for each in others:
        if each["kind"] == "DataImportCron":
            each["metadata"]["annotations"] = dict(each["metadata"]["annotations"])
            each["status"]["sourceFormat"] = draw(st.sampled_from(("pvc", "snapshot", "")))
            digest = draw(st.sampled_from((A, A, A, B)))
            each["status"]["currentImports"] = [{"Digest": digest, "DataVolumeName": f"rhel9-{digest[7:19]}"}]
            for condition in each["status"]["conditions"]:
                if condition["type"] == "UpToDate":
                    condition["status"] = draw(st.sampled_from(("True", "True", "False")))
        if each["kind"] == "DataSource":
            given_out = draw(st.sets(st.sampled_from(tuple(SETS)), max_size=2))
            name = draw(st.sampled_from((*NAMES[:1], *NAMES)))
            each["spec"]["source"] = {kind: {"namespace": NAMESPACE, "name": name} for kind in given_out}
            each["status"]["conditions"] = [
                {"type": "Ready", "status": draw(st.sampled_from(("True", "True", "False")))}
            ]
    return (*others, *kept)


@settings(max_examples=300, deadline=None)
@given(objects=clusters(), blind=st.sets(st.sampled_from((CLAIM, SNAPSHOT, "DataVolume", "DataSource"))))
def test_whatever_a_cluster_holds_converged_means_that_consumers_get_the_sound_volume_of_the_digest(
    objects: Objects, blind: set[str]
) -> None:
    seen = tuple(each for each in objects if each["kind"] not in blind)
    expected = replace(expecting(BASE, CRON), storage_class=None, size=None)
    unread = tuple(Unread(kind, NAMESPACE, "Forbidden") for kind in blind)
    finding = Judged(seen, expected, Git(history=history(expected, A))).finding(unread=unread)
    if finding is not None:
        return
    (source,) = (each for each in seen if each["kind"] == "DataSource")
    ((kind, reference),) = source["spec"]["source"].items()
    (volume,) = (each for each in seen if each["kind"] == SETS[kind] and each["metadata"]["name"] == reference["name"])
    assert reference["name"] == NAMES[0]
    assert source["status"]["conditions"] == [{"type": "Ready", "status": "True"}]
    assert volume["status"] in ({"phase": "Bound"}, {"readyToUse": True})
    assert "deletionTimestamp" not in volume["metadata"]
    assert volume["metadata"].get("annotations", {}).get(ENDPOINT, A).endswith(A)
