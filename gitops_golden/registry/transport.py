"""HTTP as a registry is asked over it: bounded in time, tries, redirects and bytes, and silent about secrets.

Knows nothing of repositories, and hands back every status that is final.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from gitops_golden import __version__
from gitops_golden.errors import InputError, OutsideError
from gitops_golden.registry.unanswered import public, unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.registry.network import Network

_TRANSIENT_STATUS = (429, 502, 503, 504)
_TRANSIENT_ERRORS = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
# To requests these two are connection errors too, but asking again makes no certificate trusted.
_LASTING_ERRORS = (requests.exceptions.SSLError, requests.exceptions.ProxyError)
_REDIRECTS = (301, 302, 303, 307, 308)
_REDIRECTS_LIMIT = 5
_CHUNK = 64 * 1024
_CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a registry is waited for. All times in seconds.

    ``tries`` counts the first one; ``pause`` doubles with each. A ``Retry-After`` beyond ``longest_pause``
    is not waited for at all: the user is told instead.
    """

    tries: int = 4
    pause: float = 0.5
    longest_pause: float = 30
    connect: float = 10
    read: float = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """A final answer. Header names are in lower case; ``body`` is as sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


class _Session(requests.Session):
    """A session that leaves redirects alone: even when told not to follow one, requests reads all of its body."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - requests' signature
        return None


class _Trusting(HTTPAdapter):
    """Trusts some authorities beside those that requests trusts for each request."""

    def __init__(self, certificates: str) -> None:
        self._context = ssl.create_default_context(cadata=certificates) if certificates else None
        super().__init__(pool_maxsize=_CONNECTIONS)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:  # noqa: FBT001, FBT002 - requests' signature
        """Hand the context to every pool; requests adds its own authorities to it."""
        if self._context:
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(connections, maxsize, block, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Hand the context to what is reached through a proxy, too."""
        if self._context:
            kwargs["ssl_context"] = self._context
        return super().proxy_manager_for(proxy, **kwargs)


class Transport:
    """Asks URLs. Safe to use from several threads at a time."""

    def __init__(self, network: Network, *, plain_http: bool, patience: Patience | None = None) -> None:
        self._network = network
        self._schemes = ("http", "https") if plain_http else ("https",)
        self._patience = patience or Patience()
        self._session = _Session()
        # Nothing from the environment by itself: a ~/.netrc would be sent to any host it names.
        self._session.trust_env = False
        # The cookie jar is the one thing in a session that threads would share.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in self._schemes:
            self._session.mount(f"{scheme}://", _Trusting(network.certificates))

    def ask(self, method: str, url: str, *, accept: str, limit: int, authorization: str = "") -> Answer:
        """Return the final answer to a request, redirects followed and transient faults tried again.

        ``limit`` is the longest body in bytes. ``authorization`` goes to the URL's own origin alone,
        whatever that redirects to. Raises OutsideError if no answer came, or one that is too long, cut
        short, or leads away from TLS; InputError if the file of certificates cannot be used.
        """
        origin = _origin(url)
        for _ in range(_REDIRECTS_LIMIT + 1):
            if urlsplit(url).scheme not in self._schemes:
                raise OutsideError(
                    f"refused to go on without TLS to {public(url)}",
                    remedy="ask who runs the registry why it leads away from https",
                )
            headers = {"Accept": accept, "Accept-Encoding": "identity"}
            if authorization and _origin(url) == origin:
                headers["Authorization"] = authorization
            answer = self._insist(method, url, headers, limit)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = _led_on(url, answer.headers["location"])
        raise OutsideError(f"followed {_REDIRECTS_LIMIT} redirects and was sent on to {public(url)}")

    def _insist(self, method: str, url: str, headers: dict[str, str], limit: int) -> Answer:
        pause = self._patience.pause
        tries = self._patience.tries
        while True:
            tries -= 1
            wait = pause
            try:
                answer = self._send(method, url, headers, limit)
            except requests.RequestException as error:
                if not tries or not _is_transient(error):
                    raise unanswered(error, url) from error
            else:
                wait = _retry_after(answer) or pause
                if not tries or answer.status not in _TRANSIENT_STATUS or wait > self._patience.longest_pause:
                    return answer
            time.sleep(wait)
            pause *= 2

    def _send(self, method: str, url: str, headers: dict[str, str], limit: int) -> Answer:
        try:
            with self._session.request(
                method,
                url,
                headers={"User-Agent": f"gitops-golden/{__version__}", **headers},
                timeout=(self._patience.connect, self._patience.read),
                proxies=self._network.proxies_for(urlsplit(url).hostname or ""),
                verify=self._network.ca_file or True,
                allow_redirects=False,
                stream=True,
            ) as response:
                lower = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, lower, _body(response, url, limit))
        except requests.RequestException:
            raise
        except OSError as error:
            # What requests raises, before it connects, about a file of certificates that is not there.
            raise InputError(
                f"cannot use the certificates in {self._network.ca_file}",
                remedy="correct REQUESTS_CA_BUNDLE or SSL_CERT_FILE",
            ) from error


def _is_transient(error: requests.RequestException) -> bool:
    return isinstance(error, _TRANSIENT_ERRORS) and not isinstance(error, _LASTING_ERRORS)


def _body(response: requests.Response, url: str, limit: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        # A digest is over the bytes as they are stored; and a compressed answer knows no limit.
        raise OutsideError(f"{public(url)} compresses its answer although asked not to")
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise OutsideError(
                f"{public(url)} answers with more than {limit // 1024} KiB",
                remedy="check that spec.registry.address points at a registry",
            )
    return bytes(body)


def _retry_after(answer: Answer) -> float:
    # In seconds; the header's other form, a date, would need a clock that agrees with the server's.
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else 0


def _led_on(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        _origin(target)
    except ValueError as error:
        raise OutsideError(f"{public(url)} redirects to what is no URL") from error
    return target


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port
