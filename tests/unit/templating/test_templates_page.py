"""The page about templates is true: its examples make manifests that pass, its lists and figures are the code's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gitops_golden.policy import templates_folder
from gitops_golden.policy.model import Source
from gitops_golden.render.kinds import Kinds
from gitops_golden.resources import shipped
from gitops_golden.templating import engine, grammar, methods, sandbox
from gitops_golden.templating.budget import DEFAULT_LIMITS
from gitops_golden.templating.environment import Templates
from gitops_golden.templating.filters import FILTERS, TESTS

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- template: (\S+) -->\n```jinja\n(.*?)```", PAGE, re.DOTALL))
VALUES: dict[str, Any] = {
    "fleet": "acme",
    "namespace": "golden-images",
    "cluster": {"name": "edge-001", "labels": {}, "platform": "openshift"},
    "delivery": {"image": "rhel9", "storage": {"size": "30Gi"}},
    "spec": {"managedDataSource": "rhel9"},
    "datasource": {"labels": [("a", "b"), ("c", "d")]},
}


@pytest.mark.parametrize("name", [name for name in EXAMPLES if not name.startswith("lib/")])
def test_every_example_makes_manifests_that_pass(name: str) -> None:
    templates = Templates(shipped("templates"), {name: Source(text, name) for name, text in EXAMPLES.items()})
    made = templates.render(name, VALUES)
    assert Kinds(shipped("policies") / "kinds").check_manifests(made.encode(), name)


def test_the_page_names_every_template_that_can_be_replaced() -> None:
    sees = PAGE.partition("## What a template sees")[2].partition("##")[0]
    first = " ".join(re.findall(r"^\| (.*?) \|", sees, re.MULTILINE))
    assert {file.name.partition(".")[0] for file in shipped("templates").iterdir()} <= set(
        re.findall(r"`([\w-]+)`", first)
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Filters", {*FILTERS, grammar.JSON, "attribute"}),
        ("Tests", {*TESTS}),
        ("Methods of text", {*methods.TEXT}),
        ("Methods of maps", {*methods.MAP}),
        ("In a loop", {f"loop.{word}" for word in engine.LOOP}),
    ],
)
def test_the_page_lists_what_there_is(row: str, words: set[str]) -> None:
    (line,) = re.findall(rf"^\| {row} \| (.*) \|$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`([\w.]+)`", line)) == words


def test_the_page_tells_the_limits() -> None:
    told = re.findall(r"^\| .* \| ([\d,]+) \|$", PAGE, re.MULTILINE)
    limits = DEFAULT_LIMITS
    assert [int(figure.replace(",", "")) for figure in told] == [
        *(limits.steps, limits.text, limits.output, limits.calls, limits.nesting),
        *(templates_folder.LARGEST, templates_folder.LARGEST_TOGETHER, templates_folder.MOST),
        *(grammar.LARGEST_TEMPLATE, sandbox.LARGEST_FOLDER, grammar.DEEPEST, grammar.LOOPS),
    ]
