"""A verification as one HTML file that needs nothing else: to be opened, searched, printed and kept.

The page carries its style, its script and the report. A policy in it forbids everything else, so that nothing that a
cluster says can load, send or run anything. Without a script it still tells what is wrong; the matrix needs one.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from string import Template
from typing import TYPE_CHECKING

from gitops_golden.report.page.assets import script, skeleton, style
from gitops_golden.report.page.data import data_block
from gitops_golden.report.page.findings import findings
from gitops_golden.report.page.markup import Markup, element, readable, together
from gitops_golden.report.page.overview import basis, headline, verdicts, warnings

if TYPE_CHECKING:
    from gitops_golden.verify.model import Report


def as_html(report: Report) -> str:
    """Return the report as a page; the same report gives the same bytes."""
    css, javascript = Markup(style()), Markup(script())
    return Template(skeleton()).substitute(
        policy=_policy(javascript, css),
        title=together([f"{readable(report.fleet)}: {headline(report)}"]),
        fleet=together([readable(report.fleet)]),
        headline=together([headline(report)]),
        warnings=warnings(report),
        verdicts=verdicts(report),
        basis=basis(report),
        findings=findings(report),
        style=element("style", css),
        data=element("script", Markup(data_block(report)), id="data", type="application/json"),
        script=element("script", javascript, type="module"),
    )


def _policy(javascript: str, css: str) -> Markup:
    """Return the policy that lets exactly this script and this style work, and nothing be loaded or sent."""
    rules = (
        "default-src 'none'",
        f"script-src '{_hash(javascript)}'",
        f"style-src '{_hash(css)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return together(["; ".join(rules)])


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
