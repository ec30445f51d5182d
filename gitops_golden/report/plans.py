"""A plan as text for people and as JSON for machines: who holds what, and how much storage that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.policy.settings import most_kept
from gitops_golden.report.beside_plans import beside_json, beside_text
from gitops_golden.report.storage import held, held_by_fleet
from gitops_golden.report.tables import table, wrapped
from gitops_golden.report.words import API_VERSION, counted, listed, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops_golden.plan.model import Plan, Variant
    from gitops_golden.report.tables import Row, Style


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON: every delivery, what stands beside them, and storage in bytes."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Plan",
        "metadata": {"name": plan.fleet},
        "storage": held_by_fleet(plan).json,
        "deliveries": [
            {"cluster": delivery.cluster, **variant_json(delivery.variant)} for delivery in plan.deliveries()
        ],
        **beside_json(plan),
    }


def variant_json(variant: Variant) -> dict[str, Any]:
    """Return one variant as JSON: what a delivery says but for its cluster."""
    settings = variant.settings
    guests = (("preference", settings.preference), ("instancetype", settings.instancetype))
    return {
        "image": variant.image,
        "dataSource": variant.data_source,
        "architecture": variant.architecture,
        "source": variant.source,
        "tag": variant.tag,
        "digest": variant.digest,
        "namespace": settings.namespace,
        "update": {"tracking": {"schedule": settings.update.schedule}} if settings.update else "pinned",
        "keep": settings.keep,
        "storage": {
            "size": settings.size,
            "className": settings.storage_class,
            "accessModes": list(settings.access_modes),
            "volumeMode": settings.volume_mode,
        },
        "pullMethod": settings.pull_method,
        "garbageCollect": settings.garbage_collect,
        "retention": settings.retention,
        "immediateBinding": settings.immediate_binding,
        "metadata": {"labels": dict(settings.labels), "annotations": dict(settings.annotations)},
        **{name: {"name": guest.name, "kind": guest.kind} for name, guest in guests if guest},
        "restarts": variant.restarts,
        "attempts": variant.attempts,
        "bytes": held(variant).json,
    }


def plan_text(plan: Plan, style: Style, *, wide: bool) -> str:
    """Return a plan for a person: a row per distinct variant or, if ``wide``, per delivery."""
    namespaces = {variant.settings.namespace for variant in plan.variants()}
    shown = ["image", "arch", "release", "namespace", "keeps", "storage"]
    if not any(variant.architecture for variant in plan.variants()):
        shown.remove("arch")
    if len(namespaces) == 1 and not wide:
        shown.remove("namespace")
    if wide:
        columns = (*shown, "cluster")
        rows: list[Row] = [(*_facts(delivery.variant, shown, 1), delivery.cluster) for delivery in plan.deliveries()]
    else:
        columns = (*shown, "n", "clusters")
        rows = [
            (*_facts(variant, shown, len(names)), f"{len(names):,}", listed(names)) for variant, names in _holders(plan)
        ]
    parts = (
        table(columns, rows, style) if rows else "",
        "\n".join(wrapped(line, style) for line in beside_text(plan)),
        wrapped(_headline(plan, namespaces), style),
    )
    return "\n\n".join(part for part in parts if part)


def _headline(plan: Plan, namespaces: set[str]) -> str:
    total = counted(plan.size, "delivery", "deliveries")
    variants = counted(len(plan.variants()), "distinct variant")
    inside = f" in {min(namespaces)}" if len(namespaces) == 1 else ""
    storage = f"; storage: {held_by_fleet(plan)}" if plan.size else ""
    return f"{plan.fleet}: {total} on {counted(len(plan.clusters), 'cluster')}{inside}, {variants}{storage}"


def _holders(plan: Plan) -> list[tuple[Variant, list[str]]]:
    """Return each distinct variant with the clusters that hold it, most first."""
    holders: dict[Variant, list[str]] = {}
    for delivery in plan.deliveries():
        holders.setdefault(delivery.variant, []).append(delivery.cluster)
    return sorted(holders.items(), key=lambda item: (item[0].data_source, -len(item[1]), item[1]))


def _facts(variant: Variant, shown: Sequence[str], clusters: int) -> tuple[str, ...]:
    settings = variant.settings
    pinned = short(variant.digest) if variant.digest else "not locked"
    many = most_kept(settings.keep, settings.garbage_collect) or "every"
    facts = {
        "image": variant.data_source,
        "arch": variant.architecture or "-",
        "release": f"{variant.tag} polled {settings.update.schedule}" if settings.update else f"{variant.tag} {pinned}",
        "namespace": settings.namespace,
        "keeps": f"{many} x {settings.size} {settings.storage_class or ''}".rstrip(),
        "storage": str(held(variant) * clusters),
    }
    return tuple(facts[column] for column in shown)
