"""What ``--repo`` may say: a folder on this machine, or a URL; how a URL is shown to people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from gitops_golden.errors import InputError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
# As git has it: a colon before the first slash makes it ssh.
_SCP_LIKE = re.compile(r"(?:[^@/\\:\s]+@)?[A-Za-z0-9.-]{2,}:(?!//)[^\s]+")
_USER_MAY_BE_TOKEN = ("http", "https")
_SCHEMES = ("file", "git", "http", "https", "ssh")


@dataclass(frozen=True, slots=True)
class Url:
    """A repository elsewhere. ``text`` may hold a password; ``str()`` doesn't show it."""

    text: str

    def __str__(self) -> str:
        """Return the URL without password, query and fragment; over HTTP without the user too, who may be a token."""
        if not _SCHEME.match(self.text):
            return self.text
        parts = urlsplit(self.text)
        user, at, host = parts.netloc.rpartition("@")
        shown = "***" if at and parts.scheme in _USER_MAY_BE_TOKEN else user.partition(":")[0]
        return urlunsplit((parts.scheme, f"{shown}{at}{host}", parts.path, "", ""))

    def redact(self, message: str) -> str:
        """Return ``message`` with this URL, and its password alone, taken out."""
        message = message.replace(self.text, str(self))
        parts = urlsplit(self.text) if _SCHEME.match(self.text) else None
        if parts is None:
            return message
        secret = parts.password or (parts.username if parts.scheme in _USER_MAY_BE_TOKEN else None)
        return message.replace(secret, "***") if secret else message


def parse_location(text: str) -> Path | Url:
    """Return what ``text`` names. An existing folder is a folder, whatever it looks like.

    Raises :class:`InputError` for a transport that we don't speak, such as ``ext::``, which runs commands.
    """
    if not text or any(ord(char) < ord(" ") for char in text):
        raise InputError("--repo is empty or has control characters", remedy="name a folder or a URL")
    if scheme := _SCHEME.match(text):
        if scheme[1].lower() not in _SCHEMES:
            raise InputError(
                f"can't reach a repository by {scheme[1]}://",
                remedy=f"use one of {', '.join(_SCHEMES)}, or a folder",
            )
        return Url(text)
    if re.match(r"[A-Za-z0-9]+::", text):
        raise InputError("can't reach a repository by a remote helper", remedy=f"use {', '.join(_SCHEMES)}")
    if not Path(text).exists() and _SCP_LIKE.fullmatch(text):
        return Url(text)
    return Path(text)
