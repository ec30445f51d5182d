from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from gitops_golden.documents import as_data, parse
from gitops_golden.errors import InputError
from gitops_golden.policy.model import Source
from gitops_golden.render.rows import rows
from gitops_golden.resources import shipped
from gitops_golden.templating.environment import Templates
from gitops_golden.templating.quoting import quoted

if TYPE_CHECKING:
    from pathlib import Path

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
HOSTILE = st.sampled_from(
    [
        "', evil: '",
        '", evil: "',
        " # ",
        ": ",
        "\nevil: 1\n",
        "}",
        "]",
        "---",
        "\x01",
        "\x02",
        "{{ x }}",
        "a: b",
        "|",
        "\u2028",
    ]
)
VALUES = ANY_TEXT | HOSTILE


def own(text: str, **more: str) -> Templates:
    sources = {"cron.yaml.j2": text, **{name.replace("__", "/") + ".j2": other for name, other in more.items()}}
    return Templates(shipped("templates"), {name: Source(text, f"t/{name}") for name, text in sources.items()})


def made(text: str, values: dict[str, Any] | None = None, **more: str) -> str:
    return own(text, **more).render("cron.yaml.j2", values or {})


def read(text: str, values: dict[str, Any] | None = None, **more: str) -> Any:
    return [as_data(root) for root in parse(made(text, values, **more).encode(), "out")]


def refused(text: str, values: dict[str, Any] | None = None, **more: str) -> str:
    with pytest.raises(InputError) as raised:
        made(text, values, **more)
    return str(raised.value)


@given(ANY_TEXT)
def test_no_value_escapes_its_yaml_field(value: str) -> None:
    text = f"a: {quoted(value)}\nb: 1\n"
    assert YAML(typ="safe", pure=True).load(text) == {"a": value, "b": 1}


@given(ANY_TEXT)
def test_both_yaml_parsers_read_a_value_alike(value: str) -> None:
    text = f"a: {quoted(value)}\n"
    assert YAML(typ="safe", pure=False).load(text) == YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("value", [None, 1.5, {"k": 1}, ["a"], b"a", object()])
def test_what_is_no_scalar_cannot_be_written(value: object) -> None:
    with pytest.raises(TypeError, match="only text, whole numbers, true and false"):
        quoted(value)


class TestBuiltIn:
    @staticmethod
    def templates(folder: Path, **files: str) -> Templates:
        for name, text in files.items():
            (folder / name).write_text(text)
        return Templates(folder)

    def test_a_missing_value_is_an_error_at_its_line(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="nothing_such") as raised:
            self.templates(tmp_path, t="\na: {{ nothing_such }}\n").render("t", {})
        assert str(raised.value.problem.where) == "templates/t (built in):2:1"

    def test_a_syntax_error_is_at_its_line(self, tmp_path: Path) -> None:
        with pytest.raises(InputError) as raised:
            self.templates(tmp_path, t="a: 1\nb: {{ x\n").render("t", {})
        assert str(raised.value.problem.where) == "templates/t (built in):2:1"

    def test_no_template_reaches_into_python(self, tmp_path: Path) -> None:
        with pytest.raises(InputError):
            self.templates(tmp_path, t="{{ ''.__class__.__mro__ }}").render("t", {})

    def test_nothing_outside_the_folder_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("s")
        inside = tmp_path / "in"
        inside.mkdir()
        with pytest.raises(InputError):
            self.templates(inside, t="{% include '../secret' %}").render("t", {})

    def test_only_scalars_are_written(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="only text"):
            self.templates(tmp_path, t="a: {{ x }}").render("t", {"x": {"k": 1}})


NAMESPACE = {"namespace": "golden", "fleet": "acme"}


def test_a_template_of_the_users_replaces_the_built_in_one_and_no_other() -> None:
    templates = own("a: {{ namespace }}\n")
    assert templates.render("cron.yaml.j2", NAMESPACE) == 'a: "golden"\n'
    plain = Templates(shipped("templates"))
    assert templates.render("namespace.yaml.j2", NAMESPACE) == plain.render("namespace.yaml.j2", NAMESPACE)
    assert templates.is_own("cron.yaml.j2")
    assert not templates.is_own("namespace.yaml.j2")


def test_a_built_in_template_can_be_brought_in_and_added_to() -> None:
    text = "{% include 'builtin/namespace.yaml.j2' %}  labels:\n    fleet: {{ fleet }}\n"
    plain = Templates(shipped("templates")).render("namespace.yaml.j2", NAMESPACE)
    assert made(text, NAMESPACE) == plain + '  labels:\n    fleet: "acme"\n'


