"""What CDI keeps, as a verdict reads it: crons, DataSources and DataVolumes; what they are stored in is storage_views'.

A cluster may hold anything: whatever has the wrong shape reads as absent, so that judging it never fails. CDI's words
are kept as they are; what they prove is not decided here. Fields are read when asked for: most verdicts need few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gitops_golden.fleet.shapes import count, instant, items, mapping, text, texts
from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class View:
    """An object as it was served."""

    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Condition(View):
    """One entry of ``status.conditions``."""

    @property
    def status(self) -> str:
        """``True``, ``False`` or ``Unknown``."""
        return text(self.raw, "status")

    @property
    def reason(self) -> str:
        """CDI's word for why."""
        return text(self.raw, "reason")

    @property
    def message(self) -> str:
        """CDI's sentence, which may quote an importer's."""
        return text(self.raw, "message")

    @property
    def since(self) -> datetime | None:
        """Its last transition."""
        return instant(self.raw, "lastTransitionTime")


@dataclass(frozen=True, slots=True)
class Meta(View):
    """An object's metadata; ``raw`` is the whole object."""

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return text(self.raw, "metadata", "namespace")

    @property
    def name(self) -> str:
        """Its name."""
        return text(self.raw, "metadata", "name")

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return texts(self.raw, "metadata", "labels")

    @property
    def annotations(self) -> Mapping[str, str]:
        """Its annotations."""
        return texts(self.raw, "metadata", "annotations")

    @property
    def created(self) -> datetime | None:
        """When it was made."""
        return instant(self.raw, "metadata", "creationTimestamp")

    @property
    def deleting(self) -> bool:
        """Whether its deletion has been asked for and something still holds it."""
        return bool(text(self.raw, "metadata", "deletionTimestamp"))

    @property
    def deleting_since(self) -> datetime | None:
        """When its deletion was asked for."""
        return instant(self.raw, "metadata", "deletionTimestamp")

    @property
    def owner(self) -> str:
        """The DataImportCron that CDI's label names; empty without one."""
        return text(self.raw, "metadata", "labels", OWNER_LABEL)


@dataclass(frozen=True, slots=True)
class CdiView(View):
    """An object with metadata and conditions."""

    @property
    def meta(self) -> Meta:
        """Its metadata."""
        return Meta(self.raw)

    def condition(self, type_: str) -> Condition | None:
        """Return the condition of this type."""
        return next((Condition(each) for each in items(self.raw, "status", "conditions") if _is_of(each, type_)), None)


@dataclass(frozen=True, slots=True)
class CurrentImport:
    """``status.currentImports[0]``: the digest CDI last acted on and the volume that it made for it."""

    digest: str
    data_volume: str


@dataclass(frozen=True, slots=True)
class CronView(CdiView):
    """A DataImportCron."""

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its spec, with what the API server added on creation."""
        return mapping(self.raw, "spec")

    @property
    def current_import(self) -> CurrentImport | None:
        """What CDI imports or has imported; None before the first import and after one that failed."""
        current = items(self.raw, "status", "currentImports")
        if not current:
            return None
        # The keys really start with capitals: CDI's type has no JSON names for them.
        digest, data_volume = text(current[0], "Digest"), text(current[0], "DataVolumeName")
        return CurrentImport(digest, data_volume) if digest or data_volume else None

    @property
    def source_format(self) -> str:
        """``pvc`` or ``snapshot``, once an import has succeeded."""
        return text(self.raw, "status", "sourceFormat")

    @property
    def has_status(self) -> bool:
        """False where CDI never acted on it, as with a malformed digest or a tracking cron's name that is too long."""
        return bool(mapping(self.raw, "status"))

    @property
    def desired_digest(self) -> str:
        """The digest that the annotation pins; empty without one."""
        return text(self.raw, "metadata", "annotations", DIGEST_ANNOTATION)

    @property
    def managed_data_source(self) -> str:
        """The DataSource that this cron says it keeps."""
        return text(self.raw, "spec", "managedDataSource")

    @property
    def up_to_date(self) -> bool:
        """Whether CDI says so; it says so relative to what it saw last, which proves nothing alone."""
        condition = self.condition("UpToDate")
        return condition is not None and condition.status == "True"


@dataclass(frozen=True, slots=True)
class SourceReference:
    """What a DataSource points at."""

    kind: Literal["pvc", "snapshot", "dataSource"]
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class DataSourceView(CdiView):
    """A DataSource."""

    @property
    def sources(self) -> tuple[SourceReference, ...]:
        """What it points at: several may be."""
        return _references(mapping(self.raw, "spec", "source"))

    @property
    def resolved(self) -> tuple[SourceReference, ...]:
        """What CDI says that this leads to."""
        return _references(mapping(self.raw, "status", "source"))

    @property
    def source(self) -> SourceReference | None:
        """What it points at; ``None`` if that is nothing or more than one thing."""
        sources = self.sources
        return sources[0] if len(sources) == 1 else None

    @property
    def ready(self) -> bool:
        """Whether CDI says that it can be cloned."""
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"


@dataclass(frozen=True, slots=True)
class DataVolumeView(CdiView):
    """A DataVolume: an import on its way or, with claims, the record of one that succeeded."""

    @property
    def url(self) -> str:
        """What it is imported from."""
        return text(self.raw, "spec", "source", "registry", "url")

    @property
    def digest(self) -> str:
        """The digest that it imports; empty for another source."""
        return digest_in(self.url)

    @property
    def phase(self) -> str:
        """CDI's word for how far it is."""
        return text(self.raw, "status", "phase")

    @property
    def progress(self) -> str:
        """CDI's text, such as ``42.0%`` or ``N/A``."""
        return text(self.raw, "status", "progress")

    @property
    def restarts(self) -> int:
        """How often the importer's pod was restarted."""
        return count(self.raw, "status", "restartCount")

    @property
    def claim_name(self) -> str:
        """The claim that it fills, once there is one."""
        return text(self.raw, "status", "claimName")

    @property
    def storage_class(self) -> str:
        """The class that it asks for; empty for the cluster's default."""
        storage = text(self.raw, "spec", "storage", "storageClassName")
        return storage or text(self.raw, "spec", "pvc", "storageClassName")


def meta(obj: object) -> Meta:
    """Return the metadata of an object."""
    return Meta(mapping(obj))


def cron_view(obj: object) -> CronView:
    """Read a DataImportCron."""
    return CronView(mapping(obj))


def data_source_view(obj: object) -> DataSourceView:
    """Read a DataSource."""
    return DataSourceView(mapping(obj))


def data_volume_view(obj: object) -> DataVolumeView:
    """Read a DataVolume."""
    return DataVolumeView(mapping(obj))


def digest_in(reference: str) -> str:
    """Return the digest that a reference to an image ends with, empty where it has none."""
    _, at, digest = reference.rpartition("@")
    return digest if at else ""


def _is_of(condition: object, type_: str) -> bool:
    return text(condition, "type") == type_


def _references(source: Mapping[str, Any]) -> tuple[SourceReference, ...]:
    kinds: tuple[Literal["pvc", "snapshot", "dataSource"], ...] = ("pvc", "snapshot", "dataSource")
    return tuple(
        SourceReference(kind, text(source, kind, "namespace"), text(source, kind, "name"))
        for kind in kinds
        if kind in source and mapping(source, kind)
    )
