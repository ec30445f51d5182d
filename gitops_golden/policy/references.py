"""Where images are and where manifests go: registry addresses, repositories, tags, branches and folders.

Each check returns what is wrong, as the end of a sentence, or None. Grammars are those of the OCI distribution
specification and of git-check-ref-format.
"""

from __future__ import annotations

import re
from typing import Final

_COMPONENT: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY: Final = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DNS_PART: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"{_DNS_PART}(?:\.{_DNS_PART})*|\[[0-9a-fA-F:]+\]")
_REFERENCE_LENGTH: Final = 255
_PORTS: Final = range(1, 65536)
_PORT_DIGITS: Final = 5
_FOLDER_PART: Final = re.compile(r"[A-Za-z0-9._@+=-]+")
_FOLDER_LENGTH: Final = 200
_FORBIDDEN_IN_BRANCH: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
PLACEHOLDER: Final = "{cluster}"


def address(text: str) -> str | None:
    """Check a registry's address, host[:port][/prefix], by how container tools read it."""
    if "://" in text:
        return "has a scheme: write host[:port][/prefix] alone, and plainHTTP: true for a registry without TLS"
    if "@" in text:
        return "holds an '@': write host[:port][/prefix] alone, credentials never stand in a policy"
    if len(text) > _REFERENCE_LENGTH:
        return f"is longer than {_REFERENCE_LENGTH} characters"
    host, slash, prefix = text.partition("/")
    if slash and not _REPOSITORY.fullmatch(prefix):
        return "has a prefix that is no repository path: lower-case names joined with '/'"
    return _host(host)


def mirror(text: str) -> str | None:
    """Check a mirror: an address that stands for the registry's, under which the same repositories are found."""
    wrong = address(text)
    if not wrong:
        return None
    host, _, prefix = text.partition("/")
    if "@" in text or "sha256:" in text:
        return "holds a digest or an account: name where the mirror is, host[:port][/prefix]; the lock holds digests"
    if ":" in prefix and not _host(host):
        return "holds a tag: name where the mirror is, host[:port][/prefix]; repository and tag are the image's"
    return wrong


def _host(text: str) -> str | None:
    name, port = _split_port(text)
    if not _HOST.fullmatch(name):
        return "doesn't start with a host name: write host[:port][/prefix]"
    if port is not None and not (
        port.isascii() and port.isdecimal() and len(port) <= _PORT_DIGITS and int(port) in _PORTS
    ):
        return f"has a port that is no number from 1 to {_PORTS[-1]}"
    # github.com/distribution/reference, splitDockerDomain: such a first part is taken for a folder of docker.io.
    if port is None and "." not in name and ":" not in name and name != "localhost":
        return "has neither a dot nor a port in its host, so clusters would look for it on Docker Hub: add the port"
    return None


def _split_port(host: str) -> tuple[str, str | None]:
    name, colon, port = host.rpartition(":")
    return (name, port) if colon and not host.endswith("]") else (host, None)


def repository(text: str) -> str | None:
    """Check a repository's path under the registry's address."""
    if "@" in text or "sha256:" in text:
        return "holds a digest: name the repository alone; the lock holds digests"
    if ":" in text:
        return "holds a ':': name the repository alone, relative to registry.address, and its tag in tag"
    if len(text) > _REFERENCE_LENGTH:
        return f"is longer than {_REFERENCE_LENGTH} characters"
    if _REPOSITORY.fullmatch(text):
        return None
    return "is no repository path: lower-case letters, digits and '.', '_', '-' inside names, joined with '/'"


def tag(text: str) -> str | None:
    """Check a tag."""
    if text.startswith("sha256:") or "@" in text:
        return "is a digest: name a tag; the lock holds digests"
    if _TAG.fullmatch(text):
        return None
    return "is no tag: up to 128 letters, digits, '_', '.' and '-', not starting with '.' or '-'"


def branch(text: str) -> str | None:
    """Check a branch's name by the rules of git-check-ref-format."""
    parts = text.split("/")
    if (
        not text
        or text in {"@", "HEAD"}
        or text.startswith("-")
        or text.endswith(".")
        or len(text) > _FOLDER_LENGTH
        or _FORBIDDEN_IN_BRANCH.search(text)
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    ):
        return "is no branch name that git accepts"
    return None


def folder(text: str) -> str | None:
    """Check ``delivery.path``: a cluster's folder in the repository, with ``{cluster}`` in it exactly once."""
    rest = text.replace(PLACEHOLDER, "", 1)
    if rest == text:
        return f"lacks {PLACEHOLDER}: without it all clusters would share a folder"
    if "{" in rest or "}" in rest:
        return f"may hold {PLACEHOLDER} exactly once and no other braces"
    if text.startswith("/"):
        return "starts with '/': it is relative to the repository's root"
    if len(text) > _FOLDER_LENGTH:
        return f"is longer than {_FOLDER_LENGTH} characters"
    return next(filter(None, map(_folder_part, text.split("/"))), None)


def _folder_part(part: str) -> str | None:
    if part in {"", ".", ".."}:
        return "has an empty, '.' or '..' part between slashes"
    if not _FOLDER_PART.fullmatch(part.replace(PLACEHOLDER, "x")):
        return "may hold letters, digits and '.', '_', '@', '+', '=', '-' only, joined with '/'"
    # A cluster may be named "git", and git refuses .git in any case.
    if part.replace(PLACEHOLDER, "git").casefold().startswith(".git"):
        return "leads into .git or .gitops-golden, which are not for manifests"
    return None