def test_parts_can_be_shared_in_every_way_that_jinja_has() -> None:
    labels = "{% macro labels(pairs) %}{% for k, v in pairs %}{{ k }}: {{ v }}\n{% endfor %}{% endmacro %}"
    base = "top: 1\n{% block body %}base: {{ x }}\n{% endblock %}"
    text = (
        "{% extends 'lib/base.j2' %}{% from 'lib/l.j2' import labels %}{% import 'lib/l.j2' as l %}"
        "{% block body %}{{ super() }}one:\n  {{ labels(p) | trim | indent(2) }}\n"
        "{% set two %}two: {{ 2 }}{% endset %}{{ two }}\n"
        "three:\n{% filter indent(2, true) %}{{ l.labels(p) }}{% endfilter %}{% endblock %}"
    )
    values = {"x": "y: z", "p": [("a", "b"), ("c", "'")]}
    pairs = {"a": "b", "c": "'"}
    assert read(text, values, lib__base=base, lib__l=labels) == [
        {"top": 1, "base": "y: z", "one": pairs, "two": 2, "three": pairs}
    ]


def test_a_caller_writes_into_what_it_calls() -> None:
    text = "{% macro m(k) %}{{ k }}:\n  {{ caller(1) }}\n{% endmacro %}{% call(n) m('a') %}b: {{ n }}{% endcall %}"
    assert read(text) == [{"a": {"b": 1}}]


def test_lists_and_maps_are_written_as_json_in_one_line() -> None:
    value = {"a": [1, "x: y", None, True, {}], "b'": "\n"}
    assert read("v: {{ v | tojson }}\n", {"v": value}) == [{"v": value}]


def test_values_can_be_worked_with_as_jinja_does() -> None:
    text = (
        "a: {{ 'A-' ~ (name | lower) ~ '-' ~ 2 ** 3 // 3 }}\nb: {{ 'yes' if 1 < 2 < 3 and name in ['X'] else 'no' }}\n"
        "c: {{ pairs.items() | map(attribute=0) | sort | join(',') }}\nd: {{ missing | default('e') }}\n"
        "f: {{ name.replace('X', 'y')[0:1] }}\ng: {{ pairs['k'].split('.') | last }}\nh: {{ pairs | length }}\n"
        "i:\n{%- for k, v in pairs | dictsort if v is string %}\n  - {{ loop.index }}{% if not loop.last %} {% endif %}"
        "{%- endfor %}\nj: {{ '7' | int + 1 }}\nk: {{ range(3) | reverse | tojson }}\nl: {{ 5 }}Gi\n"
    )
    values = {"name": "X", "pairs": {"k": "v.w", "a": "b"}}
    (found,) = read(text, values)
    assert list(found) == list("abcdfghijkl")
    assert [*found.values()] == ["A-x-2", "yes", "a,k", "e", "y", "w", 2, [1, 2], 8, [2, 1, 0], "5Gi"]


WELL_FORMED = [
    "a: {{ x }}\nb: {{ y }}\n",
    "a: {{ x ~ y }}\nb: {{ (x ~ ': ' ~ y) | upper }}\n",
    "{ a: {{ x }}, b: [ {{ y }}, {{ x | replace('a', y) }} ] }\n",
    "? {{ 'k' ~ x }}\n: {{ y }}\n",
    "{% set s %}a: {{ x }}\nb: {{ y }}{% endset %}{{ s }}\n",
    "{% macro m(v) %}a: {{ v }}{% endmacro %}p:\n  {{ m(x) | indent(2) }}\nq:\n  {{ m(x ~ y) }}\n",
    "{% macro m() %}p:\n  {{ caller() | indent(2) }}{% endmacro %}{% call m() %}a: {{ x }}\nb: {{ y }}{% endcall %}\n",
    "v: {{ {'a': x, 'b': [y, 1]} | tojson }}\nw: {{ [x, y] | join(' ') | string }}\n",
    "{% filter indent(2, true) %}a: {{ x }}\nb: {{ y }}{% endfilter %}\n",
    "- {{ x }}\n- {{ y | default('z') | trim }} # a comment\n- {{ 3 }}\n",
]


@pytest.mark.parametrize("text", WELL_FORMED)
@settings(max_examples=40)
@given(x=VALUES, y=VALUES)
def test_whatever_values_hold_the_output_has_the_same_structure(text: str, x: str, y: str) -> None:
    templates = own(text)

    def shape(data: Any) -> Any:
        if isinstance(data, dict):
            return [shape(value) for value in data.values()]
        return [shape(item) for item in data] if isinstance(data, list) else type(data)

    def of(x: str, y: str) -> Any:
        output = templates.render("cron.yaml.j2", {"x": x, "y": y})
        return [shape(as_data(root)) for root in parse(output.encode(), "out")]

    assert of(x, y) == of("a", "b")


