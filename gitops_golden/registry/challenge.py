"""How a registry asks who is there: the ``WWW-Authenticate`` header (RFC 9110) and the token it leads to.

The token protocol is distribution's: ``realm?service=…&scope=…`` answers with ``token`` or ``access_token``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from gitops_golden.errors import OutsideError
from gitops_golden.registry.untrusted import read_object

TOKEN_LIMIT = 256 * 1024
"""In bytes: the longest answer of a token service."""

_WORD = re.compile(
    r"""[\s,]*(?:
        (?P<key>[\w-]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]+))
        |(?P<scheme>[A-Za-z][\w-]*)
    )""",
    re.VERBOSE,
)
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate that the server offers; ``scheme`` is in lower case."""

    scheme: str
    realm: str = ""
    service: str = ""


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Parse the header's challenges, in its order; what makes no sense ends the list."""
    offers: list[tuple[str, dict[str, str]]] = []
    position = 0
    while word := _WORD.match(header, position):
        position = word.end()
        if word["scheme"]:
            offers.append((word["scheme"].lower(), {}))
        elif offers:
            quoted = word["quoted"]
            value = word["bare"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            offers[-1][1][word["key"].lower()] = value
    return tuple(Challenge(scheme, said.get("realm", ""), said.get("service", "")) for scheme, said in offers)


def token_url(challenge: Challenge, name: str, *, plain_host: str | None) -> str:
    """Return where to ask for a token that may pull one repository.

    ``plain_host`` is the registry's ``host[:port]`` if it is spoken to without TLS: then its token service
    may be, on that same host. Raises OutsideError for any other realm that is no plain https URL.
    """
    refused = OutsideError(
        "the registry names a token service that is not reached over TLS",
        remedy="ask who runs the registry to correct the realm of its token service",
    )
    try:
        parts = urlsplit(challenge.realm)
    except ValueError as error:
        raise refused from error
    allowed = parts.scheme == "https" or (parts.scheme == "http" and parts.netloc == plain_host)
    if not allowed or not parts.netloc or "@" in parts.netloc:
        raise refused
    # The scope is ours, not the challenge's: a token is asked for no more than pulling.
    query = {"service": challenge.service, "scope": f"repository:{name}:pull"}
    added = urlencode({key: value for key, value in query.items() if value})
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added, fragment="").geturl()


def parse_token(data: bytes, name: str) -> str:
    """Return the token of an answer; raises InputError if it holds none that may stand in a header."""
    fields = read_object(data, name)
    token = fields.optional_string("token") or fields.optional_string("access_token")
    if not _TOKEN.fullmatch(token):
        fields.text.wrong("holds no token")
    return token
