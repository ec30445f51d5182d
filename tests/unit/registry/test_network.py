from __future__ import annotations

import pytest

from gitops_golden.registry.network import Network, network


def test_the_customary_variables_are_read_in_either_case() -> None:
    environ = {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:2", "NO_PROXY": "x", "SSL_CERT_FILE": "/ca"}
    assert network(environ) == Network((("https", "http://q:2"),), "x", "/ca")
    assert network({}) == Network()


@pytest.mark.parametrize(
    ("no_proxy", "host", "spared"),
    [
        ("", "registry.acme.example", False),
        ("*", "registry.acme.example", True),
        ("acme.example", "registry.acme.example", True),
        (".acme.example", "registry.acme.example", True),
        ("*.acme.example", "registry.acme.example", True),
        ("other, REGISTRY.acme.example:5000", "registry.acme.example", True),
        ("me.example", "registry.acme.example", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        (",,", "registry.acme.example", False),
    ],
)
def test_no_proxy_spares_domains_addresses_and_networks(no_proxy: str, host: str, *, spared: bool) -> None:
    way = Network((("https", "http://p:1"),), no_proxy)
    assert way.proxies_for(host) == ({} if spared else {"https": "http://p:1"})
