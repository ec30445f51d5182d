from __future__ import annotations

from typing import Any

import pytest

from gitops_golden.policy.settings import Kinded
from gitops_golden.render.changes import Change, Kind, changes
from gitops_golden.render.environment import Templates
from gitops_golden.render.render import Renderer
from gitops_golden.resources import shipped
from tests.builders import A, B, settings, tracking_variant, variant


def content(**parts: Any) -> bytes:
    return Renderer("acme", Templates(shipped("templates"))).image(variant(**parts)).content


def only(before: bytes | None, after: bytes | None) -> Change:
    (change,) = changes([("prod-1", "rhel9", before, after)])
    return change


def test_equal_states_are_no_change() -> None:
    assert changes([("a", "rhel9", content(), content()), ("b", "rhel9", None, None)]) == ()


def test_a_new_delivery_is_an_addition_of_its_digest() -> None:
    assert only(None, content()) == Change(Kind.ADD, "rhel9", ("prod-1",), (None, A))


def test_a_delivery_that_goes_is_a_removal_of_its_digest() -> None:
    assert only(content(), None) == Change(Kind.REMOVE, "rhel9", ("prod-1",), (A, None))


def test_another_digest_is_a_release_and_nothing_else() -> None:
    assert only(content(), content(digest=B)) == Change(Kind.RELEASE, "rhel9", ("prod-1",), (A, B))


def test_another_size_is_a_hand_over_that_tells_the_field() -> None:
    change = only(content(), content(settings=settings(size="40Gi")))
    assert change.kind is Kind.HANDOVER
    assert [(field.path, field.before, field.after) for field in change.fields] == [
        ("spec.template.spec.storage.resources.requests.storage", "30Gi", "40Gi")
    ]


def test_another_namespace_is_a_move_for_no_cron_adopts_volumes_of_another() -> None:
    moved = content(settings=settings(namespace="other"))
    resized = content(settings=settings(namespace="other", size="40Gi"))
    assert only(content(), moved).kind is Kind.MOVE
    assert only(content(), resized).kind is Kind.MOVE


def test_pinning_a_tracking_image_is_a_hand_over() -> None:
    tracking = Renderer("acme", Templates(shipped("templates"))).image(tracking_variant()).content
    change = only(tracking, content())
    assert (change.kind, change.digests) == (Kind.HANDOVER, (None, A))


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"attempts": 1}, "attempt"),
        (
            {"settings": settings(preference=Kinded("rhel.9", "K"))},
            "labels.instancetype.kubevirt.io/default-preference",
        ),
    ],
)
def test_metadata_alone_is_told_as_such(parts: dict[str, object], field: str) -> None:
    change = only(content(), content(**parts))
    assert change.kind is Kind.METADATA
    assert field in [each.path for each in change.fields]


def test_a_file_that_somebody_edited_is_put_back() -> None:
    edited = content().replace(b"importsToKeep: 3", b"importsToKeep: 9")
    assert only(edited, content()).kind is Kind.REPAIR
    assert only(b"not: ours\n", content()).kind is Kind.REPAIR
    assert only(b"\0", content()).kind is Kind.REPAIR


def test_clusters_that_change_alike_are_one_change() -> None:
    found = changes(
        [
            ("b", "rhel9", content(), content(digest=B)),
            ("a", "rhel9", content(), content(digest=B)),
            ("c", "rhel9", content(settings=settings(keep=1)), content(digest=B, settings=settings(keep=1))),
        ]
    )
    assert [(change.kind, change.clusters) for change in found] == [(Kind.RELEASE, ("a", "b", "c"))]
