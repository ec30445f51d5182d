"""What a cluster is: a word for what installers make, or each part by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.policy.model import HyperConverged, Platform
from tests.unit.policy.reading import document, read, refused, write

if TYPE_CHECKING:
    from pathlib import Path

OPENSHIFT = Platform("openshift", "openshift-cnv", HyperConverged("openshift-cnv", "hco.kubevirt.io/v1beta1"))
KUBEVIRT = Platform("kubevirt", "kubevirt-hyperconverged", HyperConverged("kubevirt-hyperconverged"))
ALONE = Platform("cdi", "cdi", None)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("openshift", OPENSHIFT),
        ("kubevirt", KUBEVIRT),
        ("cdi", ALONE),
        ("{kind: openshift}", OPENSHIFT),
        ("{kind: cdi}", ALONE),
        ("{kind: kubevirt, cdiNamespace: cdi}", Platform("kubevirt", "cdi", KUBEVIRT.hyper_converged)),
        ("{kind: kubevirt, hyperConverged: ~}", Platform("kubevirt", "kubevirt-hyperconverged", None)),
        (
            "{kind: kubevirt, cdiNamespace: cdi, hyperConverged: {namespace: kv, apiVersion: hco.kubevirt.io/v1}}",
            Platform("kubevirt", "cdi", HyperConverged("kv", "hco.kubevirt.io/v1")),
        ),
        (
            "{kind: openshift, hyperConverged: {apiVersion: hco.kubevirt.io/v1}}",
            Platform("openshift", "openshift-cnv", HyperConverged("openshift-cnv", "hco.kubevirt.io/v1")),
        ),
        ("{kind: openshift, hyperConverged: {}}", OPENSHIFT),
        ("{kind: cdi, hyperConverged: {namespace: kv}}", Platform("cdi", "cdi", HyperConverged("kv"))),
    ],
)
def test_a_map_leaves_what_it_does_not_name_as_its_kind_has_it(written: str, means: Platform, tmp_path: Path) -> None:
    (cluster,) = read(tmp_path, f"clusters: [{{name: a, platform: {written}}}]").clusters
    assert cluster.platform == means


def test_a_cluster_is_cdi_alone_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, "clusters: [{name: a}]").clusters[0].platform == ALONE


def test_an_inventory_says_what_clusters_are(tmp_path: Path) -> None:
    write(tmp_path, i_yaml=document("Cluster", "edge", "{platform: openshift}"))
    assert read(tmp_path, "inventory: [i.yaml]").clusters[0].platform == OPENSHIFT


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("OpenShift", '6:34: platform "OpenShift" is unknown (did you mean openshift?)'),
        ("okd", '6:34: platform "okd" is unknown (known are openshift, kubevirt, cdi)'),
        ("~", "6:34: platform is empty"),
        ("[cdi]", "6:34: platform must be text, not a list"),
        ("{}", "6:34: platform has no kind"),
        ("{kind: okd}", '6:41: platform.kind "okd" is unknown'),
        ("{kind: cdi, namespace: cdi}", "6:46: unknown field platform.namespace"),
        ("{kind: cdi, cdiNamespace: a.b}", '6:60: platform.cdiNamespace "a.b" may hold'),
        ("{kind: cdi, hyperConverged: {}}", "6:62: platform.hyperConverged has no namespace"),
        ("{kind: cdi, hyperConverged: kv}", "6:62: platform.hyperConverged must be a map"),
        ("{kind: kubevirt, hyperConverged: {namespace: ~}}", "platform.hyperConverged.namespace is empty"),
        (
            "{kind: kubevirt, hyperConverged: {apiVersion: hco.kubevirt.io/v2}}",
            'platform.hyperConverged.apiVersion "hco.kubevirt.io/v2" is unknown (did you mean hco.kubevirt.io/v1?)',
        ),
    ],
)
def test_a_platform_that_does_not_exist_is_told(written: str, says: str, tmp_path: Path) -> None:
    assert any(says in line for line in refused(tmp_path, f"clusters: [{{name: a, platform: {written}}}]"))
