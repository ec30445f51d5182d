from __future__ import annotations

import difflib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from jsonschema import Draft202012Validator

from gitops_golden.documents import as_data, parse_one
from gitops_golden.registry.lock import Count, Lock, LockedImage, LockedRelease
from gitops_golden.registry.lock_parse import parse_lock
from gitops_golden.registry.lock_text import dump_lock
from gitops_golden.registry.release import PlatformImage
from gitops_golden.resources import shipped
from tests.builders import A, B
from tests.unit.registry.locks import locks

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = json.loads((shipped("policies") / "lock.schema.json").read_text())


def release(digest: str, tag: str, first_seen: str) -> LockedRelease:
    image = PlatformImage("linux/amd64", digest, 123456)
    return LockedRelease(digest, tag, first_seen, "registry.acme.example:5000", 123456, (image,))


FIRST = release(A, "9.5", "2026-11-21T10:00:00Z")
SECOND = release(B, "9.6", "2026-12-01T10:00:00Z")
IMAGE = LockedImage("rhel9", "golden/rhel9", (FIRST,), (("all", A),))
OTHER = LockedImage("fedora", "golden/fedora", (SECOND,), (("all", B),), Count(1, (("edge-001", 2),)), Count(3))

TEXT = f"""\
# Written by `gitops-golden lock`. Commit it with the policy.
apiVersion: gitops-golden/v1alpha1
kind: FleetLock
images:
  fedora:
    repository: golden/fedora
    releases:
      - digest: {B}
        tag: "9.6"
        firstSeen: "2026-12-01T10:00:00Z"
        checked: registry.acme.example:5000
        size: 123456
        platforms:
          - {{platform: linux/amd64, digest: "{B}", size: 123456}}
    waves:
      all: {B}
    restarts:
      fleet: 1
      clusters:
        edge-001: 2
    attempts:
      fleet: 3
  rhel9:
    repository: golden/rhel9
    releases:
      - digest: {A}
        tag: "9.5"
        firstSeen: "2026-11-21T10:00:00Z"
        checked: registry.acme.example:5000
        size: 123456
        platforms:
          - {{platform: linux/amd64, digest: "{A}", size: 123456}}
    waves:
      all: {A}
"""


def test_a_lock_reads_as_the_manual_shows_it() -> None:
    assert dump_lock(Lock((OTHER, IMAGE))).decode() == TEXT


def test_the_empty_lock_is_a_whole_document() -> None:
    assert parse_lock(dump_lock(Lock()), "x") == Lock()


@given(locks())
def test_what_is_written_reads_back_as_the_same_lock(lock: Lock) -> None:
    assert parse_lock(dump_lock(lock), "fleet.lock.yaml") == lock


@given(locks())
def test_equal_locks_are_equal_bytes_in_whatever_order_their_parts_came(lock: Lock) -> None:
    shuffled = Lock(
        tuple(replace(image, releases=image.releases[::-1], waves=image.waves[::-1]) for image in reversed(lock.images))
    )
    assert dump_lock(shuffled) == dump_lock(lock)


@given(locks())
def test_every_lock_satisfies_the_schema(lock: Lock) -> None:
    Draft202012Validator(SCHEMA).validate(as_data(parse_one(dump_lock(lock), "x")))


def _changed(before: Lock, after: Lock) -> Iterator[str]:
    old, new = (dump_lock(lock).decode().splitlines() for lock in (before, after))
    return (line for line in difflib.ndiff(old, new) if line[0] in "+-")


def test_a_new_release_adds_its_lines_and_changes_one() -> None:
    moved = replace(IMAGE, releases=(FIRST, SECOND), waves=(("all", B),))
    lines = list(_changed(Lock((OTHER, IMAGE)), Lock((OTHER, moved))))
    assert [line for line in lines if line.startswith("-")] == [f"-       all: {A}"]
    assert len(lines) == 9


def test_going_back_to_a_known_release_changes_one_line() -> None:
    moved = replace(IMAGE, releases=(FIRST, SECOND), waves=(("all", B),))
    back = replace(moved, waves=(("all", A),))
    assert list(_changed(Lock((moved,)), Lock((back,)))) == [f"-       all: {B}", f"+       all: {A}"]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert not list(_undescribed(SCHEMA))


def _undescribed(schema: dict[str, Any]) -> Iterator[str]:
    # The fields that a person may edit by hand are explained.
    for name in ("restarts", "attempts", "waves", "releases"):
        if "description" not in schema["$defs"]["image"]["properties"][name]:
            yield name
