"""Why a delivery has its values, and what made a file: as text for people and as JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gitops_golden.policy.model import Tracking
from gitops_golden.policy.schedules import hashed, slot_of, spread
from gitops_golden.report.tables import table
from gitops_golden.report.values import value_json, value_text
from gitops_golden.report.words import API_VERSION, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitops_golden.policy.settings import Resolved
    from gitops_golden.render.origins import Line, Origins, Used
    from gitops_golden.report.tables import Row, Style

BUILT_IN = "built in"


def explanations_json(fleet: str, cluster: str, traces: Mapping[str, Sequence[Resolved]]) -> dict[str, Any]:
    """Return the settings of some images on a cluster, with where they come from, as JSON."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Explanation",
        "metadata": {"name": fleet},
        "deliveries": [
            {"cluster": cluster, "image": image, "settings": _settings_json(cluster, resolved)}
            for image, resolved in traces.items()
        ],
    }


def explanation_text(cluster: str, image: str, resolved: Sequence[Resolved], style: Style) -> str:
    """Return every setting of one delivery, where it comes from and what it overrode."""
    return f"{image} on {cluster}\n\n{_settings_table(cluster, resolved, style)}"


def origins_json(found: Origins) -> dict[str, Any]:
    """Return what made a file, as JSON."""
    return {
        "path": found.path,
        "cluster": found.cluster,
        "templates": [{"name": used.name, "builtIn": used.file is None, "file": used.file} for used in found.templates],
        "lines": [
            {"what": line.what, "value": line.value, "at": str(line.where) if line.where else None}
            for line in found.lines
        ],
        "deliveries": [
            {"image": image, "settings": _settings_json(found.cluster, resolved)} for image, resolved in found.settings
        ],
    }


def origins_text(found: Origins, style: Style) -> str:
    """Return what made a file: its templates, then the policy's lines, then the settings of its images."""
    parts = [
        found.path,
        "\n".join(f"made by {_template(used)}" for used in found.templates),
        _lines_table(found.lines, style),
        *(explanation_text(found.cluster, image, resolved, style) for image, resolved in found.settings if resolved),
    ]
    return "\n\n".join(part for part in parts if part)


def _template(used: Used) -> str:
    return f"{used.file} (yours)" if used.file else f"{used.name} ({BUILT_IN})"


def _lines_table(told: Iterable[Line], style: Style) -> str:
    rows: list[Row] = [(line.what, _said(line.value), str(line.where or "-")) for line in told]
    return table(("policy", "says", "at"), rows, style) if rows else ""


def _said(value: str) -> str:
    return short(value) if value.startswith("sha256:") else value


def _settings_table(cluster: str, resolved: Sequence[Resolved], style: Style) -> str:
    rows: list[Row] = []
    for setting in resolved:
        here = _here(setting, cluster)
        value = value_text(setting.value) + (f", here {here}" if here else "")
        rows.append((setting.path, value, setting.origin, str(setting.where or "-")))
        rows += [
            ("", f"instead of {value_text(earlier.value)}", earlier.origin, str(earlier.where or "-"))
            for earlier in setting.overrode
        ]
    return table(("setting", "value", "from", "at"), rows, style)


def _settings_json(cluster: str, resolved: Sequence[Resolved]) -> list[dict[str, Any]]:
    settings = []
    for setting in resolved:
        here = _here(setting, cluster)
        spelt = {"here": {"tracking": {"schedule": here}}} if here else {}
        overrode = [_origin(earlier) for earlier in setting.overrode]
        settings.append({**_origin(setting), **spelt, "overrode": overrode})
    return settings


def _here(setting: Resolved, cluster: str) -> str | None:
    """Return what a schedule with H comes to on a cluster; None for anything else."""
    value = setting.value
    if isinstance(value, Tracking) and hashed(value.schedule):
        return spread(value.schedule, slot_of(cluster))
    return None


def _origin(setting: Resolved) -> dict[str, Any]:
    return {
        "path": setting.path,
        "value": value_json(setting.value),
        "from": setting.origin,
        "at": str(setting.where) if setting.where else None,
    }
