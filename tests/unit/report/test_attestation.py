"""The report as an in-toto statement, read by in-toto's own library."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from google.protobuf.json_format import Parse  # type: ignore[import-untyped]  # the package has no types
from hypothesis import given
from in_toto_attestation.v1.statement import Statement  # type: ignore[import-untyped]  # the same
from in_toto_attestation.v1.statement_pb2 import Statement as Message  # type: ignore[import-untyped]  # the same

from gitops_golden.errors import InputError
from gitops_golden.report.attestation import PREDICATE, as_statement
from gitops_golden.report.verification_json import as_json
from gitops_golden.verify.model import DeliveryResult
from tests.reports import digest_of, report_of
from tests.unit.report.any_report import reports

if TYPE_CHECKING:
    from gitops_golden.verify.model import Report


@given(reports())
def test_any_report_makes_a_valid_statement(report: Report) -> None:
    first = DeliveryResult("c", "rhel9", "rhel9", None, digest_of("rhel9"), None)
    text = as_statement(replace(report, deliveries=(first, *report.deliveries)))
    text.encode()
    assert "\n" not in text
    Parse(text, Message())
    names = [subject["name"] for subject in json.loads(text)["subject"]]
    assert len(set(names)) == len(names)


def test_in_totos_own_library_takes_the_statement() -> None:
    statement = Statement.copy_from_pb(Parse(as_statement(report_of(12, 4)), Message()))
    statement.validate()
    assert statement.pb.predicate_type == PREDICATE


def test_the_subjects_are_the_digests_that_consumers_are_to_be_served() -> None:
    subjects = json.loads(as_statement(report_of(12, 2)))["subject"]
    assert subjects == [
        {
            "name": f"registry.acme.example:5000/golden/{name}",
            "digest": {"sha256": digest_of(f"{name}:2").removeprefix("sha256:")},
        }
        for name in ("rhel8", "rhel9")
    ]


def test_an_image_of_several_digests_has_a_subject_for_each() -> None:
    report = report_of(2, 1)
    first, second = report.deliveries
    both = replace(report, deliveries=(first, replace(second, expected=digest_of("other"))))
    subjects = json.loads(as_statement(both))["subject"]
    assert len({subject["name"] for subject in subjects}) == 2
    assert all(subject["name"].endswith(subject["digest"]["sha256"]) for subject in subjects)


def test_what_is_stated_is_the_report() -> None:
    report = report_of(12, 4)
    assert json.loads(as_statement(report))["predicate"] == json.loads(json.dumps(as_json(report)))


def test_without_any_digest_there_is_nothing_to_state() -> None:
    with pytest.raises(InputError, match="nothing to state"):
        as_statement(replace(report_of(2, 1), deliveries=()))
