from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.documents import as_data, parse_one
from gitops_golden.render.rows import rows
from tests.builders import built_in_templates

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALAR = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXT
DATA = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


@given(st.dictionaries(TEXT.filter(bool), DATA, min_size=1, max_size=4))
def test_whatever_is_said_to_a_hyper_converged_reads_back_as_it_was(spec: dict[str, Any]) -> None:
    values = {"api_version": "v", "name": "n", "namespace": "s", "rows": rows(spec)}
    text = built_in_templates().render("hyperconverged.yaml.j2", values)
    assert as_data(parse_one(text.encode(), "f"))["spec"] == spec
