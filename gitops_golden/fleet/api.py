"""One conversation with one API server: bounded in time and size, read-only, in plain JSON.

Tells apart a server that answers no (an ``Answer`` with its status) and one that cannot be asked (``ClusterFailure``).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.jsontext import parse_json
from gitops_golden.fleet.shapes import mapping, text
from gitops_golden.fleet.stream import Stream
from gitops_golden.fleet.transfer import get, handle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.fleet.endpoint import Endpoint
    from gitops_golden.fleet.transfer import Reply

OK = 200
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
PROXY_LOGIN = 407
GONE = 410
BUSY = 429
SERVER_ERROR = 500
_BUSY = (BUSY, 503)  # what API priority and fairness, or a server that is starting, answers
# An API server says in plain text that it does not know a path; proxies refuse with a page of their own.
_SAID_IN_TEXT = (403, 404, 429)
_UNKNOWN_PATH = b"404 page not found"
# Reasons go into reports and metrics, and whoever answers may be hostile.
_WORD = re.compile(r"[A-Z][A-Za-z]{0,63}")
_ATTEMPTS = 3
# Of all answers: as plain values they take several times that.
_MAX_TOGETHER = 256 << 20
_MAX_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server answered: the HTTP status and the JSON object, a ``Status`` when it refuses.

    ``date`` is the header of that name: the server's time of day, if it told. ``foreign`` is what no API server says
    in these words, but something on the way to it.
    """

    status: int
    body: Mapping[str, Any]
    date: str = ""
    foreign: bool = False

    @property
    def reason(self) -> str:
        """The API's own word for a refusal, such as ``Forbidden``; stable and CamelCase."""
        said = text(self.body, "reason")
        return said if _WORD.fullmatch(said) else f"Http{self.status}"


class ApiServer:
    """The API server of one context; all requests together end by ``deadline`` on the monotonic clock."""

    def __init__(self, endpoint: Endpoint, *, deadline: float) -> None:
        """Prepare the connection, without opening it yet."""
        self._endpoint = endpoint
        self._deadline = deadline
        self._handle = handle(endpoint)
        self._received = 0

    def close(self) -> None:
        """Give the connection back."""
        self._handle.close()

    def get(self, path: str, **query: str | int) -> Answer:
        """Return what the server answers to GET ``path``. Not for several threads at a time.

        Raises ClusterFailure if it cannot be reached in time, does not accept the credentials or is no API
        server. A busy server and a connection that broke are tried again, twice at most.
        """
        target = _target(path, query)
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                left = min(self._deadline - time.monotonic(), _MAX_SECONDS)
                reply = get(self._handle, self._endpoint, target, seconds=left)
            except ClusterFailure as failure:
                if last or failure.reason != "ConnectionLost":
                    raise
                continue
            if last or reply.status not in _BUSY:
                break
            wait = _seconds(reply.headers.get("retry-after", ""))
            if time.monotonic() + wait >= self._deadline:
                break
            time.sleep(wait)
        return self._answer(reply)

    def stream(self, path: str, *, quiet: float, **query: str | int) -> Stream:
        """Open GET ``path``, whose answer goes on and on; it is lost once nothing came for ``quiet`` seconds.

        It has a connection of its own, so it may be called from any thread. Raises ClusterFailure as ``get`` does.
        Nothing is tried again.
        """
        return Stream(self._endpoint, _target(path, query), quiet=quiet)

    def _answer(self, reply: Reply) -> Answer:
        status, shown = reply.status, self._endpoint.shown
        self._received += reply.size
        if self._received > _MAX_TOGETHER:
            told = f"{shown} answers with more than {_MAX_TOGETHER >> 20} MiB in all"
            raise ClusterFailure("TooLarge", told)
        if status == UNAUTHORIZED:
            raise ClusterFailure("Unauthorized", f"{shown} does not accept the credentials")
        if status == PROXY_LOGIN:
            raise ClusterFailure("ProxyFailed", f"the proxy on the way to {shown} failed")
        data = b"".join(reply.pieces)
        try:
            body = parse_json(data)
        except ValueError:
            body = None
        foreign = not isinstance(body, dict)
        if foreign:
            if status not in _SAID_IN_TEXT and status < SERVER_ERROR:
                raise ClusterFailure("NotAnApiServer", f"{shown} does not answer as an API server does")
            foreign = not (status == NOT_FOUND and data.strip() == _UNKNOWN_PATH)
        return Answer(status, mapping(body), reply.headers.get("date", ""), foreign)


def _target(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 1.0
