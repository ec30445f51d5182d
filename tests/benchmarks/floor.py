"""``python -m tests.benchmarks.floor FOLDER REPOSITORY``: the least that must be done between text and commit.

Reads the text with a YAML event parser written in C and forgets what it read; stores each distinct variant once,
through pygit2. It imports nothing of the product, so that its start is as short as it could be.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import FileMode
from ruamel.yaml import YAML

from tests.benchmarks.clock import timed

if TYPE_CHECKING:
    from collections.abc import Mapping

    Files = Mapping[str, str]


def main(folder: Path, location: str) -> None:
    """Do and time it; what is to be stored stands ready in ``rendered.json``."""
    rendered = json.loads((folder / "rendered.json").read_text())
    repository = pygit2.Repository(location)
    with timed():
        for source in ("fleet.yaml", "inventory.yaml", "fleet.lock.yaml"):
            read((folder / "fleet" / source).read_bytes())
        store(repository, rendered["folders"], rendered["clusters"])


def read(text: bytes) -> None:
    for _ in YAML(typ="safe", pure=False).parse(text):
        pass


def store(repository: pygit2.Repository, folders: Mapping[str, Files], clusters: Mapping[str, str]) -> None:
    """Store every folder once, and a commit in which each cluster has one of them."""
    stored = {}
    for name, files in folders.items():
        builder = repository.TreeBuilder()
        for file, text in files.items():
            builder.insert(file, repository.create_blob(text), FileMode.BLOB)
        stored[name] = builder.write()
    builder = repository.TreeBuilder()
    for cluster, name in clusters.items():
        builder.insert(cluster, stored[name], FileMode.TREE)
    top = repository.TreeBuilder()
    top.insert("clusters", builder.write(), FileMode.TREE)
    who = pygit2.Signature("bench", "bench@localhost", 1780000000, 0)
    repository.create_commit("refs/heads/main", who, who, "publish\n", top.write(), [])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
