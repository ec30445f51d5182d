from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import InputError
from gitops_golden.policy.model import Source
from gitops_golden.templating.budget import Limits, Meter, RefusedError
from gitops_golden.templating.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

LONG = {"x": "z" * 60_000}
MEGABYTE = 1024 * 1024


def sandbox(text: str, lib: Mapping[str, str] | None = None, limits: Limits | None = None) -> Sandbox:
    parts = {f"lib/{name}": Source(other, f"lib/{name}") for name, other in (lib or {}).items()}
    own = {"t": Source(text, "t.j2"), **parts}
    made = Sandbox(own, {}, limits or Limits())
    made.check()
    return made


def refused(text: str, values: Mapping[str, Any] | None = None, lib: Mapping[str, str] | None = None) -> str:
    with pytest.raises(InputError) as raised:
        sandbox(text, lib).render("t", values or {})
    return str(raised.value)


STEPS = "takes more than 250,000 steps"
TEXT = "makes more than 2,097,152 characters of text"
OUTPUT = "writes more than 262,144 characters"
CALLS = "calls macros nested deeper than 24"
NESTED = "no values nested deeper than 24"


def loop(body: str, rounds: int = 100_000) -> str:
    return f"{{% for i in range({rounds}) %}}{body}{{% endfor %}}"


