"""``render``: the manifests in a folder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops_golden.cli.options import fleet_argument
from gitops_golden.cli.terminal import show
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import InputError
from gitops_golden.report.words import counted

if TYPE_CHECKING:
    from gitops_golden.render.tree import Tree


@click.command("render")
@fleet_argument
@click.option(
    "--to",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="An empty or new folder.",
)
def command(fleet: Path, to: Path) -> None:
    """Write the manifests of every cluster to a folder, as `publish` would commit them.

    The folder must be new or empty, so that nothing else is taken for a manifest. Exits 0, or 2 for wrong input.

    \b
    Examples:
      gitops-golden render --to /tmp/manifests
      kubectl apply --server-side --dry-run=server -f /tmp/manifests/clusters/edge-001
    """
    tree = open_fleet(fleet).tree
    if to.exists() and any(to.iterdir()):
        raise InputError(f"{to} is not empty", remedy="name a new folder")
    try:
        _write(tree, to)
    except OSError as error:
        raise InputError(f"{to} cannot be written: {error.strerror}", remedy="name another folder") from error
    files = sum(len(folder.files) for _, folder in tree.folders)
    show(f"{counted(files, 'file')} for {counted(len(tree.folders), 'cluster')} in {to}")


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
