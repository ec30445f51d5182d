"""What a cluster is, out of a node: a word for a customary platform, or a map that sets its parts one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitops_golden.documents import Mapping
from gitops_golden.policy import names
from gitops_golden.policy.fields import Shape, is_null
from gitops_golden.policy.model import HyperConverged, Platform

if TYPE_CHECKING:
    from gitops_golden.documents import Node
    from gitops_golden.policy.fields import Reader

PLATFORMS: Final = {
    "openshift": Platform("openshift", "openshift-cnv", HyperConverged("openshift-cnv")),
    "kubevirt": Platform("kubevirt", "kubevirt-hyperconverged", HyperConverged("kubevirt-hyperconverged")),
    "cdi": Platform(),
}
"""Where things live as the installers put them."""
API_VERSIONS: Final = ("hco.kubevirt.io/v1beta1", "hco.kubevirt.io/v1")
PLATFORM: Final = Shape("platform", frozenset({"kind", "cdiNamespace", "hyperConverged"}), ("kind",), path="platform.")
HYPER_CONVERGED: Final = Shape(
    "platform.hyperConverged", frozenset({"namespace", "apiVersion"}), path="platform.hyperConverged."
)


def platform(reader: Reader, node: Node) -> Platform:
    """Return what a cluster is; each part that a map leaves out is as its kind has it."""
    if not isinstance(node, Mapping):
        return PLATFORMS.get(reader.word(node, "platform", tuple(PLATFORMS)), Platform())
    fields = reader.fields(node, PLATFORM)
    kind = reader.word(fields["kind"], "platform.kind", tuple(PLATFORMS)) if "kind" in fields else ""
    found = PLATFORMS.get(kind, Platform())
    if "cdiNamespace" in fields:
        namespace = reader.text(fields["cdiNamespace"], "platform.cdiNamespace", names.label_name)
        found = replace(found, cdi_namespace=namespace)
    if "hyperConverged" in fields:
        found = replace(found, hyper_converged=_hyper_converged(reader, fields["hyperConverged"], found))
    return found


def _hyper_converged(reader: Reader, node: Node, of: Platform) -> HyperConverged | None:
    if is_null(node):
        return None
    fields = reader.fields(node, HYPER_CONVERGED)
    found = of.hyper_converged
    if "namespace" in fields:
        namespace = reader.text(fields["namespace"], "platform.hyperConverged.namespace", names.label_name)
        found = HyperConverged(namespace, found.api_version if found else API_VERSIONS[0])
    elif found is None:
        reader.note(node, "platform.hyperConverged has no namespace", "add it")
        return None
    if "apiVersion" in fields:
        version = reader.word(fields["apiVersion"], "platform.hyperConverged.apiVersion", API_VERSIONS)
        found = replace(found, api_version=version)
    return found