RUNAWAYS: list[tuple[str, dict[str, Any], str]] = [
    (loop("{{ i }}", 10**9), {}, STEPS),
    (loop(loop(loop("", 400), 400), 400), {}, STEPS),
    (loop("{% if false %}{% endif %}" * 500), {}, STEPS),
    (loop("x" * 500, 9000), {}, OUTPUT),
    (loop("{{ x }}", 20), LONG, OUTPUT),
    ("{% set a %}" + loop("x" * 500, 9000) + "{% endset %}", {}, TEXT),
    ("{% macro m() %}" + loop("x" * 500, 9000) + "{% endmacro %}{% set a = m() %}", {}, TEXT),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", {}, CALLS),
    ("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(23) }}", {}, STEPS),
    ("{% macro m(a) %}{{ m(a ~ a) }}{% endmacro %}{{ m('x') }}", {}, TEXT),
    (
        "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}" + "{% call m() %}" * 20 + "{% endcall %}" * 20,
        {},
        CALLS,
    ),
    ("{% set a = 'x' %}" + "{% set a = a ~ a %}" * 99, {}, TEXT),
    ("{% set a = 'x' %}" + "{% set a = a + a %}" * 99, {}, TEXT),
    ("{% set a %}x{% endset %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * 99, {}, TEXT),
    ("{% set a = [1] %}" + "{% set a = a + a %}" * 99, {}, STEPS),
    ("{% set a = [1] %}" + "{% set a = [a, a] %}" * 99 + "{{ a | tojson }}", {}, NESTED),
    ("{% set a = [1] %}" + "{% set a = [a, a] %}" * 22 + "{{ a | tojson }}", {}, STEPS),
    (
        "{% set a = [1] %}{% set b = [1] %}" + "{% set a = [a, a] %}{% set b = [b, b] %}" * 22 + "{{ a == b }}",
        {},
        STEPS,
    ),
    ("{% set a = [1] %}" + "{% set a = [a, a] %}" * 22 + "{{ a in [a] }}", {}, STEPS),
    ("{{ [" + "x," * 100 + "] | tojson }}", LONG, TEXT),
    ("{% set a = range(0 - 2 ** 62, 2 ** 62) %}", {}, STEPS),
    ("{% set a = x | replace('z', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') %}", LONG, TEXT),
    ("{% set a = x.replace('', x) %}", LONG, TEXT),
    ("{% set a = [x] * 1000 %}", {"x": "a"}, "* takes whole numbers"),
    ("{{ 'x' * 10 ** 9 }}", {}, "* takes whole numbers"),
    ("{{ 10 ** 63 ** 63 }}", {}, "more than 64 bits"),
    ("{{ 2 ** 64 }}", {}, "** takes an exponent from 0 to 63"),
    ("{{ 7 // 0 }}", {}, "divides by zero"),
    ("{{ 7 % 0 }}", {}, "divides by zero"),
    ("{{ 1 << 99 }}", {}, "not a template"),
    (loop("{% set a = x.split('z') %}", 1000), LONG, STEPS),
    (loop("{% set a = x | indent(100) %}", 1000), {"x": "z\n" * 30_000}, TEXT),
    (loop("{% set a = x | sort %}", 1000), {"x": list(range(5000))}, STEPS),
    (loop("{% set a = x | unique %}", 1000), {"x": list(range(5000))}, STEPS),
    (loop("{% set a = x | join(',') %}", 1000), {"x": list(range(5000))}, STEPS),
    (loop("{% set a = x[:] %}", 1000), {"x": list(range(5000))}, STEPS),
    (loop("{% if 'q' in x %}{% endif %}", 10_000), LONG, STEPS),
    (loop("{% if x == y %}{% endif %}", 10_000), LONG | {"y": "z" * 59_999 + "y"}, STEPS),
    (loop("{% if x is string and x.startswith(x) %}{% endif %}", 10_000), LONG, TEXT),
    (loop("{% block b scoped %}{% endblock %}", 20_000), {}, STEPS),
    ("{{ 'x' | indent(10 ** 9) }}", {}, "a width from 0 to 100"),
    ("{{ '" + "9" * 5000 + "' | int }}", {}, "at most 64 bits"),
]


@pytest.mark.parametrize(("text", "values", "said"), RUNAWAYS)
def test_what_has_no_end_or_bound_ends_in_an_error_at_its_line(text: str, values: dict[str, Any], said: str) -> None:
    message = refused(f"\n{text}", values)
    assert message.startswith("t.j2:2:1: ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ " + "(" * 30_000, "nested too deeply"),
        ("{{ " + "not " * 15_000 + "1 }}", "nested too deeply"),
        ("{{ " + "9" * 60_000 + " }}", "nested too deeply, or a number that is too long"),
        ("{{ x" + ".a" * 100 + " }}", "nested deeper than 32 levels"),
        ("{{ 1" + " + 1" * 100 + " }}", "nested deeper than 32 levels"),
        ("{{ x" + " | d" * 10_000 + " }}", "nested deeper than 32 levels"),
        ("{% if x %}" * 40 + "{% endif %}" * 40, "nested deeper than 32 levels"),
        ("{% for a in x %}" * 9 + "{% endfor %}" * 9, "nested deeper than 8 loops"),
        ("{{ x }}" * 9_000, "has 9,002 tags, names and operators, more than the 4,000 that are read"),
        ("{{ [" + "1," * 9_000 + "] }}", "more than the 4,000 that are read"),
        ("{{" * 30_000, "nested too deeply"),
        ("{#" * 30_000, "Missing end of comment tag"),
        ("{{ '" + "\\'" * 30_000, "not a template"),
        (" " * 60_000 + "{%-", "not a template"),
    ],
)
def test_a_source_that_is_too_much_to_compile_is_refused(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize("deep", ["{% if x %}", "{% with %}", "{% filter indent %}", "{% macro m() %}", "{% set a %}"])
def test_what_is_just_deep_enough_compiles(deep: str) -> None:
    end = {"set": "endset"}.get(deep.split()[1], f"end{deep.split()[1]}")
    sandbox(deep * 20 + f"{{% {end} %}}" * 20)
    said = {_problem(deep * levels + f"{{% {end} %}}" * levels) for levels in range(21, 40)}
    assert {line.partition(" (")[0] for line in said if line} == {"t.j2:1:1: nested deeper than 32 levels"}


def _problem(text: str) -> str:
    try:
        sandbox(text)
    except InputError as error:
        return str(error)
    return ""


def test_templates_that_are_too_much_together_are_refused() -> None:
    assert "together have more than 16,000" in refused("", lib={f"l{n}": "{{ x }}" * 3_900 for n in range(5)})


def test_files_that_each_bring_in_the_next_one_twice_come_to_an_end() -> None:
    lib = {f"l{n}": f"{{% include 'lib/l{n + 1}' %}}" * 2 for n in range(60)}
    assert STEPS in refused("{% include 'lib/l0' %}", lib=lib | {"l60": "x"})


def test_a_loop_of_imports_comes_to_an_end() -> None:
    assert STEPS in refused(loop("{% import 'lib/e' as e %}"), lib={"e": ""})


@pytest.mark.parametrize("text", ["- a\n" * 16_000, "{% set a %}" + "- b\n" * 9_000 + "{% endset %}" + "{{ a }}" * 5])
def test_large_output_is_read_within_bounds(text: str) -> None:
    tracemalloc.start()
    try:
        sandbox(text).render("t", {})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24 * MEGABYTE


def test_output_that_is_nested_without_end_is_refused() -> None:
    assert "nested deeper than 32 levels" in refused("[" * 30_000)


@pytest.mark.parametrize(("text", "values", "said"), RUNAWAYS)
def test_what_is_refused_has_not_taken_much_memory_by_then(text: str, values: dict[str, Any], said: str) -> None:
    tracemalloc.start()
    try:
        assert said in refused(text, values)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * MEGABYTE


def test_what_a_rendering_costs_does_not_depend_on_those_before_it() -> None:
    text = "{% import 'lib/m' as m %}{% for i in range(n) %}- {{ m.f(i) }}\n{% endfor %}"
    lib = {"m": "{% macro f(i) %}{{ 'a' ~ i }}{% endmacro %}" + loop("", 50)}

    def passes(made: Sandbox, n: int) -> bool:
        try:
            return bool(made.render("t", {"n": n}))
        except InputError:
            return False

    most = max(n for n in range(1, 100) if passes(sandbox(text, lib, Limits(steps=2_000)), n))
    assert 1 < most < 99
    used = sandbox(text, lib, Limits(steps=2_000))
    assert [passes(used, n) for n in (most, most + 1, 1, most, most + 1)] == [True, False, True, True, False]


def test_a_meter_counts_from_nothing_after_a_reset() -> None:
    meter = Meter(Limits(steps=10))
    meter.work(10)
    with pytest.raises(RefusedError):
        meter.work(1)
    meter.reset()
    meter.work(10)


def test_text_is_counted_as_work_too() -> None:
    meter = Meter(Limits(steps=1))
    meter.make(64)
    with pytest.raises(RefusedError, match="steps"):
        meter.make(64)
