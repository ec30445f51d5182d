"""Who last wrote a field of an object: what the API server notes in ``metadata.managedFields``.

The API server keeps an entry for each manager and operation, with the fields it owns and when it last changed them
(Kubernetes documentation, Server-Side Apply). A field that nobody owns was written before that was kept, or by no
manager that still owns it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.fleet.shapes import instant, items, mapping, text

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = 128
"""Characters of a manager's name that the API server takes."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A manager of fields, such as ``kubectl-edit``, and when (UTC) it last changed any of those it owns."""

    manager: str
    when: datetime | None


def written(obj: object, *path: str) -> Writer | None:
    """Return who last wrote the field at ``path`` (``"metadata", "labels", "a.example/b"``), or anything below it.

    None where the object does not tell, as in an observation without managed fields.
    """
    owners = [
        Writer(text(entry, "manager")[:LONGEST], instant(entry, "time"))
        for entry in items(obj, "metadata", "managedFields")
        if _owns(mapping(entry, "fieldsV1"), path)
    ]
    dated = [(owner.when, place) for place, owner in enumerate(owners) if owner.when]
    if dated:
        return owners[max(dated)[1]]
    return owners[0] if owners else None


def _owns(fields: Mapping[str, object], path: tuple[str, ...]) -> bool:
    found: object = fields
    for step in path:
        found = found.get(f"f:{step}") if isinstance(found, Mapping) else None
    return isinstance(found, Mapping)
