"""What a verification rests on: policy and lock as they were read, and the commits that their files come from."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_golden import __version__
from gitops_golden.git.provenance import provenance
from gitops_golden.registry.lock_text import dump_lock
from gitops_golden.registry.lockfile import LOCK_FILE
from gitops_golden.verify.model import Basis, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.policy.model import Policy
    from gitops_golden.registry.lock import Lock


def basis_of(policy: Policy, lock: Lock, branch: str, commit: str | None) -> Basis:
    """Return what a report on a fleet rests on; ``commit`` is the head of the clusters' ``branch``.

    The policy's hash is that of what ``sha256sum`` prints for all its files, named from its folder: inventories,
    certificates, schemas and templates among them. The lock's is that of the lock as this tool writes it.
    """
    locked = policy.folder / LOCK_FILE
    sums = "".join(sorted(f"{digest}  {_named(file, policy.folder)}\n" for file, digest in policy.files))
    return Basis(
        branch=branch,
        commit=commit,
        policy=_origin(sums.encode(), policy.folder, [Path(file) for file, _ in policy.files]),
        lock=_origin(dump_lock(lock), policy.folder, [locked]) if locked.exists() else None,
        version=__version__,
    )


def _named(file: str, folder: Path) -> str:
    """Return a file's name from the policy's folder, wherever the command was run."""
    path = Path(file)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name


def _origin(content: bytes, folder: Path, files: Sequence[Path]) -> Origin:
    found = provenance(folder, files)
    return Origin(sha256(content).hexdigest(), found.commit if found else None, found.modified if found else False)
