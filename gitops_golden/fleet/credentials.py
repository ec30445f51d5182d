"""Credentials of a kubeconfig that are not in it: what a plugin (``exec``), run in bounded time, or a token file says.

The protocol is Kubernetes' ``client.authentication.k8s.io``. What a plugin prints never reaches a message.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.jsontext import parse_json
from gitops_golden.fleet.shapes import items, mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.fleet.contexts import Access

_CLUSTER_INFO = (
    "server",
    "tls-server-name",
    "insecure-skip-tls-verify",
    "certificate-authority-data",
    "proxy-url",
    "disable-compression",
)
_EXTENSION = "client.authentication.k8s.io/exec"
_AT_ONCE = 1 << 16
# A token or a certificate has a few KiB.
_MOST_BYTES = 1 << 20


def resolved(access: Access, environment: Mapping[str, str], *, seconds: float) -> Access:
    """Return ``access`` with static credentials: what its plugin or its token file says now.

    Raises ClusterFailure if the file cannot be read, or the plugin is missing, fails, takes longer than ``seconds``
    or answers with nothing usable.
    """
    if "auth-provider" in access.user:
        raise ClusterFailure(
            "CredentialsUnsupported",
            f"context {access.context} uses auth-provider, which kubectl has dropped too: use an exec plugin",
        )
    if "exec" not in access.user:
        return _with_token(access)
    status = _answer(access, environment, seconds)
    if token := text(status, "token"):
        return replace(access, user={"token": token})
    certificate, key = text(status, "clientCertificateData"), text(status, "clientKeyData")
    if certificate and key:
        # A plugin answers in PEM, a kubeconfig holds the same in base64.
        pair = {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)}
        return replace(access, user=pair)
    raise _failed(access, "gave no token and no certificate")


def _with_token(access: Access) -> Access:
    """Return ``access`` with what its token file holds now, if it has one: as for kubectl, that wins over a token."""
    file = text(access.user, "tokenFile")
    if not file:
        return access
    try:
        token = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        what = f"the token file of context {access.context} cannot be read"
        raise ClusterFailure("KubeconfigUnusable", what) from error
    others = {key: value for key, value in access.user.items() if key != "tokenFile"}
    return replace(access, user={**others, "token": token})


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


def _answer(access: Access, environment: Mapping[str, str], seconds: float) -> Mapping[str, Any]:
    plugin = mapping(access.user, "exec")
    command = text(plugin, "command")
    program = str(access.folder / command) if "/" in command else command
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own kubeconfig names the program, as for kubectl
            [program, *(str(argument) for argument in items(plugin, "args"))],
            env=_plugin_environment(access, environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise _failed(access, "cannot be started") from error
    said = _said(access, process, seconds)
    if process.returncode:
        raise _failed(access, f"exited with {process.returncode}")
    try:
        answer = parse_json(said)
    except ValueError:
        raise _failed(access, "did not answer in JSON") from None
    if text(answer, "apiVersion") != text(plugin, "apiVersion"):
        raise _failed(access, "answered in another API version than the kubeconfig names")
    return mapping(answer, "status")


def _said(access: Access, process: subprocess.Popen[bytes], seconds: float) -> bytes:
    """Return what a plugin prints until it ends, in time: children that it leaves may hold its output open."""
    deadline, said = time.monotonic() + seconds, bytearray()
    assert process.stdout is not None
    with process.stdout as stream, selectors.DefaultSelector() as ready:
        ready.register(stream, selectors.EVENT_READ)
        try:
            while ready.select(deadline - time.monotonic()):
                piece = os.read(stream.fileno(), _AT_ONCE)
                said += piece
                if len(said) > _MOST_BYTES:
                    raise _failed(access, "answered without end")
                if not piece:
                    process.wait(max(0.0, deadline - time.monotonic()))
                    return bytes(said)
        except subprocess.TimeoutExpired:
            pass
        finally:
            process.kill()
            process.wait()
    raise _failed(access, f"did not answer within {seconds:.0f} s")


def _plugin_environment(access: Access, environment: Mapping[str, str]) -> dict[str, str]:
    plugin = mapping(access.user, "exec")
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo") is True:
        spec["cluster"] = _cluster_info(access)
    request = {"apiVersion": text(plugin, "apiVersion"), "kind": "ExecCredential", "spec": spec}
    named = (entry for entry in items(plugin, "env") if text(entry, "name"))
    extra = {text(entry, "name"): text(entry, "value") for entry in named}
    return {**environment, **extra, "KUBERNETES_EXEC_INFO": json.dumps(request, default=str)}


def _cluster_info(access: Access) -> dict[str, Any]:
    """Return the cluster as plugins are told of it: without files, and with what the kubeconfig extends it by."""
    info = {key: access.cluster[key] for key in _CLUSTER_INFO if key in access.cluster}
    file, data = text(access.cluster, "certificate-authority"), "certificate-authority-data"
    if file and data not in info:
        try:
            info[data] = base64.b64encode(Path(file).read_bytes()).decode()
        except OSError as error:
            what = f"the certificate authority of context {access.context} cannot be read"
            raise ClusterFailure("KubeconfigUnusable", what) from error
    for each in items(access.cluster, "extensions"):
        if text(each, "name") == _EXTENSION:
            info["config"] = mapping(each, "extension")
    return info


def _failed(access: Access, how: str) -> ClusterFailure:
    command = text(access.user, "exec", "command") or "(none)"
    return ClusterFailure(
        "CredentialsFailed",
        f"the credential plugin {command} of context {access.context} {how}; kubectl tells why",
    )
