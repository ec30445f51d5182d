"""Being someone at a registry: requests under ``/v2/``, and the answers to its questions who asks.

Anonymous and basic accounts, with or without a token service between. Over plain HTTP nobody is anyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitops_golden.errors import InputError, Location, OutsideError
from gitops_golden.registry.challenge import TOKEN_LIMIT, parse_challenges, parse_token, token_url
from gitops_golden.registry.credentials import Found
from gitops_golden.registry.refusals import refused
from gitops_golden.registry.untrusted import SIZE_LIMIT

if TYPE_CHECKING:
    from gitops_golden.registry.transport import Answer, Transport

_OK = 200
_UNAUTHORIZED = 401
# Docker Hub's name in an image's name is not the host that serves it.
_HOSTS = {"docker.io": "registry-1.docker.io"}


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for: a repository's full name on the host, and what messages call the image."""

    name: str
    shown: str

    @property
    def where(self) -> Location:
        """The image, as the place of an error."""
        return Location(self.shown)


class Session:
    """Asks one host for things below ``/v2/``. Safe to use from several threads at a time."""

    def __init__(self, host: str, *, plain_http: bool, found: Found, transport: Transport) -> None:
        self._host = _HOSTS.get(host, host)
        self._plain_http = plain_http
        self._found = _without_secrets(found) if plain_http else found
        self._transport = transport
        self._authorizations: dict[str, str] = {}

    def ask(self, method: str, target: Target, path: str, accept: str) -> Answer:
        """Return the answer to a request for ``path`` of the target's repository, whatever its status.

        Raises OutsideError, with the image as its place, if none came or the token service gave no token.
        """
        url = f"{'http' if self._plain_http else 'https'}://{self._host}/v2/{target.name}/{path}"

        def ask(authorization: str) -> Answer:
            return self._transport.ask(method, url, accept=accept, limit=SIZE_LIMIT, authorization=authorization)

        try:
            answer = ask(self._authorizations.get(target.name, ""))
            if answer.status != _UNAUTHORIZED:
                return answer
            authorization = self._authorization(answer, target)
            if not authorization:
                return answer
            self._authorizations[target.name] = authorization
            return ask(authorization)
        except OutsideError as error:
            problem = error.problem
            raise OutsideError(problem.what, where=target.where, remedy=problem.remedy) from error

    def refusal(self, answer: Answer, target: Target) -> OutsideError:
        """Return the error that an answer's status stands for."""
        retry_after = answer.headers.get("retry-after", "")
        return refused(answer.status, target.where, note=self._found.note, retry_after=retry_after)

    def _authorization(self, answer: Answer, target: Target) -> str:
        # What to say to this 401; empty if there is nothing to say.
        challenges = parse_challenges(answer.headers.get("www-authenticate", ""))
        offers = {challenge.scheme: challenge for challenge in challenges}
        account = self._found.credentials
        basic = account.basic if account else ""
        if "bearer" not in offers:
            return basic if "basic" in offers else ""
        url = token_url(offers["bearer"], target.name, plain_host=self._host if self._plain_http else None)
        token = self._transport.ask("GET", url, accept="application/json", limit=TOKEN_LIMIT, authorization=basic)
        if token.status != _OK:
            raise self.refusal(token, target)
        try:
            return f"Bearer {parse_token(token.body, 'token')}"
        except InputError as error:
            raise OutsideError(f"the answer of the token service {error.problem.what}") from error


def _without_secrets(found: Found) -> Found:
    if not found.credentials:
        return found
    return Found(note="credentials are never sent over plain HTTP: give the registry TLS")
