from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.policy.quantities import canonical, validate


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("1024Mi", "1Gi"),
        ("30Gi", "30Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1024", "1024"),
        ("1000", "1k"),
        ("1.5G", "1500M"),
        ("1e3", "1e3"),
        ("1e4", "10e3"),
        ("1E3", "1e3"),
        ("5e0", "5"),
        ("2E", "2E"),
        ("+3M", "3M"),
        ("3000m", "3"),
        (".5k", "500"),
        ("1.k", "1k"),
        ("1024Ti", "1Pi"),
        ("9223372036854775807", "9223372036854775807"),
    ],
)
def test_a_quantity_is_printed_as_kubernetes_prints_it(written: str, printed: str) -> None:
    assert canonical(written) == printed


def test_an_amount_that_no_binary_suffix_fits_is_printed_as_kubernetes_prints_it_once_it_has_read_it_back() -> None:
    assert canonical("562.5Ki") == canonical("576000") == "576k"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "no quantity"),
        (".", "no quantity"),
        ("Gi", "no quantity"),
        ("1 Gi", "no quantity"),
        ("1Gi\n", "no quantity"),
        ("\u0661Gi", "no quantity"),  # a digit, but not one of ours
        ("1GiB", "write Gi instead of GiB"),
        ("1gi", "write Gi instead of gi"),
        ("1GB", "write G instead of GB"),
        ("1K", "no suffix K"),
        ("1e", "no suffix e"),
        ("0", "not above 0"),
        ("0.0Gi", "not above 0"),
        ("-1Gi", "not above 0"),
        ("1m", "no whole number"),
        ("0.3Gi", "no whole number"),
        ("1e-3", "no whole number"),
        ("8Ei", "2^63"),
        ("1e999", "2^63"),
        ("9" * 65, "no quantity"),
        ("9" * 64, "2^63"),
    ],
)
def test_a_wrong_quantity_is_told(written: str, says: str) -> None:
    assert says in str(validate(written))


FACTORS = {
    **{suffix: Fraction(1000) ** power for power, suffix in enumerate(["", "k", "M", "G", "T", "P", "E"])},
    **{suffix: Fraction(1024) ** power for power, suffix in enumerate(["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"], start=1)},
    **{f"e{power}": Fraction(10) ** power for power in range(-4, 20)},
    "m": Fraction(1, 1000),
}
NUMBERS = st.builds("{}{}".format, st.integers(0, 10**6), st.sampled_from(["", ".5", ".25", ".0"]))


def amount(text: str) -> Fraction:
    suffix = next(suffix for suffix in sorted(FACTORS, key=len, reverse=True) if text.endswith(suffix))
    return Fraction(text.removesuffix(suffix)) * FACTORS[suffix]


@given(NUMBERS, st.sampled_from(sorted(FACTORS)))
def test_whole_positive_amounts_are_accepted_and_no_others(number: str, suffix: str) -> None:
    meant = amount(number + suffix)
    assert (validate(number + suffix) is None) is (meant > 0 and meant.denominator == 1 and meant < 2**63)


@given(NUMBERS, st.sampled_from(sorted(FACTORS)))
def test_what_is_printed_is_the_same_amount_and_prints_as_itself(number: str, suffix: str) -> None:
    if validate(number + suffix) is None:
        printed = canonical(number + suffix)
        assert amount(printed) == amount(number + suffix)
        assert canonical(printed) == printed
