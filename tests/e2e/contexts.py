"""Kubeconfig contexts for one API server, one for each way in which a user may be let in or be kept out."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.testbed.pki import Authority
from tests.testbed.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.testbed.cluster import Cluster
    from tests.testbed.faults import Front
    from tests.testbed.pki import Pair
    from tests.testbed.tunnel import Tunnel

USER, ADMINS = "reader", ("system:masters",)
BEYOND = "api.hidden.example:443"
V1, BETA = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
LOGIN = "proxy-user:proxy-p4ssw0rd"
PASSWORD, UNKNOWN, WHISPERED = "reader-p4ssw0rd", "a-token-of-nobody", "s3cr3t-on-stderr"
SECRETS = (*LOGIN.split(":"), PASSWORD, UNKNOWN, WHISPERED)
"""What must never be told, beside the token and keys."""


@dataclass
class Contexts:
    """A kubeconfig in the making, for one API server, with what its entries need beside it."""

    folder: Path
    cluster: Cluster
    token: str
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, user: Mapping[str, Any] | None = None, **cluster: Any) -> None:
        """Add a context; without a user it has the token."""
        place: dict[str, Any] = {"server": self.cluster.server}
        if not {"certificate_authority", "insecure_skip_tls_verify"} & cluster.keys():
            place["certificate-authority-data"] = encoded((self.cluster.data / "ca.crt").read_bytes())
        self.entries[name] = place | {key.replace("_", "-"): value for key, value in cluster.items()}
        self.users[name] = {"token": self.token} if user is None else dict(user)

    def plugin(self, name: str, script: str, *, version: str = V1, command: str = "", **more: Any) -> None:
        """Add a context whose credentials a shell script gives; ``command`` names it if not by its path."""
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o700)
        self.add(name, {"exec": {"apiVersion": version, "command": command or str(file), **more}})

    def answer(self, *, version: str = V1, **status: str) -> str:
        """Return a shell command that gives credentials, by default the token."""
        content = {"apiVersion": version, "kind": "ExecCredential", "status": status or {"token": self.token}}
        return f"printf %s '{json.dumps(content)}'"

    @property
    def file(self) -> Path:
        """Where ``write`` writes it."""
        return self.folder / "kubeconfig"

    def write(self) -> None:
        """Write the kubeconfig."""
        content = {
            "clusters": [{"name": name, "cluster": entry} for name, entry in self.entries.items()],
            "users": [{"name": name, "user": entry} for name, entry in self.users.items()],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in self.entries],
        }
        self.file.write_text(json.dumps(content, indent=1))


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def as_data(pair: Pair) -> dict[str, str]:
    return {"client-certificate-data": encoded(pair.certificate), "client-key-data": encoded(pair.key)}


def certificates(contexts: Contexts) -> None:
    """Add the contexts whose user has a certificate."""
    authority = contexts.cluster._authority
    pair, late = authority.client(USER, ADMINS), authority.client(USER, ADMINS, lifetime=timedelta(seconds=-1))
    pair.write(contexts.folder, USER)
    contexts.add("certificate-files", {"client-certificate": f"{USER}.crt", "client-key": f"{USER}.key"})
    contexts.add("certificate-data", as_data(pair))
    contexts.add("certificate-expired", as_data(late))
    contexts.add("certificate-of-another", as_data(Authority("another").client(USER, ADMINS)))
    contexts.add("certificate-broken", as_data(pair) | {"client-certificate-data": encoded(b"no certificate")})
    contexts.add("key-missing", {"client-certificate": f"{USER}.crt", "client-key": "nowhere.key"})
    answer = contexts.answer(clientCertificateData=pair.certificate.decode(), clientKeyData=pair.key.decode())
    contexts.plugin("plugin-certificate", answer)


def tokens(contexts: Contexts) -> None:
    """Add the contexts whose user has a token, a password or nothing."""
    (contexts.folder / "token").write_text(contexts.token + "\n")
    contexts.add("token")
    contexts.add("token-file", {"tokenFile": "token"})
    contexts.add("token-file-wins", {"tokenFile": "token", "token": "an-older-one"})
    contexts.add("token-file-missing", {"tokenFile": "nowhere"})
    contexts.add("token-unknown", {"token": UNKNOWN})
    contexts.add("token-forges-header", {"token": f"{contexts.token}\r\nHost: elsewhere"})
    contexts.add("password", {"username": "reader", "password": PASSWORD})
    contexts.add("auth-provider", {"auth-provider": {"name": "oidc", "config": {"id-token": contexts.token}}})
    contexts.add("as-another", {"token": contexts.token, "as": "another"})
    contexts.add("nobody", {})


def servers(contexts: Contexts, another: Front, proxy: Tunnel, guarded: Tunnel) -> None:
    """Add the contexts that differ in how the server is found and trusted."""
    contexts.add("authority-file", certificate_authority=str(contexts.cluster.data / "ca.crt"))
    contexts.add("not-verified", insecure_skip_tls_verify=True)
    at, ca = another.address, str(another.ca)
    contexts.add("server-name", server=at, certificate_authority=ca, tls_server_name="another")
    contexts.add("other-server-name", server=at, certificate_authority=ca, tls_server_name="a-third")
    contexts.add("through-proxy", proxy_url=f"http://{proxy.address}")
    contexts.add("through-proxy-with-login", proxy_url=f"http://{LOGIN}@{guarded.address}")
    contexts.add("behind-proxy", server=f"https://{BEYOND}", proxy_url=f"http://{proxy.address}", tls_server_name=HOST)
    contexts.add("proxy-wants-login", proxy_url=f"http://{guarded.address}")
    contexts.add("proxy-refuses", proxy_url=f"http://{LOGIN}@{HOST}:1")


def plugins(contexts: Contexts) -> None:
    """Add the contexts whose user has a credential plugin."""
    good = contexts.answer()
    contexts.plugin("plugin-v1", good, command="plugin-v1")  # as found on the PATH
    contexts.plugin("plugin-v1beta1", contexts.answer(version=BETA), version=BETA)
    contexts.plugin("plugin-relative", good, command="bin/plugin-relative")
    given = [{"name": "GREETING", "value": "hello"}]
    contexts.plugin("plugin-environment", f'test "$GREETING $1" = "hello there" && {good}', env=given, args=["there"])
    told = f'echo "$KUBERNETES_EXEC_INFO" | grep -q certificate-authority-data && {good}'
    contexts.plugin("plugin-cluster-info", told, provideClusterInfo=True)
    contexts.entries["plugin-cluster-info"].pop("certificate-authority-data")
    contexts.entries["plugin-cluster-info"]["certificate-authority"] = str(contexts.cluster.data / "ca.crt")
    contexts.plugin("plugin-whispers", f"echo {WHISPERED} >&2; {good}")
    contexts.plugin("plugin-fails", f"echo {WHISPERED} >&2; {good}; exit 3")
    contexts.plugin("plugin-hangs", "exec sleep 60")
    contexts.plugin("plugin-leaves-child", "sleep 60")
    contexts.plugin("plugin-garbage", f"echo {contexts.token}")
    contexts.plugin("plugin-without-end", "exec yes")
    contexts.plugin("plugin-empty", contexts.answer(other="nothing"))
    contexts.plugin("plugin-other-version", contexts.answer(version=BETA))
    contexts.add("plugin-missing", {"exec": {"apiVersion": V1, "command": "./nowhere"}})


def every_context(
    folder: Path, cluster: Cluster, token: str, another: Front, proxy: Tunnel, guarded: Tunnel
) -> Contexts:
    """Return all contexts, written to ``folder``. ``another`` has a certificate of that name, ``guarded`` a login."""
    contexts = Contexts(folder, cluster, token)
    for add in (certificates, tokens, plugins):
        add(contexts)
    servers(contexts, another, proxy, guarded)
    contexts.write()
    return contexts
