"""The way out of the user's network: proxies and certificates to trust, as the customary variables say."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Network:
    """Proxies by scheme, the hosts that need none, and CA certificates to trust.

    ``no_proxy`` is the variable's text: domains (and what is below them), addresses, networks, or ``*``. ``ca_file``
    takes the place of the customary authorities, ``certificates`` (PEM) are trusted beside them.
    """

    proxies: tuple[tuple[str, str], ...] = ()
    no_proxy: str = ""
    ca_file: str | None = None
    certificates: str = ""

    def proxies_for(self, host: str) -> dict[str, str]:
        """Return the proxies for a host, as requests takes them."""
        spared = any(_covers(entry.strip().lower(), host.lower()) for entry in self.no_proxy.split(","))
        return {} if spared else dict(self.proxies)


def network(environ: Mapping[str, str], *, certificates: str = "") -> Network:
    """Read ``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE`` and ``SSL_CERT_FILE``.

    ``certificates`` are the policy's.
    """

    def value(name: str) -> str:
        return environ.get(name.lower()) or environ.get(name) or ""

    found = {"https": value("HTTPS_PROXY"), "http": value("HTTP_PROXY")}
    return Network(
        tuple((scheme, proxy) for scheme, proxy in found.items() if proxy),
        value("NO_PROXY"),
        environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE") or None,
        certificates,
    )


def _covers(entry: str, host: str) -> bool:
    domain = entry.removeprefix("*").lstrip(".").partition(":")[0]
    if entry == "*" or (domain and (host == domain or host.endswith(f".{domain}"))):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
