"""Who last wrote a field, as the API server notes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.managed import LONGEST, Writer, written

PIN = ("metadata", "annotations", "cdi.kubevirt.io/storage.import.sourceDesiredDigest")


def entry(manager: str, hour: int, *path: str, operation: str = "Update") -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for step in reversed(path):
        fields = {f"f:{step}": fields}
    return {
        "manager": manager,
        "operation": operation,
        "time": f"2026-11-21T{hour:02}:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


def obj(*entries: Any) -> dict[str, Any]:
    return {"kind": "DataImportCron", "metadata": {"name": "c", "managedFields": list(entries)}}


def test_the_owner_of_a_field_wrote_it() -> None:
    found = obj(entry("argocd", 9, "spec"), entry("kubectl-edit", 10, *PIN))
    assert written(found, *PIN) == Writer("kubectl-edit", datetime(2026, 11, 21, 10, tzinfo=UTC))


def test_of_several_owners_the_latest_wrote_it() -> None:
    found = obj(entry("kubectl-edit", 10, *PIN), entry("argocd", 9, *PIN, operation="Apply"))
    writer = written(found, *PIN)
    assert writer
    assert writer.manager == "kubectl-edit"


def test_whoever_wrote_below_a_field_wrote_it() -> None:
    writer = written(obj(entry("argocd", 9, *PIN)), "metadata", "annotations")
    assert writer
    assert writer.manager == "argocd"


def test_nobody_wrote_what_nobody_owns() -> None:
    assert written(obj(entry("argocd", 9, "spec")), *PIN) is None
    assert written({"metadata": {"name": "c"}}, *PIN) is None


def test_a_time_that_is_none_makes_no_difference_to_who_it_was() -> None:
    assert written(obj(entry("x", 9, *PIN) | {"time": "yesterday"}), *PIN) == Writer("x", None)


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_stands_there_is_read_without_failing(value: Any) -> None:
    found = written(
        {"metadata": {"managedFields": [value, {"manager": "m" * 999, "fieldsV1": {"f:spec": value}}]}}, "spec"
    )
    assert found is None or len(found.manager) <= LONGEST
