"""A registry over the OCI distribution API: which digest a tag is, and what that digest holds.

Trusts no answer: bytes are held against their digests, and a header that disagrees with them is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError, OutsideError
from gitops_golden.registry.credentials import Found
from gitops_golden.registry.manifest import MEDIA_TYPES
from gitops_golden.registry.reference import digest_of, is_digest, matches, split
from gitops_golden.registry.release import Top, assemble
from gitops_golden.registry.session import Session, Target
from gitops_golden.registry.transport import Transport

if TYPE_CHECKING:
    from gitops_golden.registry.network import Network
    from gitops_golden.registry.release import Release
    from gitops_golden.registry.transport import Patience

_OK = 200
_NOT_FOUND = 404
_NO_HEAD = (405, 501)
_MANIFESTS = ", ".join(MEDIA_TYPES)
_DIGEST = "docker-content-digest"
_ANONYMOUS = Found()


class RegistryClient:
    """Reads one registry. Safe to use from several threads at a time.

    ``address`` is ``host[:port][/prefix]``, ``found`` the user's account there; over plain HTTP it is never
    used. Every method raises OutsideError, with the image's full name as its place, when the registry does
    not answer, refuses, or serves what cannot be an image; NoSuchTagError when it answers that it does not
    hold the tag.
    """

    def __init__(
        self,
        address: str,
        *,
        network: Network,
        plain_http: bool = False,
        found: Found = _ANONYMOUS,
        patience: Patience | None = None,
    ) -> None:
        self.where = address
        self._address = split(address)
        self._session = Session(
            self._address.host,
            plain_http=plain_http,
            found=found,
            transport=Transport(network, plain_http=plain_http, patience=patience),
        )

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest that a tag is now: of a HEAD, or of the bytes where a server omits the header."""
        target = self._target(repository, tag)
        answer = self._session.ask("HEAD", target, f"manifests/{tag}", _MANIFESTS)
        if answer.status == _OK and is_digest(answer.headers.get(_DIGEST, "")):
            return answer.headers[_DIGEST]
        if answer.status not in {_OK, *_NO_HEAD}:
            raise self._session.refusal(answer, target)
        return self._top(target, tag).digest

    def holds(self, repository: str, digest: str) -> bool:
        """Return whether the repository serves a digest's manifest: of a HEAD, or of a GET where a server has none."""
        target = self._target(repository, digest)
        answer = self._session.ask("HEAD", target, f"manifests/{digest}", _MANIFESTS)
        if answer.status in _NO_HEAD:
            answer = self._session.ask("GET", target, f"manifests/{digest}", _MANIFESTS)
        if answer.status not in {_OK, _NOT_FOUND}:
            raise self._session.refusal(answer, target)
        return answer.status == _OK

    def resolve(self, repository: str, tag: str) -> Release:
        """Return what a tag is now, with its platforms: the manifest and, of an index, each platform's."""
        target = self._target(repository, tag)
        top = self._top(target, tag)
        try:
            return assemble(tag, top, _Repository(self._session, target))
        except InputError as error:
            # The registry serves nonsense; the user's input is not at fault.
            problem = error.problem
            raise OutsideError(problem.what, where=problem.where, remedy=problem.remedy) from error

    def _target(self, repository: str, reference: str) -> Target:
        mark = "@" if is_digest(reference) else ":"
        return Target(self._address.name(repository), f"{self.where}/{repository}{mark}{reference}")

    def _top(self, target: Target, tag: str) -> Top:
        answer = self._session.ask("GET", target, f"manifests/{tag}", _MANIFESTS)
        if answer.status != _OK:
            raise self._session.refusal(answer, target)
        if answer.media_type == "text/html":
            raise OutsideError(
                "a web page came instead of a manifest",
                where=target.where,
                remedy="check that spec.registry.address points at a registry",
            )
        said = answer.headers.get(_DIGEST, "")
        if said and not (is_digest(said) and matches(said, answer.body)):
            raise _lied(target)
        return Top(answer.body, said or digest_of(answer.body), answer.media_type, target.shown)


@dataclass(frozen=True, slots=True)
class _Repository:
    """What one repository holds, for ``assemble``."""

    session: Session
    target: Target

    def manifest(self, digest: str) -> bytes | None:
        return self._checked("manifests", digest, _MANIFESTS)

    def blob(self, digest: str) -> bytes:
        data = self._checked("blobs", digest, "*/*")
        if data is None:
            raise OutsideError("the registry does not hold the image's config", where=self.target.where)
        return data

    def _checked(self, kind: str, digest: str, accept: str) -> bytes | None:
        answer = self.session.ask("GET", self.target, f"{kind}/{digest}", accept)
        if answer.status == _NOT_FOUND:
            return None
        if answer.status != _OK:
            raise self.session.refusal(answer, self.target)
        if not matches(digest, answer.body):
            raise _lied(self.target)
        return answer.body


def _lied(target: Target) -> OutsideError:
    return OutsideError(
        "the registry served other bytes than their digest says",
        where=target.where,
        remedy="a proxy or a cache may have changed them: ask the registry directly, or push the image again",
    )
