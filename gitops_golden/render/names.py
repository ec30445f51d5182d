"""The names of the files in a cluster's folder: what kind of thing each holds, and of which name."""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["image", "pointer", "namespace", "consumers", "registry-ca", "pull-secret", "hyperconverged", "extra"]
KINDS: Final[tuple[Kind, ...]] = (
    *("image", "pointer", "namespace", "consumers"),
    *("registry-ca", "pull-secret", "hyperconverged", "extra"),
)
CRON_TEMPLATE: Final = "cron.yaml.j2"
"""What writes DataImportCrons, built in or the user's."""
_SUFFIX: Final = ".yaml"


def file_name(kind: Kind, name: str = "") -> str:
    """Return the name of a file; that of the one HyperConverged has no name in it."""
    return f"{kind}-{name}{_SUFFIX}" if name else f"{kind}{_SUFFIX}"


def parse(path: str) -> tuple[Kind, str] | None:
    """Return what a file of the tree holds, or None for one whose name none of ours has."""
    file = path.rpartition("/")[2]
    if not file.endswith(_SUFFIX):
        return None
    stem = file.removesuffix(_SUFFIX)
    for kind in KINDS:
        if stem == kind or stem.startswith(f"{kind}-"):
            return kind, stem[len(kind) + 1 :]
    return None


def data_source_of(path: str) -> str | None:
    """Return the DataSource whose delivery a file of the tree holds, or None for another kind of file."""
    found = parse(path)
    return found[1] if found and found[0] == "image" else None
