"""The manual as tests see it: its pages, the blocks in them that are generated, the commands that they show.

What is generated comes from the code itself: each verb's help, and the fields of the policy's schema.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitops_golden.cli.main import commands
from gitops_golden.guardrails.rules import MODE_KEYWORD
from gitops_golden.policy.guardrails import built_in_files
from gitops_golden.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
REFERENCE = "policy.md"
# What click leaves of a terminal of 80 columns.
HELP_WIDTH = 78

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_BUILT_IN = re.compile(r" ?Built in: (.+?)\.(?= |$)")
_LATER = " Not supported yet."
_LISTED: Mapping[str, str] = {
    "imageItem": "[image](#image)",
    "clusterItem": "[cluster](#cluster)",
    "placementItem": "[placement](#placement)",
    "overrideItem": "[override](#override)",
    "channelItem": "[channel](#channel)",
    "consumer": "[consumer](#consumer)",
    "guardrailItem": "[guardrail](#guardrail)",
    "settings": "[settings](#settings)",
    "choice": "names or [selector](#selector)",
    "labels": "map of labels",
    "requirement": "[condition](#condition)",
}
"""Definitions that have a table of their own, or need none, by what the tables call them."""
_PLAIN: Mapping[str, str] = {"boolean": "`true` or `false`", "object": "map"}
_TABLES = (
    ("Policy", "FleetPolicy"),
    ("Settings", "settings"),
    ("Image", "imageItem"),
    ("Cluster", "clusterItem"),
    ("Placement", "placementItem"),
    ("Override", "overrideItem"),
    ("Channel", "channelItem"),
    ("Consumer", "consumer"),
    ("Guardrail", "guardrailItem"),
    ("Selector", "selector"),
    ("Condition", "requirement"),
    ("Inventory", "Inventory"),
)


def pages() -> tuple[Path, ...]:
    """Return every page that people read, README included."""
    return (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))


def block(page: str, name: str) -> str:
    """Return what stands between a page's markers ``<!-- NAME -->``."""
    return _between(page, name)[1]


def with_block(page: str, name: str, content: str) -> str:
    """Return a page with what stands between its markers replaced."""
    before, _, after = _between(page, name)
    return f"{before}{content}{after}"


def _between(page: str, name: str) -> tuple[str, str, str]:
    marker = f"<!-- {name} -->\n"
    before, start, rest = page.partition(marker)
    content, end, after = rest.partition(marker)
    assert start and end, f"the page needs {marker.strip()} twice"  # noqa: PT018 -- one rule: both markers
    return before + start, content, end + after


def command(verb: str) -> click.Command:
    """Return the command of a verb."""
    found = commands.get_command(click.Context(commands), verb)
    assert found is not None, f"there is no verb {verb}"
    return found


def help_block(verb: str) -> str:
    """Return a verb's help as a page shows it: as a terminal of 80 columns does, whatever runs the tests."""
    found = command(verb)
    settings = {"help_option_names": ["-h", "--help"], "terminal_width": HELP_WIDTH}
    context = click.Context(found, info_name=f"gitops-golden {verb}", **settings)  # type: ignore[arg-type] # of two kinds
    return f"```text\n{found.get_help(context)}\n```\n"


@dataclass(frozen=True, slots=True)
class Shown:
    """A command line that a page shows; ``mention`` is one in running text, which may leave its options out."""

    page: Path
    line: str
    mention: bool

    def words(self) -> list[str]:
        """Return its words up to a pipe, a redirection or a comment."""
        lexer = shlex.shlex(self.line, posix=True, punctuation_chars="|><;&()")
        lexer.whitespace_split = True
        words = list(lexer)
        ends = [position for position, word in enumerate(words) if word[0] in "|><;&()"]
        return words[: ends[0] if ends else None]


def shown_commands(page: Path) -> Iterator[Shown]:
    """Yield every ``gitops-golden …`` of a page: in code, after a prompt or not, and in running text."""
    text = page.read_text(encoding="utf-8")
    for _, code in _FENCE.findall(text):
        for line in code.replace("\\\n", " ").splitlines():
            typed = line.strip().removeprefix("$ ")
            if typed.startswith("gitops-golden "):
                yield Shown(page, typed, mention=False)
    for inline in _INLINE.findall(_FENCE.sub("", text)):
        if inline.startswith("gitops-golden ") and not inline.startswith("gitops-golden <"):
            yield Shown(page, inline, mention=True)


def parse(shown: Shown) -> None:
    """Let click read a command line, without running it. Raises ``click.UsageError`` for one that is wrong."""
    _, verb, *arguments = shown.words()
    if verb.startswith("-"):
        return
    found = command(verb)
    if arguments or not shown.mention:
        found.make_context(verb, arguments)


