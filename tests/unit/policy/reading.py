"""Policies written for a test and read again: a head that is always there, and what the test adds to it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputErrors
from gitops_golden.policy.load import load

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.policy.model import Layer, Policy

HEAD = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {name: acme}
spec:
  registry: {address: "registry.example:5000"}
"""


def document(kind: str, name: str, spec: str) -> str:
    return f"---\napiVersion: gitops-golden/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


RHEL = document("Image", "rhel9", "{repository: golden/rhel9, tag: '9.6', labels: {os: linux}}")
EDGE = document("Cluster", "edge", "{labels: {site: edge}}")


def write(folder: Path, **files: str) -> Path:
    """Write files into a folder and return it; ``a__b_yaml`` stands for ``a/b.yaml``."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, spec: str = "", registry: str = "", **files: str) -> Policy:
    """Return the policy whose ``spec`` has these lines, and whose ``registry`` these fields, beside the head's."""
    return load(write(folder, fleet_yaml=_fleet(spec, registry), **files) / "fleet.yaml").policy


def refused(folder: Path, spec: str = "", registry: str = "", **files: str) -> list[str]:
    """Return what is said of such a policy, with places as they are in its folder; ``spec`` begins in line 6."""
    return wrong(write(folder, fleet_yaml=_fleet(spec, registry), **files) / "fleet.yaml")


def wrong(fleet: Path) -> list[str]:
    """Return what is said of a policy that is refused."""
    with pytest.raises(InputErrors) as caught:
        load(fleet)
    folder = fleet if fleet.is_dir() else fleet.parent
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def leaves(layer: Layer) -> dict[str, object]:
    """Return what a layer sets, by path."""
    return {setting.path: setting.value for setting in layer}


def _fleet(spec: str, registry: str) -> str:
    head = HEAD.replace('5000"', f'5000", {registry}') if registry else HEAD
    return head + textwrap.indent(f"{spec.strip()}\n", "  ")
