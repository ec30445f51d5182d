"""docs/drift.md lists exactly the kinds of drift that there are, and the schema names them all."""

from __future__ import annotations

import json

from gitops_golden.drift.model import What
from gitops_golden.resources import shipped
from tests import manual


def test_the_manual_lists_exactly_the_kinds_of_drift_of_the_code() -> None:
    words = manual.table_words((manual.DOCS / "drift.md").read_text(encoding="utf-8"), "What")
    assert sorted(words) == sorted(what.value for what in What)


def test_the_schema_names_exactly_the_kinds_of_drift_of_the_code() -> None:
    schema = json.loads((shipped("policies") / "drift.schema.json").read_text(encoding="utf-8"))
    assert schema["$defs"]["what"]["enum"] == [what.value for what in What]
