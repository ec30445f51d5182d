"""Fleets of any size as text on disk: 20 images in three classes of clusters, so 60 distinct variants."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from gitops_golden.registry.lock import ALL, Lock, LockedImage, LockedRelease
from gitops_golden.registry.lockfile import write_lock
from gitops_golden.registry.release import PlatformImage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGES = tuple(f"image-{number:02}" for number in range(20))
CLASSES = ("core", "edge", "lab")

_POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata:
  name: bench
spec:
  registry:
    address: registry.bench.example:5000
    pullSecret: golden-registry
  delivery:
    engine: none
    branch: main
    path: clusters/{cluster}
  defaults:
    storage: {size: 30Gi}
  inventory: [inventory.yaml]
  placements:
    - {name: linux, images: {matchLabels: {os: linux}}, clusters: {}}
    - name: windows
      images: {matchLabels: {os: windows}}
      clusters: {matchExpressions: [{key: site, operator: In, values: [core, edge, lab]}]}
  overrides:
    - {name: edge, clusters: {matchLabels: {site: edge}}, set: {storage: {className: local-nvme}}}
    - {name: lab, clusters: {matchLabels: {site: lab}}, set: {keep: 1}}
  images:
"""


def write_fleet(
    folder: Path,
    clusters: int,
    *,
    own_labels: bool = False,
    own_sizes: bool = False,
    as_json: bool = False,
    bumped: bool = False,
) -> None:
    """Write policy, inventory and lock.

    ``own_labels`` gives every cluster a label that no other has, as hubs do; ``own_sizes`` volumes of a size that no
    other has, so that no manifest of an image is like another. ``bumped`` locks another digest of the first image.
    """
    folder.mkdir(parents=True)
    (folder / "fleet.yaml").write_text(_POLICY + "".join(map(_image, IMAGES)))
    inventory = "".join(_inventory(clusters, own_labels=own_labels, own_sizes=own_sizes))
    (folder / "inventory.yaml").write_text(_as_json(inventory) if as_json else inventory)
    write_lock(folder, Lock(tuple(_locked(image, bumped=bumped and image == IMAGES[0]) for image in IMAGES)))


def cluster_name(number: int) -> str:
    return f"cluster-{number:05}"


def class_of(number: int) -> str:
    return CLASSES[number % len(CLASSES)]


def _image(name: str) -> str:
    windows = IMAGES.index(name) % 4 == 0
    return (
        f"    - name: {name}\n"
        f"      labels: {{os: {'windows' if windows else 'linux'}}}\n"
        f"      repository: golden/{name}\n"
        '      tag: "1.0"\n'
        f"      preference: {'windows.2k22' if windows else 'rhel.9'}\n"
        "      instancetype: u1.medium\n"
    )


def _inventory(clusters: int, *, own_labels: bool, own_sizes: bool) -> Iterator[str]:
    yield "apiVersion: gitops-golden/v1alpha1\nkind: Inventory\nclusters:\n"
    for number in range(clusters):
        yield (
            f"  - name: {cluster_name(number)}\n    labels:\n"
            f"      env: {'prod' if number % 5 else 'staging'}\n"
            f"      region: region-{number % 12:02}\n"
            f"      site: {class_of(number)}\n"
        )
        if own_labels:
            yield f"      id: {_hash(f'cluster {number}')[:32]}\n"
        if own_sizes:
            yield f"    set:\n      storage:\n        size: {30 * 1024 + number}Mi\n"


def _as_json(text: str) -> str:
    return json.dumps(YAML(typ="safe", pure=False).load(text), indent=2)


def _locked(name: str, *, bumped: bool) -> LockedImage:
    digests = [f"sha256:{_hash(name)}"] + [f"sha256:{_hash(f'{name} again')}"] * bumped
    releases = (
        LockedRelease(
            digest,
            "1.0",
            f"2026-11-2{position}T10:00:00Z",
            "registry.bench.example:5000",
            1 << 30,
            (PlatformImage("linux/amd64", digest, 1 << 30),),
        )
        for position, digest in enumerate(digests)
    )
    return LockedImage(name, f"golden/{name}", tuple(releases), ((ALL, digests[-1]),))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