ILL_PLACED = [
    "a: 'p{{ x }}q'\n",
    'a: "p{{ x }}q"\n',
    "a: p{{ x }}\n",
    "a: p {{ x }}\n",
    "{ a: p {{ x }} }\n",
    "a: 'p\n  {{ x }}'\n",
    "a: p\n  {{ x }}\n",
    "a: 1 # {{ x }}\n",
    "# {{ x }}\na: 1\n",
    "a: |\n  {{ x }}\n",
    "a: >-\n  {{ x }}\n",
    "a: |{{ n }}\n  b\n",
    "{{ x }}{{ x }}\n",
    "a: {{ n }}{{ x }}\n",
    "a: {{ n }} {{ n }}\n",
    "a: -{{ n }}\n",
    "a: &{{ n }} b\n",
    "a: *{{ n }}\n",
    "a: !{{ n }} b\n",
    "%YAML {{ n }}\n---\na: 1\n",
    "a: '{{ [x] | tojson }}'\n",
    "a: 'p{{ {x: n} | tojson }}'\n",
    "{% macro m() %}{{ x }}{% endmacro %}a: '{{ m() }}'\n",
    "{% set s %}{{ x }}{% endset %}a: 'q{{ s | trim }}'\n",
    "a: '\n{% filter indent %}{{ x }}{% endfilter %}'\n",
]


@pytest.mark.parametrize("text", ILL_PLACED)
@settings(max_examples=20)
@given(x=VALUES, n=st.integers(0, 9))
def test_a_value_that_is_no_scalar_of_its_own_is_refused_whatever_it_holds(text: str, x: str, n: int) -> None:
    templates = own(text)
    with pytest.raises(InputError) as raised:
        templates.render("cron.yaml.j2", {"x": x, "n": n})
    assert all(problem.where and problem.where.file == "t/cron.yaml.j2" for problem in raised.value.problems)


def test_a_misplaced_value_is_told_with_the_line_of_its_template_and_a_remedy() -> None:
    said = refused(
        "{% import 'lib/m.j2' as m %}a: 1\n{{ m.b('v') }}", lib__m="{% macro b(x) %}\nb: p-{{ x }}{% endmacro %}"
    )
    assert said.startswith(
        't/lib/m.j2:2:1: a value is only a part of the text around it: b: p-"v" (write the whole text'
    )


def test_output_that_is_no_yaml_is_told_at_the_template() -> None:
    said = refused("a: 1\n  b: {{ x }}\n", {"x": "v"})
    assert said.startswith("t/cron.yaml.j2:2:1: line 2 of what it writes: not YAML")


def test_output_ends_with_one_line_end_so_that_the_next_document_begins_on_its_own() -> None:
    assert made("a: 1") == "a: 1\n"
    assert made("a: 1\n\n\n") == "a: 1\n"


