"""A planned delivery as guardrails see it: every setting resolved, in one published shape, without its cluster's name.

``policies/delivery.schema.json`` describes it. What is absent is null or empty, never missing, so that a schema may
name any property without asking first whether it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from gitops_golden.guardrails.amounts import bytes_of
from gitops_golden.guardrails.reads import pruned
from gitops_golden.render.cdi import cron_annotations, cron_labels, cron_name, cron_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitops_golden.plan.model import Variant
    from gitops_golden.policy.model import Image, Registry
    from gitops_golden.policy.settings import Kinded

    Cron = Mapping[str, Any]

API_VERSION: Final = "gitops-golden/v1alpha1"
KIND: Final = "Delivery"
Subject = TypeVar("Subject")


class Parts(Mapping[str, Any], Generic[Subject]):
    """A map whose values are made when they are first looked at: most guardrails look at one or two."""

    __slots__ = ("_made", "_makers", "_subject")

    def __init__(self, subject: Subject, makers: Mapping[str, Callable[[Subject], Any]]) -> None:
        self._subject = subject
        self._makers = makers
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name](self._subject)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


class Delivered(NamedTuple):
    """What a shape is made from. ``cron`` is what a template of the user's wrote, or None where it is as planned."""

    variant: Variant
    image: Image
    registry: Registry
    fleet: str
    cron: Cron | None


def planned_cron(variant: Variant, fleet: str) -> Cron:
    """Return name, labels, annotations and spec of a variant's DataImportCron as the built-in template writes it."""
    return Parts((variant, fleet), _CRON)


def delivery_view(variant: Variant, image: Image, registry: Registry, *, fleet: str, cron: Cron | None = None) -> Cron:
    """Return the shape of one delivery, each part made when it is looked at; ``cron`` is the planned one if None."""
    return Parts(Delivered(variant, image, registry, fleet, cron), _SHAPE)


def delivery_shape(
    variant: Variant, image: Image, registry: Registry, *, fleet: str, cron: Cron | None = None
) -> dict[str, Any]:
    """Return the shape of one delivery as plain maps and lists, as JSON has them."""
    shape: dict[str, Any] = pruned(delivery_view(variant, image, registry, fleet=fleet, cron=cron), None)
    return shape


def _kinded(kinded: Kinded | None) -> dict[str, str] | None:
    return {"name": kinded.name, "kind": kinded.kind} if kinded else None


def _update(delivered: Delivered) -> str | dict[str, Any]:
    update = delivered.variant.settings.update
    return {"tracking": {"schedule": update.schedule}} if update else "pinned"


def _storage(delivered: Delivered) -> dict[str, Any]:
    settings = delivered.variant.settings
    return {
        "size": settings.size,
        "bytes": bytes_of(settings.size),
        "className": settings.storage_class,
        "accessModes": list(settings.access_modes),
        "volumeMode": settings.volume_mode,
    }


def _registry(delivered: Delivered) -> dict[str, Any]:
    variant = delivered.variant
    return {
        "address": delivered.registry.address,
        "mirror": variant.settings.mirror,
        "url": variant.source,
        "pullSecret": variant.pull_secret,
        "caConfigMap": variant.ca_config_map,
    }


def _metadata(delivered: Delivered) -> dict[str, dict[str, str]]:
    settings = delivered.variant.settings
    return {"labels": dict(settings.labels), "annotations": dict(settings.annotations)}


def _cron(delivered: Delivered) -> Cron:
    return planned_cron(delivered.variant, delivered.fleet) if delivered.cron is None else delivered.cron


_CRON: Final[Mapping[str, Callable[[tuple[Variant, str]], Any]]] = {
    "name": lambda planned: cron_name(planned[0]),
    "labels": lambda planned: cron_labels(*planned),
    "annotations": lambda planned: cron_annotations(planned[0]),
    "spec": lambda planned: cron_spec(planned[0]),
}
_SHAPE: Final[Mapping[str, Callable[[Delivered], Any]]] = {
    "apiVersion": lambda _: API_VERSION,
    "kind": lambda _: KIND,
    "image": lambda delivered: delivered.variant.image,
    "labels": lambda delivered: dict(delivered.image.labels),
    "repository": lambda delivered: delivered.image.repository,
    "tag": lambda delivered: delivered.variant.tag,
    "digest": lambda delivered: delivered.variant.digest,
    "dataSource": lambda delivered: delivered.variant.data_source,
    "architecture": lambda delivered: delivered.variant.architecture,
    "registry": _registry,
    "namespace": lambda delivered: delivered.variant.settings.namespace,
    "update": _update,
    "keep": lambda delivered: delivered.variant.settings.keep,
    "storage": _storage,
    "pullMethod": lambda delivered: delivered.variant.settings.pull_method,
    "garbageCollect": lambda delivered: delivered.variant.settings.garbage_collect,
    "retention": lambda delivered: delivered.variant.settings.retention,
    "immediateBinding": lambda delivered: delivered.variant.settings.immediate_binding,
    "preference": lambda delivered: _kinded(delivered.variant.settings.preference),
    "instancetype": lambda delivered: _kinded(delivered.variant.settings.instancetype),
    "metadata": _metadata,
    "restarts": lambda delivered: delivered.variant.restarts,
    "attempts": lambda delivered: delivered.variant.attempts,
    "cron": _cron,
}
