"""The page on reports shows what the code writes, and the page on monitoring what the rules and metrics are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.report.attestation import as_statement
from gitops_golden.report.junit import as_junit
from gitops_golden.report.markdown import as_markdown
from gitops_golden.report.prometheus import as_prometheus
from gitops_golden.report.sarif import as_sarif
from gitops_golden.report.tables import Style
from gitops_golden.report.verification import as_text
from gitops_golden.report.verification_json import as_json
from gitops_golden.resources import shipped
from tests import manual
from tests.reports import report_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGE = manual.DOCS / "reports.md"
MONITOR = manual.DOCS / "howto" / "monitor.md"
RULES = manual.DOCS / "monitoring" / "gitops-golden.rules.yaml"
REPORT = report_of(3, 2)
FENCE = "````"
"""Longer than those in a report."""


PATHS = {
    "basis": "basis.",
    "origin": "basis.policy.",
    "delivery": "deliveries[].",
    "image": "images[].",
    "cluster": "clusters[].",
}
"""Where the schema's definitions stand in a report."""


def fenced(language: str, text: str) -> str:
    return f"{FENCE}{language}\n{text.rstrip()}\n{FENCE}\n"


def table() -> str:
    return fenced("text", as_text(REPORT, Style(width=118, plain=False), wide=False))


def outline() -> str:
    """Return the JSON with one entry of each list: the first that has a finding."""
    report = as_json(REPORT)
    lists = {
        name: [next(each for each in report[name] if "reason" in each)] for name in ("deliveries", "images", "clusters")
    }
    return fenced("json", json.dumps(report | lists, indent=1))


def fields() -> str:
    """Return what the schema says of each field that it says something of; a finding's fields once."""
    schema = json.loads((shipped("policies") / "report.schema.json").read_text(encoding="utf-8"))
    definitions: dict[str, Any] = schema["$defs"]
    finding = definitions["whole"]["dependentRequired"]
    rows = _rows("", schema["properties"], definitions)
    for name, path in PATHS.items():
        own = {field: node for field, node in definitions[name]["properties"].items() if field not in finding}
        rows += _rows(path, own, definitions)
    rows += _rows("….", {field: definitions[field] for field in finding}, definitions)
    return "\n".join(["| Field | Meaning |", "| --- | --- |", *rows]) + "\n"


def _rows(path: str, properties: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, node in properties.items():
        target = node.get("$ref", "").rpartition("/")[2]
        told = node.get("description") or definitions.get(target, {}).get("description")
        if told:
            rows.append(f"| `{path}{name}` | {told.replace('<', '&lt;')} |")
    return rows


def located() -> str:
    """Return one result of SARIF."""
    run = json.loads(as_sarif(REPORT))["runs"][0]
    return fenced("json", json.dumps(next(each for each in run["results"] if "Crashing" in each["ruleId"]), indent=1))


def metrics() -> str:
    return fenced("text", "\n".join(line for line in as_prometheus(REPORT).splitlines() if not line.startswith("#")))


def statement() -> str:
    whole = json.loads(as_statement(REPORT))
    summary = {"kind": whole["predicate"]["kind"], "summary": whole["predicate"]["summary"]}
    return fenced("json", json.dumps(whole | {"predicate": summary}, indent=1))


@pytest.mark.parametrize(
    ("block", "generated"),
    [
        ("table", table),
        ("json", outline),
        ("fields", fields),
        ("markdown", lambda: fenced("markdown", as_markdown(REPORT))),
        ("junit", lambda: fenced("xml", as_junit(REPORT))),
        ("sarif", located),
        ("prometheus", metrics),
        ("statement", statement),
    ],
)
def test_the_page_shows_what_is_written(block: str, generated: Callable[[], str], *, update_golden: bool) -> None:
    if update_golden:
        PAGE.write_text(manual.with_block(PAGE.read_text(encoding="utf-8"), block, generated()), encoding="utf-8")
    assert manual.block(PAGE.read_text(encoding="utf-8"), block) == generated()


def test_the_page_on_monitoring_lists_every_metric() -> None:
    silent = report_of(12, 4)
    written = set(re.findall(r"^# HELP (\S+)", as_prometheus(silent), re.MULTILINE))
    assert set(manual.table_words(MONITOR.read_text(encoding="utf-8"), "Metric")) == written


def test_the_page_on_monitoring_lists_every_alert() -> None:
    alerts = re.findall(r"- alert: (\S+)", RULES.read_text(encoding="utf-8"))
    assert manual.table_words(MONITOR.read_text(encoding="utf-8"), "Alert") == tuple(alerts)
