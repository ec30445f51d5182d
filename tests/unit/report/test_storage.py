from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.quantities import canonical, in_bytes
from gitops_golden.report.storage import Amount, held, readable
from tests.builders import settings, variant


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (1023, "1,023"),
        (1024, "1Ki"),
        (30 * 1024**3, "30Gi"),
        (1200 * 1024**3, "1.2Ti"),
        (1024**4, "1Ti"),
        (300_000 * 1024**3, "293Ti"),
        (1024**7, "1,024Ei"),
    ],
)
def test_an_amount_is_written_in_about_three_digits(count: int, text: str) -> None:
    assert readable(count) == text


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_a_quantity_is_as_many_bytes_as_its_canonical_form(count: int) -> None:
    assert in_bytes(str(count)) == in_bytes(canonical(str(count))) == count


@pytest.mark.parametrize(("text", "count"), [("1Ki", 1024), ("1.5G", 1_500_000_000), ("2e3", 2000)])
def test_a_quantity_is_counted_in_bytes(text: str, count: int) -> None:
    assert in_bytes(text) == count


def test_a_cluster_holds_one_volume_at_first_and_as_many_as_it_keeps_at_most() -> None:
    assert held(variant(settings=settings(size="1Ki", keep=3))) == Amount(1024, 3072)


def test_the_volume_that_is_served_is_kept_whatever_keep_says() -> None:
    assert held(variant(settings=settings(size="1Ki", keep=0))) == Amount(1024, 1024)


def test_without_garbage_collection_nothing_bounds_an_amount() -> None:
    amount = held(variant(settings=settings(size="1Ki", garbage_collect="Never")))
    assert str(amount * 2 + Amount(1024, 1024)) == "3Ki and up"
