"""The manual is true: its generated blocks are what the code says, its commands parse, its links lead somewhere."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from gitops_golden.cli.main import VERBS
from gitops_golden.cli.schema import SCHEMAS
from gitops_golden.documents import as_data, parse_one
from gitops_golden.fleet.kinds import CLUSTER_WIDE, NAMESPACED
from gitops_golden.policy.load import API_VERSION
from gitops_golden.resources import shipped
from tests import manual

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = manual.ROOT / "gitops_golden"
PAGES = manual.pages()
EXAMPLES = tuple(manual.examples(manual.DOCS / manual.REFERENCE))


def named(page: Path) -> str:
    return str(page.relative_to(manual.ROOT))


def compare(page: Path, block: str, generated: str, *, update: bool) -> None:
    if update:
        page.write_text(manual.with_block(page.read_text(encoding="utf-8"), block, generated), encoding="utf-8")
    assert manual.block(page.read_text(encoding="utf-8"), block) == generated


@pytest.mark.parametrize("verb", VERBS)
def test_a_verbs_page_shows_its_help(verb: str, *, update_golden: bool) -> None:
    compare(manual.DOCS / "commands" / f"{verb}.md", "help", manual.help_block(verb), update=update_golden)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verbs_help_has_an_example(verb: str) -> None:
    assert f"Examples:\n    gitops-golden {verb}" in manual.help_block(verb)


def test_every_page_of_a_command_is_of_a_verb() -> None:
    assert {page.stem for page in (manual.DOCS / "commands").glob("*.md")} == set(VERBS)


def test_the_page_of_schema_lists_every_name() -> None:
    page = (manual.DOCS / "commands" / "schema.md").read_text(encoding="utf-8")
    assert manual.table_words(page, "Name") == SCHEMAS


def test_the_help_of_schema_names_every_name() -> None:
    assert set(SCHEMAS) <= set(re.findall(r"[a-z-]+", manual.help_block("schema")))


def test_the_policys_reference_is_the_schema(*, update_golden: bool) -> None:
    compare(manual.DOCS / manual.REFERENCE, "reference", manual.reference(), update=update_golden)


def test_the_policys_page_lists_the_built_in_guardrails(*, update_golden: bool) -> None:
    compare(manual.DOCS / manual.REFERENCE, "guardrails", manual.built_in_guardrails(), update=update_golden)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.partition("\n")[0])
def test_every_example_of_the_policys_page_satisfies_the_schema(example: str) -> None:
    shown = as_data(parse_one(example.encode(), "example"))
    if "apiVersion" not in shown:
        head = {"apiVersion": API_VERSION, "kind": "FleetPolicy", "metadata": {"name": "acme"}}
        shown = head | {"spec": {"registry": {"address": "registry.acme.example"}} | shown}
    schema = json.loads((shipped("policies") / "policy.schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(shown)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for target in manual.links(page):
        file, _, anchor = target.partition("#")
        found = page.parent / file if file else page
        assert found.exists(), target
        assert not anchor or anchor in manual.anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_that_pages_show_parse(page: Path) -> None:
    for shown in manual.shown_commands(page):
        manual.parse(shown)


def test_the_manual_lists_exactly_the_reasons_of_the_code() -> None:
    page = (manual.DOCS / "verify.md").read_text(encoding="utf-8")
    words = manual.table_words(page, "Reason")
    assert len(words) == len(set(words))
    assert set(words) == set(reasons())


def reasons() -> Iterator[str]:
    """Yield every reason that the code gives: all its CamelCase words that are not Kubernetes' and CDI's own.

    So a reason is found however it comes to its finding, and a new word must be documented or be put below.
    """
    not_ours = {kind.name for kind in (*NAMESPACED, *CLUSTER_WIDE)} | THEIRS
    for file in (*(PACKAGE / "verify").glob("*.py"), *(PACKAGE / "fleet").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and WORD.fullmatch(node.value):
                yield from {node.value} - not_ours


WORD = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*")
THEIRS = {
    *("True", "False", "Ready", "Bound", "Lost", "Running", "UpToDate", "Error"),  # conditions
    *("ImportProgressing", "ErrClaimNotValid", "ErrExceededQuota", "Unschedulable"),  # and their reasons
    *("MaxReferenceDepthReached", "SelfReference", "CrossNamespaceReference"),  # a DataSource's
    *("Succeeded", "Failed", "ImportInProgress"),  # phases
    *("Digest", "DataVolumeName"),  # keys
    *("Secret", "ExecCredential", "ClusterSnapshot", "ServiceAccount", "Pod"),  # kinds
    *("Accept", "Date", "Http"),  # headers, and the beginning of what is made of a status
}