def test_a_template_may_write_nothing() -> None:
    assert made("{% if false %}a: 1{% endif %}\n\n") == ""


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ x['__class__'] }}",
        "{{ ()|attr('__class__') }}",
        "{{ m.__init__ }}",
        "{{ self }}",
        "{{ self.body() }}",
        "{{ cycler('a') }}",
        "{{ namespace() }}",
        "{{ lipsum() }}",
        "{{ joiner() }}",
        "{{ dict(a=1) }}",
        "{{ ''.format(1) }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{{ ''.join(x) }}",
        "{{ '%s' % x }}",
        "{{ x.append(1) }}",
        "{{ [].append(1) }}",
        "{{ {}.update({}) }}",
        "{{ ''.encode() }}",
        "{{ range.function }}",
        "{{ range }}",
        "{{ x.items }}",
        "{% macro m() %}{% endmacro %}{{ m.name }}",
        "{% macro m() %}{% endmacro %}{{ m._func }}",
        "{% macro m() %}{% endmacro %}{{ m }}",
        "{% macro m() %}{{ caller.arguments }}{% endmacro %}{% call m() %}{% endcall %}",
        "{% for a in [1] %}{{ loop }}{% endfor %}",
        "{% for a in [1] %}{{ loop._iterable }}{% endfor %}",
        "{% for a in [1] %}{{ loop.cycle(1) }}{% endfor %}",
        "{% for a in [1] recursive %}{{ loop([]) }}{% endfor %}",
        "{% import 'lib/e.j2' as e %}{{ e }}",
        "{% import 'lib/e.j2' as e %}{{ e._body_stream }}",
        "{% import 'lib/e.j2' as e %}{{ e['__dict__'] }}",
        "{% from 'lib/e.j2' import __name__ %}",
        "{% block b %}{{ super.x }}{% endblock %}",
        "{% set _a = 1 %}",
        "{{ x|map('upper') }}",
        "{{ x|random }}",
        "{{ x|pprint }}",
        "{{ 'a'|safe }}",
        "{{ x|string }}",
        "{% autoescape true %}{{ 'a' }}{% endautoescape %}",
        "{% do x %}",
        "{% debug %}",
        "{{ caller() }}",
        "{{ context }}",
        "{{ environment }}",
        "{{ x() }}",
        "{{ 'a'() }}",
        "{{ 'a'.upper(*x) }}",
        "{{ 1 / 2 }}",
        "{% call 'a'.upper() %}{% endcall %}",
        "{% filter upper %}a{% endfilter %}",
        "{% filter tojson %}a{% endfilter %}",
        "{% set s %}a{% endset %}{{ s ~ 'b' }}",
        "{% set s %}a{% endset %}{{ s.text }}",
        "{% set s %}a{% endset %}{{ s == 'a' }}",
        "{% set s %}a{% endset %}{{ s | upper }}",
        "{% set s %}a{% endset %}{{ [s] | join }}",
        "{% set s %}a{% endset %}{{ s[0] }}",
        "{% set s %}a{% endset %}{{ [s] | tojson }}",
        "{% set s | upper %}a{% endset %}",
        "{% for a in 'text' %}{% endfor %}",
        "{% include x %}",
        "{% include ['lib/e.j2'] %}",
        "{% include 'lib/e.j2' ignore missing %}",
        "{% include '/etc/hostname' %}",
        "{% include '../secret' %}",
        "{% extends x %}",
        "{% import x as y %}",
        "{{ 1.5 }}",
        "{{ 99999999999999999999 }}",
        "{{ none }}",
        "{{ x }}",
        "{% set x.y = 1 %}",
        "{{ {[]: 1} }}",
        "{{ {x: 1} }}",
        "{{ {}[x] }}",
        "{{ x in {} }}",
        "{{ 1 < 'a' }}",
    ],
)
def test_nothing_of_python_can_be_reached_and_nothing_written_unquoted(text: str) -> None:
    assert refused(f"a: 1\nb: {text}\n", {"x": [1, "a"]}, lib__e="").startswith("t/cron.yaml.j2:2:1: ")


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("a: 1\nb: {{ nope }}\n", "t/cron.yaml.j2:2:1", "'nope' is undefined"),
        ("a: 1\nb: {{ m.x }}\n", "t/cron.yaml.j2:2:1", "a map has no 'x'"),
        ("a: 1\nb: {{ x\n", "t/cron.yaml.j2:2:1", "not a template"),
        ("a: 1\n{# open\n", "t/cron.yaml.j2:2:1", "not a template: Missing end of comment tag"),
        ("a: 1\n{% for a in m %}\n", "t/cron.yaml.j2:2:1", "not a template"),
        ("a: 1\nb: {{ x | lenght }}\n", "t/cron.yaml.j2:2:1", "did you mean length?"),
        ("a: 1\nb: {{ x is strin }}\n", "t/cron.yaml.j2:2:1", "did you mean string?"),
        ("a: 1\n{% include 'lib/c.j2' %}\n", "t/cron.yaml.j2:2:1", "did you mean lib/b.j2?"),
        ("a: 1\n{% include 'builtin/crom.yaml.j2' %}\n", "t/cron.yaml.j2:2:1", "did you mean builtin/cron.yaml.j2?"),
        ("{% import 'lib/b.j2' as b %}a: 1\nb: {{ b.m(1) }}\n", "t/lib/b.j2:2:1", "upper takes text, not a number"),
        ("{% import 'lib/b.j2' as b %}a: 1\nb: {{ b.m() }}\n", "t/lib/b.j2:2:1", "parameter 'x' was not provided"),
        ("{% import 'lib/b.j2' as b %}a: 1\nb: {{ b.m(1, 2) }}\n", "t/cron.yaml.j2:2:1", "not more than 1 argument"),
        ("a: 1\n{% for a, b in [[1]] %}{% endfor %}\n", "t/cron.yaml.j2:2:1", "not enough values to unpack"),
        ("a: 1\nb: {{ 'a'.upper(1, 2) }}\n", "t/cron.yaml.j2:2:1", "upper"),
        ("a: 1\nb: {{ 'a' | upper(1, 2) }}\n", "t/cron.yaml.j2:2:1", "rendered: upper can't be called so: too many"),
        ("a: 1\nb: {{ 'a'.split(sep='') }}\n", "t/cron.yaml.j2:2:1", "rendered: split can't be called so: got an"),
        ("a: 1\nb: {{ range(stop=1) }}\n", "t/cron.yaml.j2:2:1", "rendered: range can't be called so: got an"),
        ("a: 1\nb: {{ 'a'.upper }}\n", "t/cron.yaml.j2:2:1", "not a method: call it with ()"),
        ("a: 1\nb: {% for a in [1] %}{{ loop }}{% endfor %}\n", "t/cron.yaml.j2:2:1", "not the loop itself"),
        ("a: 1\n{% block x %}{% endblock %}\n{% block x %}{% endblock %}", "t/cron.yaml.j2:3:1", "defined twice"),
        ("a: 1\nb: \u00a0c\n", "t/cron.yaml.j2:2:4", "the character U+00A0 can't be seen"),
        ("a: 1\nb: \x01c\n", "t/cron.yaml.j2:2:4", "the character U+0001 can't be seen"),
        ("a: 1\n{% include 'builtin/namespace.yaml.j2' %}", "templates/namespace.yaml.j2 (built in):4:1", "undefined"),
    ],
)
def test_a_mistake_is_located_in_the_template_that_holds_it(text: str, where: str, said: str) -> None:
    message = refused(text, {"m": {}}, lib__b="{% macro m(x) %}\nv: {{ x | upper }}{% endmacro %}")
    assert message.startswith(f"{where}: ")
    assert said in message


