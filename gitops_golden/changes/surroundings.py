"""What publishing would change beside deliveries: files of every other kind, each reduced to facts and compared.

A fact is what a person would say of the file: who may clone, where a pointer ends, which certificates are trusted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.changes.alike import alike
from gitops_golden.changes.differences import flat_fields, metadata_setting
from gitops_golden.render.cdi import DIGEST_ANNOTATION, FLEET_LABEL, volume_digits
from gitops_golden.render.manifests import metadata_of, read_documents
from gitops_golden.vendor.catalogue import ENABLE_ANNOTATION, named_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gitops_golden.changes.alike import State
    from gitops_golden.changes.differences import Field
    from gitops_golden.render.names import Kind

    Documents = tuple[dict[str, Any], ...]
    Facts = dict[str, object]

THERE: Final = "yes"
"""The value of a fact that is there or is not."""
POINTS_AT: Final = "points at"
IMPORT: Final = "vendor import"
KEPT: Final = "kept"
REMOVED: Final = "removed"
REPLACED: Final = "replaced"
LISTED: Final = "listed"
LIST: Final = "list of templates"
VENDOR_IMAGE: Final = "vendor image"
TEMPLATE: Final = "template"
SETTINGS: Final = "settings of"
_DIGITS: Final = 12
_PLACE: Final = MappingProxyType({"apiVersion": ("apiVersion",), "namespace": ("metadata", "namespace")})


class Act(StrEnum):
    """What becomes of a file."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True)
class Surrounding:
    """One change of one file on some clusters, with the facts that differ."""

    act: Act
    kind: Kind
    name: str
    clusters: tuple[str, ...]
    fields: tuple[Field, ...] = ()


def surroundings(states: Iterable[tuple[str, tuple[Kind, str], State, State]]) -> tuple[Surrounding, ...]:
    """Return the changes among (cluster, kind and name, file before, file after), sorted by kind and name."""
    found = [replace(change, clusters=clusters) for change, clusters in alike(states, _between).items()]
    return tuple(sorted(found, key=lambda change: (change.kind, change.name, change.act, change.clusters)))


def _between(file: tuple[Kind, str], before: State, after: State) -> tuple[Surrounding, ...]:
    kind, name = file
    old, new = _facts(kind, before), _facts(kind, after)
    if kind == "hyperconverged" and old and new:
        new = _with_left_out(old, new)
    if before is None or after is None:
        act = Act.ADD if before is None else Act.REMOVE
    else:
        # What cannot be read, or says nothing else, was edited by hand or comes from another template.
        act = Act.CHANGE if old is not None and new is not None and old != new else Act.REPAIR
    fields = () if act is Act.REPAIR else flat_fields(old or {}, new or {})
    return (Surrounding(act, kind, name, (), fields),)


def _facts(kind: Kind, content: State) -> Facts | None:
    """Return what a file says, or None if it cannot be read."""
    documents = read_documents(content) if content is not None else None
    return _READERS.get(kind, _objects)(documents) if documents else None


def _pointer(documents: Documents) -> Facts:
    pointer = documents[0]
    metadata = metadata_of(pointer)
    facts: Facts = {POINTS_AT: _at(pointer, "spec", "source", "dataSource", "name")}
    facts["namespace"] = _at(pointer, "metadata", "namespace")
    own = {key: value for key, value in metadata.labels.items() if key != FLEET_LABEL}
    facts |= {metadata_setting(f"labels.{key}"): value for key, value in own.items()}
    return facts | {metadata_setting(f"annotations.{key}"): value for key, value in metadata.annotations.items()}


def _consumers(documents: Documents) -> Facts:
    subjects = [subject for document in documents for subject in _maps(document.get("subjects"))]
    rules = [rule for document in documents for rule in _maps(document.get("rules"))]
    facts: Facts = {_subject(subject): THERE for subject in subjects}
    return facts | {"rights": _fingerprint(rules)}


def _subject(subject: Mapping[str, Any]) -> str:
    namespace = f"{subject['namespace']}/" if subject.get("namespace") else ""
    kind = str(subject.get("kind"))
    return f"{kind[:1].lower()}{kind[1:]} {namespace}{subject.get('name')}"


