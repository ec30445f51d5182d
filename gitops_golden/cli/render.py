"""``render``: the manifests in a folder."""

from __future__ import annotations

import posixpath
import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitops_golden.cli.options import fleet_argument, output_option
from gitops_golden.cli.terminal import show, show_json, style
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import InputError, Location
from gitops_golden.registry.lockfile import LOCK_FILE
from gitops_golden.render.origins import origins
from gitops_golden.report.explanations import origins_json, origins_text
from gitops_golden.report.words import API_VERSION, counted

if TYPE_CHECKING:
    from gitops_golden.cli.wiring import Fleet
    from gitops_golden.render.origins import Origins
    from gitops_golden.render.tree import Tree


@click.command("render")
@fleet_argument
@click.option(
    "--to",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="An empty or new folder.",
)
@click.option("--explain", metavar="FILE", help="Tell what made a file, by its path in the tree; write only with --to.")
@output_option("table", "json")
def command(fleet: Path, to: Path | None, explain: str | None, output: str) -> None:
    """Write the manifests of every cluster to a folder, as `publish` would commit them, or explain one of them.

    The folder must be new or empty, so that nothing else is taken for a manifest. Exits 0, 1 if a guardrail denies what
    is planned, or 2 for wrong input.

    \b
    Examples:
      gitops-golden render --to /tmp/manifests
      gitops-golden render --explain clusters/edge-001/image-rhel9.yaml
      kubectl apply --server-side --dry-run=server -f /tmp/manifests/clusters/edge-001
    """
    if to is None and explain is None:
        raise InputError(
            "there is nothing to do", remedy="write manifests with --to DIR, or name one with --explain FILE"
        )
    opened = open_fleet(fleet)
    found = _explained(opened, explain) if explain is not None else None
    written = _written(opened.tree, to) if to is not None else None
    if output == "json":
        document = {"apiVersion": API_VERSION, "kind": "Rendering", "metadata": {"name": opened.policy.name}}
        show_json(document | {"written": written, "explained": origins_json(found) if found else None})
        return
    if written is not None:
        files, clusters = counted(written["files"], "file"), counted(written["clusters"], "cluster")
        show(f"{files} for {clusters} in {to}")
    if found is not None:
        show(origins_text(found, style()))


def _explained(opened: Fleet, file: str) -> Origins:
    """Return what made a file of the tree. Raises ``InputError``, with the nearest paths, if there is none."""
    path = posixpath.normpath(file)
    place, _, name = path.rpartition("/")
    folder = next((folder for at, folder in opened.tree.folders if at == place), None)
    if folder is None or name not in folder.names:
        raise InputError(f"the tree has no file {file!r}", remedy=_nearest(opened.tree, place, name))
    cluster = opened.policy.delivery.cluster(place)
    held = next(held for held in opened.plan.clusters if held.cluster.name == cluster)
    return origins(path, held, opened.policy, Location(str(opened.policy.folder / LOCK_FILE)))


def _nearest(tree: Tree, place: str, name: str) -> str:
    """Return an advice which files might be meant."""
    folders = dict(tree.folders)
    if not folders:
        return "it has no file at all"
    # One folder of ten thousand first: to compare with every path of a large fleet would take minutes.
    places = [place] if place in folders else get_close_matches(place, list(folders), n=1, cutoff=0)
    names = folders[places[0]].names
    close = get_close_matches(name, names, n=3) or list(names[:3])
    return f"the nearest are {', '.join(f'{places[0]}/{each}' for each in close)}"


def _written(tree: Tree, to: Path) -> dict[str, Any]:
    """Write a tree to a folder, and return how much that was."""
    if to.exists() and any(to.iterdir()):
        raise InputError(f"{to} is not empty", remedy="name a new folder")
    try:
        _write(tree, to)
    except OSError as error:
        raise InputError(f"{to} cannot be written: {error.strerror}", remedy="name another folder") from error
    files = sum(len(folder.files) for _, folder in tree.folders)
    return {"folder": str(to), "files": files, "clusters": len(tree.folders)}


def _write(tree: Tree, to: Path) -> None:
    """Write everything beside the folder, then put it in its place at once: nobody meets half of it. Raises OSError."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.absolute().parent) as scratch:
        draft = Path(scratch) / "draft"
        draft.mkdir()
        for path, content in tree:
            file = draft / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        draft.replace(to)
