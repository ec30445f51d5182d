"""What needs the product and runs in a process of its own: preparing a fleet, and publishing with a clock inside."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2

from gitops_golden.cli.main import main as gitops_golden
from gitops_golden.cli.wiring import open_fleet
from tests.benchmarks.clock import timed
from tests.benchmarks.fleets import CLASSES, IMAGES, class_of, cluster_name, write_fleet
from tests.benchmarks.kapitan_project import require_same_objects, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.render.tree import Tree


def prepare(folder: Path, clusters: int) -> None:
    """Write a fleet, the same with one digest bumped and with own labels, and what the references start from."""
    write_fleet(folder / "fleet", clusters)
    write_fleet(folder / "bumped", clusters, bumped=True)
    write_fleet(folder / "labelled", clusters, own_labels=True)
    write_fleet(folder / "json", clusters, as_json=True)
    tree = open_fleet(folder / "fleet").tree
    _require_size(tree, clusters, len(IMAGES) * len(CLASSES))
    write_project(folder / "kapitan", clusters, tree)
    rendered = {
        "folders": {
            class_of(number): {file.name: file.content.decode() for file in tree.folders[number][1].files}
            for number in range(len(CLASSES))
        },
        "clusters": {cluster_name(number): class_of(number) for number in range(clusters)},
    }
    (folder / "rendered.json").write_text(json.dumps(rendered))
    _write_stream(folder, tree)


def prepare_distinct(folder: Path, clusters: int) -> None:
    """Write a fleet in which no two clusters have an image's manifests alike, the same bumped, and the stream of it."""
    write_fleet(folder / "fleet", clusters, own_sizes=True)
    write_fleet(folder / "bumped", clusters, own_sizes=True, bumped=True)
    tree = open_fleet(folder / "fleet").tree
    _require_size(tree, clusters, len(IMAGES) * clusters)
    _write_stream(folder, tree)


def compare(folder: Path, step: int) -> None:
    """Make sure that Kapitan compiled what we render, looking into each ``step``-th cluster."""
    require_same_objects(folder / "kapitan", open_fleet(folder / "fleet").tree, step)


def _write_stream(folder: Path, tree: Tree) -> None:
    with (folder / "stream").open("wb") as stream:
        stream.writelines(_stream(tree))


def _require_size(tree: Tree, clusters: int, distinct: int) -> None:
    """Make sure that the fleet is as large, and as varied, as the report says: what has no image comes on top."""
    files = [file for _, held in tree.folders for file in held.files if file.name.startswith("image-")]
    assert len(tree.folders) == clusters
    assert len(files) == clusters * len(IMAGES)
    assert len(set(files)) == distinct


def _stream(tree: Tree) -> Iterator[bytes]:
    """Yield the tree as an exporter writes it for git fast-import: each distinct blob once, then every path."""
    marks: dict[bytes, int] = {}
    for _, content in tree:
        if content not in marks:
            marks[content] = len(marks) + 1
            yield b"blob\nmark :%d\ndata %d\n%b\n" % (marks[content], len(content), content)
    yield b"commit refs/heads/main\ncommitter bench <bench@localhost> 1780000000 +0000\ndata 7\npublish\n"
    for path, content in tree:
        yield f"M 100644 :{marks[content]} {path}\n".encode()


def publish(fleet: Path, repository: str) -> None:
    """Publish with a clock inside, after a fleet of one was published so that everything is imported."""
    with tempfile.TemporaryDirectory() as scratch:
        write_fleet(Path(scratch, "fleet"), 1)
        pygit2.init_repository(f"{scratch}/git", bare=True)
        _publish(Path(scratch, "fleet"), f"{scratch}/git")
    with timed():
        _publish(fleet, repository)


def _publish(fleet: Path, repository: str) -> None:
    try:
        gitops_golden(["publish", str(fleet), "--repo", repository])
    except SystemExit as ended:
        if ended.code:
            raise


def main(verb: str, folder: str, argument: str) -> None:
    match verb:
        case "prepare":
            prepare(Path(folder), int(argument))
        case "prepare-distinct":
            prepare_distinct(Path(folder), int(argument))
        case "compare":
            compare(Path(folder), int(argument))
        case _:
            publish(Path(folder), argument)


if __name__ == "__main__":
    main(*sys.argv[1:])
