"""Git's objects as bytes: their ids, and trees taken apart and put together.

Pure, and faster than asking a library for each of ten thousand entries; nothing is stored here. The formats
are told in "Git Internals - Git Objects" of the Git book.
"""

from __future__ import annotations

import hashlib
import re
from typing import TypeAlias

FILE = b"100644"
TREE = b"40000"
PLAIN = frozenset((FILE, b"100755", b"100664"))
"""Modes of plain files; the last is what very old versions of Git wrote."""

Entry: TypeAlias = tuple[bytes, bytes]
"""Mode as Git writes it, and the raw id of 20 bytes."""

Entries: TypeAlias = dict[bytes, Entry]
"""One level of a tree by name."""

_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


def object_id(kind: bytes, data: bytes) -> bytes:
    """Return the raw id of an object of ``kind`` (``b"blob"``, ``b"tree"``)."""
    # SHA-1 names objects here and protects nothing: Git's choice.
    return hashlib.sha1(b"%b %d\0%b" % (kind, len(data), data), usedforsecurity=False).digest()


def tree_entries(data: bytes) -> Entries:
    """Return the entries of a tree object."""
    return {name: (mode, oid) for mode, name, oid in _ENTRY.findall(data)}


def tree_bytes(entries: Entries) -> bytes:
    """Return the tree object of ``entries``, in Git's order: a folder sorts as if its name ended in ``/``."""
    ordered = sorted((name + b"/" if entry[0] == TREE else name, name) for name, entry in entries.items())
    return b"".join([b"%b %b\0%b" % (entries[name][0], name, entries[name][1]) for _, name in ordered])
