"""How a lock follows the registry: what each tag is now, what that changes, and what has moved past the lock.

Takes the registry as ``Releases`` and the time as a value; writes nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Literal, TypeVar

from gitops_golden.errors import GoldenError, OutsideError
from gitops_golden.registry.lock import ALL, Lock, LockedImage, LockedRelease
from gitops_golden.registry.lock_parse import TIME_FORMAT
from gitops_golden.registry.refusals import NoSuchTagError, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence
    from datetime import datetime

    from gitops_golden.policy.model import Image, Policy
    from gitops_golden.registry.release import Release
    from gitops_golden.registry.source import Releases

_AT_ONCE = 8
"""How many tags are asked for at a time: registries allow that many to one address."""

_Key = tuple[str, str]
_NOTHING: _Key = ("", "")
_Learnt = TypeVar("_Learnt")


@dataclass(frozen=True, slots=True)
class LockChange:
    """What a new lock does to one image. ``before`` and ``after`` are the wave ``all``'s digests, or None.

    ``moved``: another digest, new or known of old. ``retagged``: the same digest, of another tag or
    repository. ``retired``: the policy no longer has the image.
    """

    image: str
    kind: Literal["added", "moved", "retagged", "unchanged", "retired"]
    before: str | None
    after: str | None
    tag: str


@dataclass(frozen=True, slots=True)
class Relocked:
    """A lock as the registry is now, with what became of each image that was looked at."""

    lock: Lock
    changes: tuple[LockChange, ...]

    @property
    def changed(self) -> bool:
        """Whether the lock is another than before."""
        return any(change.kind != "unchanged" for change in self.changes)


@dataclass(frozen=True, slots=True)
class TagState:
    """Where an image's tag stands against the lock; ``served`` is its digest now, None if that is not known.

    ``current``: the lock holds what the tag is. ``moved``: it holds another digest. ``gone``: the registry
    does not hold the tag. ``unlocked``: the lock has nothing of this image's repository. ``unreachable``:
    nothing can be said. ``held`` is false where the locked digest itself was asked for and is not there any more.
    """

    image: str
    tag: str
    state: Literal["current", "moved", "gone", "unlocked", "unreachable"]
    locked: str | None
    served: str | None
    message: str = ""
    held: bool = True


def relock(
    policy: Policy,
    lock: Lock,
    releases: Releases,
    *,
    now: datetime,
    only: Container[str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Relocked:
    """Return the lock that holds what every tag of the policy is now.

    ``only`` names the images to look at; without it, images that the policy no longer has leave the lock. A
    digest that is known comes back as it is, with the time it was first seen. ``progress`` gets each
    ``repository:tag`` as it is resolved, in this thread. Raises, naming every image's failure, InputErrors
    if the layout or the user's files are malformed, else UnresolvedError: there is no lock of half the
    truth.
    """
    images = _chosen(policy, only)
    known = {image.name: _kept(image, lock.image(image.name)) for image in images}
    asking: dict[_Key, list[LockedImage]] = {}
    for image in images:
        asking.setdefault(_key(image), []).append(known[image.name])

    def learn(key: _Key) -> Release | str:
        digest = releases.digest(*key)
        return digest if all(image.release(digest) for image in asking[key]) else releases.resolve(*key)

    answers = _all_at_once(map(_key, images), learn, progress)
    _raise_failures(answers.values())
    stamp = now.astimezone(UTC).strftime(TIME_FORMAT)
    after = {image.name: image for image in lock.images}
    changes = []
    for image in images:
        answer = answers[_key(image)]
        assert not isinstance(answer, GoldenError)
        after[image.name] = _holding(known[image.name], image.tag, answer, releases.where, stamp)
        changes.append(_change(image, lock.image(image.name), after[image.name]))
    if only is None:
        gone = set(after) - {image.name for image in policy.images}
        changes += [_retired(after.pop(name)) for name in gone]
    return Relocked(
        Lock(tuple(after[name] for name in sorted(after))),
        tuple(sorted(changes, key=lambda change: change.image)),
    )


def check(
    policy: Policy, lock: Lock, releases: Releases, *, only: Container[str] | None = None, digests: bool = False
) -> tuple[TagState, ...]:
    """Return where each image's tag stands against the lock, in the order of the policy.

    ``only`` names the images to ask for. With ``digests``, a locked digest that the tag is not (any more) is asked for
    itself: one more request for such an image. What can't be asked for is ``unreachable`` and hides nothing of the
    others. Raises InputErrors for a layout that is malformed.
    """
    images = _chosen(policy, only)
    answers = _all_at_once(map(_key, images), lambda key: releases.digest(*key), None)
    _raise_failures(answer for answer in answers.values() if not isinstance(answer, OutsideError))
    pinned = {image.name: lock.digest(image.name, repository=image.repository) for image in images}
    states = [_state(image, pinned[image.name], answers[_key(image)]) for image in images]
    repositories = {image.name: image.repository for image in images}
    return _with_held(states, repositories, releases) if digests else tuple(states)


def _with_held(states: Sequence[TagState], repositories: Mapping[str, str], releases: Releases) -> tuple[TagState, ...]:
    """Return states with what became of the locked digests that their tags are not."""
    doubted = {
        state.image: (repositories[state.image], state.locked)
        for state in states
        if state.locked and state.state in {"moved", "gone"}
    }
    held = _all_at_once(doubted.values(), lambda key: releases.holds(*key), None)
    _raise_failures(answer for answer in held.values() if not isinstance(answer, OutsideError))
    # Where that can't be asked nothing is known of it, and the tag's own state is told.
    return tuple(
        replace(state, held=held.get(doubted.get(state.image, _NOTHING), True) is not False) for state in states
    )


def _chosen(policy: Policy, only: Container[str] | None) -> tuple[Image, ...]:
    return tuple(image for image in policy.images if only is None or image.name in only)


def _key(image: Image) -> _Key:
    return image.repository, image.tag


def _all_at_once(
    wanted: Iterable[_Key], learn: Callable[[_Key], _Learnt], progress: Callable[[str], None] | None
) -> dict[_Key, _Learnt | GoldenError]:
    answers: dict[_Key, _Learnt | GoldenError] = {}
    keys = tuple(dict.fromkeys(wanted))
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="registry")
    try:
        asked = {pool.submit(learn, key): key for key in keys}
        for future in as_completed(asked):
            try:
                answers[asked[future]] = future.result()
            except GoldenError as error:
                answers[asked[future]] = error
            if progress:
                progress(":".join(asked[future]))
    finally:
        # After Ctrl-C nothing that waits in the queue is begun, and what is under way is not waited for.
        pool.shutdown(wait=False, cancel_futures=True)
    return {key: answers[key] for key in keys}


def _raise_failures(answers: Iterable[object]) -> None:
    failures = [answer for answer in answers if isinstance(answer, GoldenError)]
    if failures:
        raise gather(failures)


def _kept(image: Image, locked: LockedImage | None) -> LockedImage:
    # Digests of another repository are no releases of this one; what people raised stays.
    if locked is None:
        return LockedImage(image.name, image.repository)
    if locked.repository != image.repository:
        return replace(locked, repository=image.repository, releases=(), waves=())
    return locked


def _holding(known: LockedImage, tag: str, answer: Release | str, where: str, stamp: str) -> LockedImage:
    digest = answer if isinstance(answer, str) else answer.digest
    old = known.release(digest)
    if old:
        release = replace(old, tag=tag)
    else:
        assert not isinstance(answer, str)
        release = LockedRelease(digest, tag, stamp, where, answer.size, answer.platforms)
    others = [other for other in known.releases if other.digest != digest]
    return replace(
        known,
        releases=tuple(sorted([*others, release], key=lambda each: (each.first_seen, each.digest))),
        waves=tuple(sorted({**dict(known.waves), ALL: digest}.items())),
    )


def _change(image: Image, before: LockedImage | None, after: LockedImage) -> LockChange:
    old, new = before.digest() if before else None, after.digest()
    if before == after:
        return LockChange(image.name, "unchanged", old, new, image.tag)
    if old is None:
        return LockChange(image.name, "added", old, new, image.tag)
    return LockChange(image.name, "retagged" if old == new else "moved", old, new, image.tag)


def _retired(locked: LockedImage) -> LockChange:
    digest = locked.digest()
    release = locked.release(digest) if digest else None
    return LockChange(locked.name, "retired", digest, None, release.tag if release else "")


def _state(image: Image, pinned: str | None, answer: str | GoldenError) -> TagState:
    if isinstance(answer, GoldenError):
        gone = isinstance(answer, NoSuchTagError)
        return TagState(image.name, image.tag, "gone" if gone else "unreachable", pinned, None, str(answer))
    if pinned is None:
        message = f"{image.repository}:{image.tag} is not in the lock"
        return TagState(image.name, image.tag, "unlocked", None, answer, message)
    if pinned != answer:
        message = f"{image.repository}:{image.tag} is {answer} now, the lock holds {pinned}"
        return TagState(image.name, image.tag, "moved", pinned, answer, message)
    return TagState(image.name, image.tag, "current", pinned, answer)
