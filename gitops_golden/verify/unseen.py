"""What could not be read, which is neither absent nor sound: a kind in a namespace, or a cluster as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.fleet.kinds import resource
from gitops_golden.fleet.observation import FORBIDDEN, NOT_RECORDED
from gitops_golden.verify.model import Finding, Verdict

if TYPE_CHECKING:
    from gitops_golden.fleet.observation import Observation, Unreachable
    from gitops_golden.verify.model import Link

_RECORD: Final = "record it again: `gitops-golden snapshot --cluster NAME --to FILE`"
_LOOK: Final = "look at the API server, and at what the namespace holds"
REMEDIES: Final = {
    "NotObserved": "name its context in the kubeconfig, or put a snapshot of it among the others",
    "NoContext": "set the cluster's context in the policy, or mend the kubeconfig: `kubectl config get-contexts`",
    "KubeconfigUnusable": "mend the cluster's entries in the kubeconfig",
    "CredentialsFailed": "run the plugin that gives the credentials by hand",
    "CredentialsUnsupported": "use a token, a client certificate or an exec plugin",
    "Unauthorized": "renew the credentials",
    "ConnectionRefused": "start the API server, or mend its address in the kubeconfig",
    "ConnectionFailed": "look at the network on the way to it",
    "ConnectionLost": "verify again",
    "NameNotResolved": "mend the API server's name in the kubeconfig, or DNS",
    "Timeout": "give it more time with --timeout, or look at the API server",
    "TlsFailed": "mend the CA or the server's name in the kubeconfig, or renew the server's certificate",
    "ProxyFailed": "look at the proxy",
    "ServerError": "look at the API server",
    "NotAnApiServer": "mend the API server's address in the kubeconfig",
    "TooLarge": _LOOK,
    "SnapshotMissing": "record one: `gitops-golden snapshot --cluster NAME --to FILE`",
    "SnapshotUnreadable": _RECORD,
    "SnapshotTwice": "keep one of them",
    "SnapshotStale": _RECORD,
    "SnapshotFromFuture": "mend the clock where it was recorded, or --at",
}
"""What to do about each way in which a cluster cannot be read."""


def unreachable(seen: Unreachable) -> Finding:
    """Return what to say of a cluster that could not be read: nothing of it is known, not even since when."""
    remedy = REMEDIES.get(seen.reason, "make the cluster readable and verify again")
    return Finding(Verdict.UNREACHABLE, None, seen.reason, seen.message, remedy)


def unread(seen: Observation, kind: str, namespace: str, link: Link | None) -> Finding | None:
    """Return what to say where a kind could not be listed, in a namespace or (empty) in all; None where it was."""
    reason = seen.why_unread(kind, namespace)
    if reason is None:
        return None
    where = f" in {namespace}" if namespace else ""
    what = f"{kind}s{where} could not be read: {reason}"
    remedy = _RECORD if reason == NOT_RECORDED else _LOOK
    if reason == FORBIDDEN:
        scope = f"-n {namespace} " if namespace else ""
        remedy = f"allow the verifier to list them; `kubectl {scope}auth can-i list {resource(kind)}` tells"
    return Finding(Verdict.UNREACHABLE, link, reason, what, remedy)
