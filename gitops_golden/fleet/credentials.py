"""Credential plugins of a kubeconfig (``exec``): run one, bounded in time, and use its answer.

The protocol is Kubernetes' ``client.authentication.k8s.io``. What a plugin prints never reaches a message.
"""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.jsontext import parse_json
from gitops_golden.fleet.shapes import items, mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitops_golden.fleet.contexts import Access


def resolved(access: Access, environment: Mapping[str, str], *, seconds: float) -> Access:
    """Return ``access`` with static credentials, running its plugin if it has one.

    Raises ClusterFailure if the plugin is missing, fails, takes longer than ``seconds`` or answers with
    nothing usable.
    """
    if "auth-provider" in access.user:
        raise ClusterFailure(
            "CredentialsUnsupported",
            f"context {access.context} uses auth-provider, which kubectl has dropped too: use an exec plugin",
        )
    if "exec" not in access.user:
        return access
    status = _answer(access, environment, seconds)
    if token := text(status, "token"):
        return replace(access, user={"token": token})
    certificate, key = text(status, "clientCertificateData"), text(status, "clientKeyData")
    if certificate and key:
        # A plugin answers in PEM, a kubeconfig holds the same in base64.
        pair = {"client-certificate-data": _base64(certificate), "client-key-data": _base64(key)}
        return replace(access, user=pair)
    raise _failed(access, "gave no token and no certificate")


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


def _answer(access: Access, environment: Mapping[str, str], seconds: float) -> Mapping[str, Any]:
    plugin = mapping(access.user, "exec")
    command = text(plugin, "command")
    arguments = [str(argument) for argument in items(plugin, "args")]
    program = str(access.folder / command) if "/" in command else command
    try:
        done = subprocess.run(  # noqa: S603 - the user's own kubeconfig names the program, as for kubectl
            [program, *arguments],
            env=_plugin_environment(access, environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _failed(access, f"did not answer within {seconds:.0f} s") from None
    except (OSError, ValueError) as error:
        raise _failed(access, "cannot be started") from error
    if done.returncode:
        raise _failed(access, f"exited with {done.returncode}")
    try:
        answer = parse_json(done.stdout)
    except ValueError:
        raise _failed(access, "did not answer in JSON") from None
    if text(answer, "apiVersion") != text(plugin, "apiVersion"):
        raise _failed(access, "answered in another API version than the kubeconfig names")
    return mapping(answer, "status")


def _plugin_environment(access: Access, environment: Mapping[str, str]) -> dict[str, str]:
    plugin = mapping(access.user, "exec")
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo") is True:
        spec["cluster"] = dict(access.cluster)
    request = {"apiVersion": text(plugin, "apiVersion"), "kind": "ExecCredential", "spec": spec}
    named = (entry for entry in items(plugin, "env") if text(entry, "name"))
    extra = {text(entry, "name"): text(entry, "value") for entry in named}
    return {**environment, **extra, "KUBERNETES_EXEC_INFO": json.dumps(request, default=str)}


def _failed(access: Access, how: str) -> ClusterFailure:
    command = text(access.user, "exec", "command") or "(none)"
    return ClusterFailure(
        "CredentialsFailed",
        f"the credential plugin {command} of context {access.context} {how}; kubectl tells why",
    )
