"""A verification as an in-toto statement, which a signer can sign: the digests that it is about, and the whole report.

Signs nothing: whose word it is, is for the signer to show.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from gitops_golden.errors import InputError
from gitops_golden.report.verification_json import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.verify.model import Report

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "urn:gitops-golden:verify-report:v1alpha1"
"""The type of what is stated: a VerifyReport as ``schema report`` describes it. A new shape gets a new version."""


def as_statement(report: Report) -> str:
    """Return an in-toto Statement v1 in JSON, on one line: the same report gives the same bytes.

    Its subjects are the digests that consumers are to be served. That they are is what the report says or denies: who
    relies on a statement looks at its ``summary``. Raises ``InputError`` where there is no digest to speak of.
    """
    subjects = [
        {"name": name, "digest": {algorithm: value}}
        for name, (algorithm, _, value) in ((name, digest.partition(":")) for name, digest in _digests(report))
    ]
    if not subjects:
        raise InputError(
            "there is nothing to state: no digest is expected of any image",
            remedy="run `gitops-golden lock`, then verify again",
        )
    statement = {"_type": STATEMENT, "subject": subjects, "predicateType": PREDICATE, "predicate": as_json(report)}
    text = json.dumps(statement, separators=(",", ":"), ensure_ascii=False)
    # A cluster may have said half a character. JSON as Python reads it has those, a signer's does not.
    return text.encode("utf-8", "replace").decode("utf-8")


def _digests(report: Report) -> Iterator[tuple[str, str]]:
    """Yield names that differ, each with a digest: the repository, followed by its digest where it has several."""
    repositories = {image.image: image.repository for image in report.images}
    expected: dict[str, set[str]] = defaultdict(set)
    for result in report.deliveries:
        if result.expected:
            expected[repositories.get(result.image) or result.image].add(result.expected)
    for name, digests in sorted(expected.items()):
        for digest in sorted(digests):
            yield name if len(digests) == 1 else f"{name}@{digest}", digest
