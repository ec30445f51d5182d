from __future__ import annotations

from hypothesis import given

from gitops_golden.registry.lock import Count, Lock, LockedImage
from tests.builders import A, B, locked
from tests.unit.registry.locks import COUNTS, NAMES


def test_the_empty_lock_pins_nothing() -> None:
    assert Lock().image("rhel9") is None
    assert Lock().digest("rhel9") is None
    assert Lock().release("rhel9", A) is None
    assert Lock().restarts_on("rhel9", "edge-001") == Lock().attempts_on("rhel9", "edge-001") == 0


def test_each_wave_holds_its_own_digest() -> None:
    image = LockedImage("rhel9", "golden/rhel9", waves=(("all", A), ("canary", B)))
    lock = Lock((image,))
    assert (lock.digest("rhel9"), lock.digest("rhel9", "canary"), lock.digest("rhel9", "x")) == (A, B, None)


def test_a_digest_of_another_repository_pins_nothing() -> None:
    lock = Lock((locked("rhel9", A),))
    assert lock.digest("rhel9", repository=lock.images[0].repository) == A
    assert lock.digest("rhel9", repository="golden/elsewhere") is None


def test_every_release_is_found_by_its_digest() -> None:
    lock = Lock((locked("rhel9", B, A),))
    assert lock.release("rhel9", A) == lock.images[0].releases[0]
    assert lock.release("rhel9", "sha256:x") is None


@given(COUNTS, NAMES)
def test_raising_either_count_always_changes_what_holds_on_a_cluster(count: Count, cluster: str) -> None:
    own = dict(count.clusters)
    raised = tuple(sorted({**own, cluster: own.get(cluster, 0) + 1}.items()))
    assert Count(count.fleet + 1, count.clusters).on(cluster) == count.on(cluster) + 1
    assert Count(count.fleet, raised).on(cluster) == count.on(cluster) + 1
    assert Count(count.fleet, raised).on(f"not-{cluster}") == Count(count.fleet, count.clusters).on(f"not-{cluster}")


def test_counts_are_per_image() -> None:
    lock = Lock((LockedImage("a", "a", restarts=Count(1, (("edge-001", 2),)), attempts=Count(4)),))
    assert (lock.restarts_on("a", "edge-001"), lock.restarts_on("a", "edge-002")) == (3, 1)
    assert (lock.attempts_on("a", "edge-001"), lock.attempts_on("b", "edge-001")) == (4, 0)
