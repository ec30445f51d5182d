"""A plan and an explanation as text for people and as JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.policy.model import Tracking
from gitops_golden.report.tables import table
from gitops_golden.report.words import API_VERSION, counted, listed, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.plan.model import Plan, Variant
    from gitops_golden.policy.settings import Resolved
    from gitops_golden.report.tables import Row, Style


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return every delivery of a plan as JSON."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Plan",
        "metadata": {"name": plan.fleet},
        "deliveries": [
            {"cluster": delivery.cluster, **variant_json(delivery.variant)} for delivery in plan.deliveries()
        ],
    }


def variant_json(variant: Variant) -> dict[str, Any]:
    """Return one variant as JSON: what a delivery says but for its cluster."""
    settings = variant.settings
    guests = (("preference", settings.preference), ("instancetype", settings.instancetype))
    return {
        "image": variant.image,
        "source": variant.source,
        "tag": variant.tag,
        "digest": variant.digest,
        "namespace": settings.namespace,
        "update": {"tracking": {"schedule": settings.update.schedule}} if settings.update else "pinned",
        "keep": settings.keep,
        "storage": {"size": settings.size, "className": settings.storage_class},
        **{name: {"name": guest.name, "kind": guest.kind} for name, guest in guests if guest},
        "restarts": variant.restarts,
        "attempts": variant.attempts,
    }


def plan_text(plan: Plan, style: Style, *, wide: bool) -> str:
    """Return a plan for a person: a row per distinct variant or, if ``wide``, per delivery."""
    if wide:
        columns: tuple[str, ...] = ("image", "release", "namespace", "storage", "keep", "cluster")
        rows: list[Row] = [(*_facts(delivery.variant), delivery.cluster) for delivery in plan.deliveries()]
    else:
        columns = ("image", "release", "namespace", "storage", "keep", "n", "clusters")
        rows = [(*_facts(variant), f"{len(names):,}", listed(names)) for variant, names in _holders(plan)]
    total = counted(plan.size, "delivery", "deliveries")
    variants = counted(len({variant for held in plan.distinct() for variant in held}), "distinct variant")
    headline = f"{plan.fleet}: {total} on {counted(len(plan.clusters), 'cluster')}, {variants}"
    return f"{table(columns, rows, style)}\n\n{headline}" if rows else headline


def _holders(plan: Plan) -> list[tuple[Variant, list[str]]]:
    """Return each distinct variant with the clusters that hold it, most first."""
    holders: dict[Variant, list[str]] = {}
    for delivery in plan.deliveries():
        holders.setdefault(delivery.variant, []).append(delivery.cluster)
    return sorted(holders.items(), key=lambda item: (item[0].image, -len(item[1]), item[1]))


def _facts(variant: Variant) -> tuple[str, ...]:
    settings = variant.settings
    pinned = short(variant.digest) if variant.digest else "not locked"
    return (
        variant.image,
        f"{variant.tag} polled {settings.update.schedule}" if settings.update else f"{variant.tag} {pinned}",
        settings.namespace,
        f"{settings.size} {settings.storage_class or ''}".rstrip(),
        str(settings.keep),
    )


def explanation_text(delivery: str, resolved: Sequence[Resolved], style: Style) -> str:
    """Return every setting of one delivery, where it comes from and what it overrode."""
    rows: list[Row] = []
    for setting in resolved:
        rows.append((setting.path, value_text(setting.value), setting.origin, str(setting.where or "-")))
        rows += [
            ("", f"instead of {value_text(earlier.value)}", earlier.origin, str(earlier.where or "-"))
            for earlier in setting.overrode
        ]
    return f"{delivery}\n\n{table(('setting', 'value', 'from', 'at'), rows, style)}"


def explanation_json(cluster: str, image: str, resolved: Sequence[Resolved]) -> dict[str, Any]:
    """Return one delivery's settings with where they come from, as JSON."""
    return {
        "cluster": cluster,
        "image": image,
        "settings": [
            {**_origin(setting), "overrode": [_origin(earlier) for earlier in setting.overrode]} for setting in resolved
        ],
    }


def _origin(setting: Resolved) -> dict[str, Any]:
    value = setting.value
    return {
        "path": setting.path,
        "value": {"tracking": {"schedule": value.schedule}} if isinstance(value, Tracking) else value,
        "from": setting.origin,
        "at": str(setting.where) if setting.where else None,
    }


def value_text(value: object) -> str:
    """Return a setting's value as a person writes it."""
    if isinstance(value, Tracking):
        return f"tracking {value.schedule}"
    return "(none)" if value is None else str(value)
