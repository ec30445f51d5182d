"""How images are named: digests, tags, repositories and platforms, by the OCI distribution spec's grammars.

Nothing that fails one of these may become a path, a URL or a line of the lock.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from gitops_golden.policy import references

UNKNOWN_PLATFORM = "unknown"
"""An image whose config names no architecture, as KubeVirt's disk-uploader leaves it."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WORD = r"[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?"
_PLATFORM = re.compile(rf"{_WORD}/{_WORD}(?:/{_WORD})?|{UNKNOWN_PLATFORM}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a registry is: ``host[:port]``, and the prefix that stands before each of its repositories."""

    host: str
    prefix: str = ""

    def name(self, repository: str) -> str:
        """Return a repository's full name on the host."""
        return f"{self.prefix}/{repository}" if self.prefix else repository


def split(address: str) -> Address:
    """Split the policy's ``host[:port][/prefix]``."""
    host, _, prefix = address.partition("/")
    return Address(host, prefix.strip("/"))


def is_digest(text: str) -> bool:
    """Whether a text is a whole sha256 digest in lower case: CDI imports no other (recorded for sha512)."""
    return _DIGEST.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Whether a text may be a tag."""
    return references.tag(text) is None


def is_repository(text: str) -> bool:
    """Whether a text may be a repository's name; none of these climbs out of a folder."""
    return references.repository(text) is None


def is_platform(text: str) -> bool:
    """Whether a text is ``os/architecture[/variant]``, or the word for an unsaid architecture."""
    return _PLATFORM.fullmatch(text) is not None


def digest_of(data: bytes) -> str:
    """Return the digest of some bytes, with its algorithm before it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def matches(digest: str, data: bytes) -> bool:
    """Whether bytes are those that a digest names."""
    return hmac.compare_digest(digest_of(data), digest)