def examples(page: Path) -> Iterator[str]:
    """Yield the YAML that a page shows."""
    for language, code in _FENCE.findall(page.read_text(encoding="utf-8")):
        if language == "yaml":
            yield code


def links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links within the project."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" not in target:
            yield target


def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def table_words(page: str, heading: str) -> tuple[str, ...]:
    """Return the word in code that begins each row of the tables whose first column has a heading."""
    words: list[str] = []
    inside = False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        inside = bool(cells) and (inside or cells[0] == heading)
        if inside and cells[0].startswith("`"):
            words.append(cells[0].strip("`"))
    return tuple(words)


def built_in_guardrails() -> str:
    """Return the built-in guardrails as a table: each one's name, its mode, and why."""
    rows = ["| Guardrail | Mode | Why |\n| --- | --- | --- |\n"]
    for name, file in built_in_files().items():
        schema = json.loads(file.read_text(encoding="utf-8"))
        rows.append(f"| `{name}` | `{schema[MODE_KEYWORD]}` | {schema['description']} |\n")
    return "\n" + "".join(rows) + "\n"


def reference() -> str:
    """Return the fields of a policy as tables, and a list of those that are known and not supported yet."""
    definitions = json.loads((shipped("policies") / "policy.schema.json").read_text(encoding="utf-8"))["$defs"]
    parts: list[str] = []
    later: list[str] = []
    for title, name in _TABLES:
        rows: list[str] = []
        settings = definitions["settings"]["properties"] if name == "imageItem" else {}
        for field in _fields(definitions, definitions[name], ""):
            if field.path.partition(".")[0] not in settings:
                (later if field.later else rows).append(field.row(title))
        if settings:
            rows.append("| every field of [settings](#settings) |  |  | How clusters hold this image. |\n")
        parts.append(
            f"### {title}\n\n| Field | Type | Built in | Meaning |\n| --- | --- | --- | --- |\n{''.join(rows)}"
        )
    parts.append(f"### Not supported yet\n\n| Where | Field | Meaning |\n| --- | --- | --- |\n{''.join(later)}")
    return "\n" + "\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class _Field:
    path: str
    type: str
    built_in: str
    meaning: str
    later: bool

    def row(self, table: str) -> str:
        if self.later:
            return f"| {table} | `{self.path}` | {self.meaning} |\n"
        return f"| `{self.path}` | {self.type} | {self.built_in} | {self.meaning} |\n"


def _fields(definitions: Mapping[str, Any], node: Mapping[str, Any], prefix: str) -> Iterator[_Field]:
    for name, child in node.get("properties", {}).items():
        if not prefix and name in {"apiVersion", "kind"}:
            continue
        described = child.get("description") or _resolved(definitions, child).get("description", "")
        built_in = _BUILT_IN.search(described)
        needed = name in node.get("required", ())
        yield _Field(
            path=prefix + name,
            type=_type(definitions, child),
            built_in="required" if needed else built_in[1] if built_in else "",
            meaning=_BUILT_IN.sub("", described).replace(_LATER, "").replace("|", "\\|").strip(),
            later=child.get("not") == {},
        )
        for inner in _alternatives(definitions, child):
            yield from _fields(definitions, inner, f"{prefix}{name}.")


def _resolved(definitions: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = definitions[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    return found


def _alternatives(definitions: Mapping[str, Any], node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if node.get("$ref", "").rpartition("/")[2] in _LISTED:
        return
    node = _resolved(definitions, node)
    yield node
    for each in node.get("anyOf", ()):
        yield from _alternatives(definitions, each)


def _type(definitions: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    listed = _LISTED.get(node.get("$ref", "").rpartition("/")[2])
    if listed:
        return listed
    node = _resolved(definitions, node)
    kind = "text"
    if "anyOf" in node:
        kinds = (_type(definitions, each) for each in node["anyOf"] if each.get("type") != "null")
        kind = " or ".join(dict.fromkeys(kinds))
    elif "const" in node or "enum" in node:
        kind = ", ".join(f"`{value}`" for value in node.get("enum", [node.get("const")]))
    elif node.get("type") == "array":
        kind = f"list of {_type(definitions, node['items'])}"
    elif node.get("type") == "integer":
        kind = f"number, {node['minimum']} to {node['maximum']}"
    elif isinstance(node.get("additionalProperties"), dict):
        kind = "map of text"
    elif node.get("type") in _PLAIN:
        kind = _PLAIN[node["type"]]
    return kind