def test_every_mistake_that_needs_no_values_is_told_at_once_and_before_anything_is_rendered() -> None:
    with pytest.raises(InputError) as raised:
        own("{{ x | nope }}\n{{ 1.5 }}\n", lib__a="{{ self }}", lib__b="{{")
    assert [str(problem.where) for problem in raised.value.problems] == [
        "t/cron.yaml.j2:1:1",
        "t/cron.yaml.j2:2:1",
        "t/lib/a.j2:1:1",
        "t/lib/b.j2:1:1",
    ]


def test_templates_that_bring_each_other_in_are_refused() -> None:
    said = refused(
        "\n{% include 'lib/a.j2' %}", lib__a="{% import 'lib/b.j2' as b %}", lib__b="{% include 'lib/a.j2' %}"
    )
    assert said.startswith('t/lib/b.j2:1:1: "lib/a.j2" brings itself in: ')


def test_a_template_uses_what_it_and_what_it_brings_in_look_at() -> None:
    templates = own(
        "{% include 'lib/a.j2' %}{% set own = 1 %}"
        "{% for v in own_list %}{{ v }}{{ loop.index }}{{ range(2) }}{% endfor %}",
        lib__a="{% import 'lib/b.j2' as b %}{{ b.m() }}",
        lib__b="{% macro m(arg) %}{{ arg }}{{ cluster.name }}{% endmacro %}",
    )
    assert templates.uses("cron.yaml.j2") == {"own_list", "cluster"}
    assert templates.uses("namespace.yaml.j2") == {"namespace"}
    assert Templates(shipped("templates")).uses("namespace.yaml.j2") == {"namespace"}


@pytest.mark.parametrize("name", sorted(file.name for file in shipped("templates").glob("*.j2")))
def test_every_built_in_template_can_be_brought_in(name: str) -> None:
    templates = own(f"{{% include 'builtin/{name}' %}}")
    assert templates.uses("cron.yaml.j2") == templates.uses(name)


def test_a_built_in_template_that_is_brought_in_writes_the_same_bytes() -> None:
    spec = {
        "workloadSources": {
            "enableCommonBootImageImport": False,
            "dataImportCronTemplates": [{"a": ["b", {}], "c": None}],
        }
    }
    values = {"fleet": "acme", "namespace": "n", "name": "m", "api_version": "hco.kubevirt.io/v1", "rows": rows(spec)}
    name = "hyperconverged.yaml.j2"
    plain = Templates(shipped("templates"))
    mine = Templates(shipped("templates"), {name: Source(f"{{% include 'builtin/{name}' %}}", name)})
    assert mine.render(name, values) == plain.render(name, values)
    assert as_data(parse(mine.render(name, values).encode(), name)[0])["spec"] == spec
