"""Names as Kubernetes and CDI accept them.

Each check returns what is wrong, as the end of a sentence, or None.
"""

from __future__ import annotations

import re
from typing import Final

NAME: Final = 63
"""CDI's limit for a managedDataSource, and the most that a label value may hold."""
SUBDOMAIN: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
ARCHITECTURES: Final = (
    *("amd64", "arm64", "s390x", "ppc64le", "riscv64", "loong64"),
    *("386", "arm", "mips", "mipsle", "mips64", "mips64le", "ppc64"),
)
"""GOARCH values on which Kubernetes nodes exist or could."""


def label_name(text: str) -> str | None:
    """Check a DNS-1123 label, which namespaces are."""
    if len(text) > NAME:
        return f"is longer than {NAME} characters"
    if _LABEL.fullmatch(text):
        return None
    return "may hold a-z, 0-9 and '-' only, and starts and ends with a letter or digit"


def subdomain(text: str, most: int = SUBDOMAIN) -> str | None:
    """Check a DNS-1123 subdomain of at most ``most`` characters."""
    if len(text) > most:
        return f"is longer than {most} characters"
    if _SUBDOMAIN.fullmatch(text):
        return None
    return "may hold a-z, 0-9, '-' and '.' only, and each part between dots starts and ends with a letter or digit"


def short_subdomain(text: str) -> str | None:
    """Check a DNS-1123 subdomain that must also fit a label's value: images, preferences, instancetypes."""
    return subdomain(text, NAME)


def label_key(text: str) -> str | None:
    """Check a label's key: an optional DNS prefix and '/', then a name (apimachinery, IsQualifiedName)."""
    prefix, slash, name = text.rpartition("/")
    if slash and (wrong := subdomain(prefix)):
        return f"has a prefix before '/' that {wrong}"
    if not name or len(name) > NAME:
        return f"needs a name of 1 to {NAME} characters{' after the /' if slash else ''}"
    if _QUALIFIED.fullmatch(name):
        return None
    return "may hold letters, digits, '-', '_' and '.' only, and starts and ends with a letter or digit"


def label_value(text: str) -> str | None:
    """Check a label's value, which may be empty (apimachinery, IsValidLabelValue)."""
    if len(text) > NAME:
        return f"is longer than the {NAME} characters of a label's value"
    if not text or _QUALIFIED.fullmatch(text):
        return None
    return "may hold letters, digits, '-', '_' and '.' only, and starts and ends with a letter or digit"


def free_text(text: str) -> str | None:
    """Check a title that people read: one line of up to 253 printable characters."""
    if not text.strip():
        return "is empty"
    if len(text) > SUBDOMAIN:
        return f"is longer than {SUBDOMAIN} characters"
    return None if text.isprintable() else "holds characters that can't be printed on one line"


def architecture(text: str) -> str | None:
    """Check a processor architecture, in Go's words as Kubernetes and OCI use them."""
    known = {"x86_64": "amd64", "x64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
    if text in ARCHITECTURES:
        return None
    return f"is written {known[text]} here" if text in known else f"is none of {', '.join(ARCHITECTURES)}"
