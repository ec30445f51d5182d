from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError
from gitops_golden.policy.model import Registry
from gitops_golden.registry.lockfile import LOCK_FILE, read_lock, write_lock
from gitops_golden.registry.source import open_registry
from gitops_golden.registry.update import check, relock
from tests import builders
from tests.testbed.containerdisk import containerdisk, multiarch
from tests.testbed.layout import write_layout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.registry import ReachableRegistry

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
OLD = containerdisk(b"9.6 of November")
NEW = multiarch([containerdisk(b"9.6 of December"), containerdisk(b"arm", architecture="arm64")])


def test_a_tag_that_moves_and_comes_back_is_followed_through_the_file(
    registry: ReachableRegistry, tmp_path: Path
) -> None:
    rhel9 = replace(builders.image(tag="9.6"), repository="lock/rhel9")
    policy = builders.policy(registry=Registry(registry.address, plain_http=True), images=(rhel9,))
    releases = open_registry(policy.registry, environ={}, home=tmp_path)

    def lock_now(days: int) -> bool:
        relocked = relock(policy, read_lock(tmp_path), releases, now=NOW + timedelta(days))
        return write_lock(tmp_path, relocked.lock)

    old = registry.push(OLD, "lock/rhel9", "9.6")
    assert lock_now(0)
    assert not lock_now(1)
    first = (tmp_path / LOCK_FILE).read_bytes()

    new = registry.push(NEW, "lock/rhel9", "9.6")
    (state,) = check(policy, read_lock(tmp_path), releases)
    assert (state.state, state.locked, state.served) == ("moved", old, new)
    assert (tmp_path / LOCK_FILE).read_bytes() == first

    assert lock_now(2)
    locked = read_lock(tmp_path)
    release = locked.release("rhel9", new)
    assert locked.digest("rhel9") == new
    assert release
    assert [platform.platform for platform in release.platforms] == ["linux/amd64", "linux/arm64"]

    registry.tag("lock/rhel9", "9.6", old)
    assert lock_now(3)
    back = read_lock(tmp_path)
    assert back.digest("rhel9") == old
    assert back.images[0].releases == locked.images[0].releases
    assert [state.state for state in check(policy, back, releases)] == ["current"]


def test_an_air_gapped_layout_locks_like_a_registry(tmp_path: Path) -> None:
    write_layout(tmp_path / "registry/golden/rhel9", NEW, "1")
    policy = builders.policy(registry=Registry("registry.example", layout=tmp_path / "registry"))
    releases = open_registry(policy.registry, environ={}, home=tmp_path)
    lock = relock(policy, read_lock(tmp_path), releases, now=NOW).lock
    assert lock.digest("rhel9") == NEW.digest
    assert lock.images[0].releases[0].checked == "layout"


def test_a_layout_whose_digests_are_paths_locks_nothing(tmp_path: Path) -> None:
    write_layout(tmp_path / "registry/golden/rhel9", OLD, "1")
    index = tmp_path / "registry/golden/rhel9/index.json"
    index.write_text(index.read_text().replace(OLD.digest, "../../../../../etc/hostname"))
    policy = builders.policy(registry=Registry("registry.example", layout=tmp_path / "registry"))
    releases = open_registry(policy.registry, environ={}, home=tmp_path)
    with pytest.raises(InputError, match=rf"{index}:\d+:\d+: manifests\[0\]\.digest is no digest") as caught:
        relock(policy, read_lock(tmp_path), releases, now=NOW)
    assert caught.value.exit_code == 2
    assert not (tmp_path / LOCK_FILE).exists()
