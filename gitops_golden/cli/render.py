"""``render``: the manifests in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from gitops_golden.cli.options import fleet_argument
from gitops_golden.cli.terminal import show
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import InputError
from gitops_golden.report.words import counted


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
        for path, content in tree:
            file = to / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    except OSError as error:
        raise InputError(f"{to} cannot be written: {error.strerror}", remedy="name another folder") from error
    files = sum(len(folder.files) for _, folder in tree.folders)
    show(f"{counted(files, 'file')} for {counted(len(tree.folders), 'cluster')} in {to}")
