"""A policy that is right, and what makes wrong ones of it: one thing changed, so that nothing else is the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata:
  name: acme
spec:
  registry:
    address: registry.acme.example:5000
    layout: ./registry
    plainHTTP: false
    pullSecret: golden-registry
  delivery:
    engine: none
    branch: main
    path: clusters/{cluster}
  defaults:
    namespace: golden-images
    update: pinned
    keep: 3
    storage: {size: 30Gi}
  images:
    - name: rhel9
      labels: {os: linux}
      repository: golden/rhel9
      tag: "9.6"
      preference: rhel.9
      instancetype: {name: u1.medium}
    - name: win2k22
      repository: golden/win2k22
      tag: latest
      update: {tracking: {schedule: "0 2 * * *"}}
  inventory: [inventory/*.yaml]
  clusters:
    - name: edge-001
      context: admin@edge-001
      labels: {env: prod, site: edge}
      architecture: amd64
      set: {storage: {className: local-nvme}}
  placements:
    - name: linux-everywhere
      images: {matchLabels: {os: linux}}
      clusters: {matchExpressions: [{key: env, operator: In, values: [prod, staging]}]}
  overrides:
    - name: edge keeps less
      images: [rhel9]
      clusters: {matchLabels: {site: edge}}
      set: {keep: 1}
"""
INVENTORY = """\
apiVersion: gitops-golden/v1alpha1
kind: Inventory
clusters:
  - name: core-001
    labels: {env: staging}
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link to a path relative to it."""

    target: str


@dataclass(frozen=True, slots=True)
class BadPolicy:
    """One wrong policy. ``files`` are relative to its folder; ``says`` is a pattern, ``at`` begins the place."""

    name: str
    files: tuple[tuple[str, bytes | Link], ...]
    says: str
    at: str


def write(bad: BadPolicy, folder: Path) -> None:
    """Put a policy's files into a folder."""
    for name, content in bad.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.target)
        else:
            path.write_bytes(content)


def bad(name: str, at: str, says: str, *, files: dict[str, bytes | Link] | None = None, fleet: bytes) -> BadPolicy:
    others = {"inventory/core.yaml": INVENTORY.encode(), **(files or {})}
    return BadPolicy(name, tuple({"fleet.yaml": fleet, **others}.items()), says, at)


def swap(name: str, old: str, new: str, at: str, says: str) -> BadPolicy:
    """``GOOD`` with one text replaced; ``at`` is a line of fleet.yaml, and a column if it matters."""
    assert GOOD.count(old) == 1, f"{name}: {old!r} stands {GOOD.count(old)} times"
    return bad(name, f"fleet.yaml:{at}", says, fleet=GOOD.replace(old, new).encode())


def inventory(name: str, text: str, at: str, says: str) -> BadPolicy:
    """``GOOD`` with another inventory file."""
    files: dict[str, bytes | Link] = {"inventory/core.yaml": text.encode()}
    return bad(name, f"inventory/core.yaml:{at}", says, files=files, fleet=GOOD.encode())


def raw(name: str, data: bytes, at: str, says: str) -> BadPolicy:
    return bad(name, f"fleet.yaml{at}", says, fleet=data)


def setting(name: str, text: str, column: int, says: str) -> BadPolicy:
    """``GOOD`` with a setting of defaults in place of ``keep``."""
    return swap(name, "keep: 3", text, f"18:{column}", says)


def spec(name: str, text: str, column: int, says: str, *, files: dict[str, bytes | Link] | None = None) -> BadPolicy:
    """``GOOD`` with one more line in its specification."""
    fleet = GOOD.replace("  inventory:", f"  {text}\n  inventory:").encode()
    return bad(name, f"fleet.yaml:31:{column}", says, files=files, fleet=fleet)
