from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.model import DeliveryTarget

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)
PATHS = st.sampled_from(
    ["clusters/{cluster}", "{cluster}", "a/{cluster}/golden", "fleet-{cluster}", "a/x-{cluster}-y/b"]
)


@given(PATHS, NAMES)
def test_a_clusters_folder_leads_back_to_the_cluster(path: str, name: str) -> None:
    target = DeliveryTarget(path)
    assert target.cluster(target.folder(name)) == name


@pytest.mark.parametrize("folder", ["elsewhere/edge", "clusters/edge/deeper", "clusters"])
def test_a_folder_of_another_layout_stands_for_itself(folder: str) -> None:
    assert DeliveryTarget().cluster(folder) == folder