def _registry_ca(documents: Documents) -> Facts:
    data = _at(documents[0], "data")
    texts = "".join(str(text) for text in data.values()) if isinstance(data, dict) else ""
    blocks = [block for block in texts.split("-----BEGIN CERTIFICATE-----") if block.strip()]
    return {f"certificate {_fingerprint(block.split())}": THERE for block in blocks}


def _pull_secret(documents: Documents) -> Facts:
    secret = documents[0]
    reference = _at(secret, "spec", "data")
    keys = sorted({str(_at(item, "remoteRef", "key")) for item in _maps(reference)})
    return {
        "registry.pullSecret": _at(secret, "metadata", "name"),
        "registry.externalSecret.store": _at(secret, "spec", "secretStoreRef", "name"),
        "registry.externalSecret.storeKind": _at(secret, "spec", "secretStoreRef", "kind"),
        "registry.externalSecret.key": ", ".join(keys),
    }


def _hyper_converged(documents: Documents) -> Facts:
    """Return whether the vendor's images are imported, and what is said of single ones, by their DataSource."""
    spec = _at(documents[0], "spec")
    sources = _at(spec, "workloadSources")
    said = sources if isinstance(sources, dict) else spec if isinstance(spec, dict) else {}
    facts: Facts = {name: _at(documents[0], *path) for name, path in _PLACE.items()}
    imports = said.get("enableCommonBootImageImport")
    if isinstance(imports, bool):
        facts[IMPORT] = "on" if imports else "off"
    if "dataImportCronTemplates" in said:
        facts[LIST] = THERE
    for entry in _maps(said.get("dataImportCronTemplates")):
        for name, fate in _listed(entry):
            # An image that is replaced is switched off under the vendor's name, too.
            if fate != REMOVED or name not in facts:
                facts[name] = fate
    return facts


def _with_left_out(old: Facts, new: Facts) -> Facts:
    """Return facts with what HCO removes although it is listed no longer, for the vendor's import is off."""
    if new.get(IMPORT) != "off":
        return new
    return {name: REMOVED for name, fate in old.items() if fate in {KEPT, REMOVED}} | new


def _listed(entry: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    metadata, cron = metadata_of(entry), str(_at(entry, "metadata", "name"))
    vendors = named_by(cron)
    if vendors and metadata.annotations.get(ENABLE_ANNOTATION) == "false":
        yield f"{VENDOR_IMAGE} {vendors.name}", REMOVED
        return
    source = _at(entry, "spec", "managedDataSource")
    if FLEET_LABEL in metadata.labels:
        digest = metadata.annotations.get(DIGEST_ANNOTATION, "")
        yield f"{VENDOR_IMAGE} {source}", f"{REPLACED} by {volume_digits(digest) or 'the tag'}"
        yield f"{SETTINGS} {REPLACED} {source}", _fingerprint(_without_digest(entry))
    elif vendors:
        yield f"{VENDOR_IMAGE} {source}", KEPT
        yield f"{SETTINGS} {KEPT} {source}", _fingerprint(entry)
    else:
        yield f"{TEMPLATE} {cron}", f"{LISTED} ({_fingerprint(entry)})"


def _without_digest(entry: Mapping[str, Any]) -> dict[str, Any]:
    metadata = entry["metadata"]
    annotations = {key: value for key, value in metadata_of(entry).annotations.items() if key != DIGEST_ANNOTATION}
    return {**entry, "metadata": {**metadata, "annotations": annotations}}


def _objects(documents: Documents) -> Facts:
    """Return the objects of any file, each by its kind and name, with a fingerprint of what it says."""
    facts: Facts = {}
    for document in documents:
        name = _at(document, "metadata", "name")
        facts[f"{document.get('kind')} {name}"] = _fingerprint(document)
    return facts


_READERS: Final[Mapping[Kind, Callable[[Documents], Facts]]] = MappingProxyType(
    {
        "pointer": _pointer,
        "consumers": _consumers,
        "registry-ca": _registry_ca,
        "pull-secret": _pull_secret,
        "hyperconverged": _hyper_converged,
    }
)


def _fingerprint(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:_DIGITS]


def _maps(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _at(value: object, *path: str) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
