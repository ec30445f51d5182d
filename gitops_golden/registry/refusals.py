"""What a registry's refusal means to a person: one sentence and one advice for each kind.

Nothing here carries a header, a query or a credential, so that every message may be pasted into a ticket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.errors import InputErrors, OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitops_golden.errors import GoldenError, Location, Problem

_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_TOO_MANY = 429
_SERVER_FAILED = 500
_LONGEST_NUMBER = 9

_LATER = "run the command again later, or ask who runs the registry"
_SENTENCES = {
    400: ("calls the request bad", "if it speaks TLS, set spec.registry.plainHTTP to false"),
    _UNAUTHORIZED: (
        "wants other credentials",
        "log in with docker, podman or skopeo, or name an auth file in REGISTRY_AUTH_FILE",
    ),
    _FORBIDDEN: ("forbids reading this repository", "give the account the right to pull it"),
    _NOT_FOUND: ("does not hold this", "push it, or correct the image's repository and tag in the policy"),
    _TOO_MANY: (
        "limits how often it may be asked, still after several tries",
        "run the command again later; registries often allow more to accounts that log in",
    ),
}
_UNEXPECTED = ("gave an unexpected answer", "check that spec.registry.address points at a registry")
_FAILED = ("failed, still after several tries", _LATER)


class NoSuchTagError(OutsideError):
    """The repository was read and does not hold the tag."""


class UnresolvedError(OutsideError):
    """Some images could not be resolved; all of them are named."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].what)
        self._problems = tuple(problems)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Each image's own failure, in the order of the images."""
        return self._problems


def gather(failures: Iterable[GoldenError]) -> InputErrors | UnresolvedError:
    """Make one error of many: input that only the user can mend outranks an outside that failed."""
    kept = tuple(failures)
    problems = tuple(dict.fromkeys(problem for failure in kept for problem in failure.problems))
    if any(not isinstance(failure, OutsideError) for failure in kept):
        return InputErrors(problems)
    return UnresolvedError(problems)


def refused(status: int, where: Location, *, note: str, retry_after: str) -> OutsideError:
    """Return the error for an answer that is no success.

    ``note`` is what is known about the user's credentials for the host; ``retry_after`` is the header.
    """
    what, remedy = _SENTENCES.get(status, _FAILED if status >= _SERVER_FAILED else _UNEXPECTED)
    if note and status in {_UNAUTHORIZED, _FORBIDDEN}:
        remedy = note
    if status == _TOO_MANY and retry_after.isdecimal() and len(retry_after) <= _LONGEST_NUMBER:
        remedy = remedy.replace("later", f"in {int(retry_after)} s")
    kind = NoSuchTagError if status == _NOT_FOUND else OutsideError
    return kind(f"the registry {what} ({status})", where=where, remedy=remedy)
