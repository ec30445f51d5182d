"""Labels and annotations of the user's own: which keys are his, and which are ours, CDI's or an engine's.

Each check takes a key and a value and returns what is wrong, as a sentence's end that follows the key, or None.
"""

from __future__ import annotations

from typing import Final

from gitops_golden.policy import names
from gitops_golden.policy.settings import ANNOTATIONS, LABELS
from gitops_golden.vendor.catalogue import IMMEDIATE_ANNOTATION

_LONGEST_ANNOTATION: Final = 64 * 1024
"""Kubernetes takes 256 KiB for all annotations of an object together."""
_OURS: Final = ".gitops-golden"
_CDI: Final = ".cdi.kubevirt.io"
DEFAULTS: Final = "instancetype.kubevirt.io/default-"
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_TRACKING: Final = "argocd.argoproj.io/tracking-id"
_FLUX: Final = ("kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace")


def label(key: str, value: str) -> str | None:
    """Check a label."""
    if wrong := _owned(key) or names.label_key(key):
        return wrong
    wrong = names.label_value(value)
    return f"has a value that {wrong}" if wrong else None


def annotation(key: str, value: str) -> str | None:
    """Check an annotation, whose value may be any text."""
    if wrong := _owned(key) or names.label_key(key):
        return wrong
    return f"has a value of more than {_LONGEST_ANNOTATION:,} characters" if len(value) > _LONGEST_ANNOTATION else None


CHECKS: Final = {LABELS: label, ANNOTATIONS: annotation}


def _owned(key: str) -> str | None:
    domain = f".{key.rpartition('/')[0]}"
    if domain.endswith(_OURS):
        return "is gitops-golden's own, which decides it"
    if key == IMMEDIATE_ANNOTATION:
        return "is decided by the setting immediateBinding"
    if domain.endswith(_CDI):
        return "is CDI's or gitops-golden's own, which decide it"
    if key.startswith(DEFAULTS):
        return "is decided by the settings preference and instancetype"
    return "is written by what applies manifests" if key in {_APPLIED, _TRACKING, *_FLUX} else None
