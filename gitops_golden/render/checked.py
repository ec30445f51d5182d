"""What users' templates wrote, held to what Kubernetes takes before anything of it is published."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gitops_golden.errors import InputError, InputErrors, Location

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitops_golden.render.kinds import Kinds
    from gitops_golden.render.tree import File

Identity = tuple[str, str, str, str]


@dataclass(slots=True)
class Checked:
    """Checks files, each distinct content once."""

    kinds: Kinds
    _identities: dict[bytes, tuple[Identity, ...]] = field(default_factory=dict)

    def file(self, file: File, made_by: str) -> None:
        """Raise ``InputErrors`` if a file's objects are not what their kinds allow, located at what made it."""
        try:
            self._of(file)
        except InputErrors as error:
            told = (
                replace(each, what=f"{each.where}: {each.what}", where=Location(made_by)) for each in error.problems
            )
            raise InputErrors(told) from error

    def together(self, files: Iterable[File]) -> None:
        """Raise ``InputError`` if two files of one cluster hold the same object."""
        taken: dict[Identity, str] = {}
        for file in files:
            for identity in self._of(file):
                first = taken.setdefault(identity, file.name)
                if first != file.name:
                    _, kind, namespace, name = identity
                    what = f"{kind} {name} of namespace {namespace or '-'} is in {first}, too"
                    raise InputError(what, where=Location(file.name), remedy="give it another name in one template")

    def _of(self, file: File) -> tuple[Identity, ...]:
        if file.content not in self._identities:
            items = self.kinds.check_manifests(file.content, file.name)
            self._identities[file.content] = tuple(map(_identity, items))
        return self._identities[file.content]


def _identity(item: dict[str, Any]) -> Identity:
    group = item["apiVersion"].rpartition("/")[0]
    metadata = item["metadata"]
    return group, item["kind"], metadata.get("namespace", ""), metadata["name"]
