"""New objects into a repository's object folder as packs.

A publish of a fleet makes hundreds to hundreds of thousands of objects at once. One pack takes a quarter of
the time that a file for each would, and arrives whole or not at all. Formats: gitformat-pack, pack and index
version 2.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import zlib
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

NewObjects: TypeAlias = dict[bytes, tuple[bytes, bytes]]
"""Kind (``b"blob"``, ``b"tree"``) and bytes of objects, by raw id."""

MAX_PACK_BYTES = 1 << 30
_TYPES = {b"tree": 2, b"blob": 3}
_READ_ONLY = 0o444
_BYTE_VALUES = 256


def write_packs(folder: Path, objects: NewObjects) -> None:
    """Write ``objects`` into packs in ``folder``, a repository's ``objects/pack``. Raises ``OSError``.

    One pack for each gigabyte begun, so that offsets always fit the index's 31 bits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part in _parts(objects):
        _write_pack(folder, part)


def _parts(objects: NewObjects) -> Iterator[NewObjects]:
    part: NewObjects = {}
    size = 0
    for oid, (kind, data) in objects.items():
        if part and size + len(data) > MAX_PACK_BYTES:
            yield part
            part, size = {}, 0
        part[oid] = kind, data
        size += len(data)
    if part:
        yield part


def _write_pack(folder: Path, objects: NewObjects) -> None:
    """Write one pack, then its index: readers go by the index, so they see all of the pack or none of it."""
    places: dict[bytes, tuple[int, int]] = {}
    # The last one opened appears first.
    with _appearing(folder) as (index, index_name), _appearing(folder) as (pack, pack_name):
        digest = hashlib.sha1(usedforsecurity=False)
        chunk = struct.pack(">4sII", b"PACK", 2, len(objects))
        offset = 0
        for oid, (kind, data) in objects.items():
            offset += pack.write(chunk)
            digest.update(chunk)
            chunk = _object_header(_TYPES[kind], len(data)) + zlib.compress(data)
            places[oid] = offset, zlib.crc32(chunk)
        pack.write(chunk)
        digest.update(chunk)
        pack.write(digest.digest())
        index.write(_index(places, digest.digest()))
        name = f"pack-{digest.hexdigest()}"
        pack_name.append(f"{name}.pack")
        index_name.append(f"{name}.idx")


@contextmanager
def _appearing(folder: Path) -> Iterator[tuple[IO[bytes], list[str]]]:
    """Open a file that takes the name put into the list once it is whole and on disk, and else vanishes.

    Until then its name begins as ``git gc`` knows it, which sweeps up what a killed process left.
    """
    name: list[str] = []
    descriptor, temporary = tempfile.mkstemp(prefix="tmp_pack_", dir=folder)
    path = Path(temporary)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file, name
            file.flush()
            os.fsync(descriptor)
        path.chmod(_READ_ONLY)
        path.rename(folder / name[0])
    finally:
        path.unlink(missing_ok=True)


def _object_header(kind: int, size: int) -> bytes:
    """Return type and size as packs have them: 4 bits of size beside the type, then 7 a byte, low first."""
    byte, size = kind << 4 | size & 0x0F, size >> 4
    header = bytearray()
    while size:
        header.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    header.append(byte)
    return bytes(header)


def _index(places: dict[bytes, tuple[int, int]], pack_digest: bytes) -> bytes:
    """Return the index (version 2) of objects at ``places``: offset and CRC-32 by id."""
    oids = sorted(places)
    firsts = [0] * _BYTE_VALUES
    for oid in oids:
        firsts[oid[0]] += 1
    body = b"".join(
        (
            b"\377tOc",
            struct.pack(">I", 2),
            struct.pack(f">{_BYTE_VALUES}I", *accumulate(firsts)),
            b"".join(oids),
            struct.pack(f">{len(oids)}I", *(places[oid][1] for oid in oids)),
            struct.pack(f">{len(oids)}I", *(places[oid][0] for oid in oids)),
            pack_digest,
        )
    )
    return body + hashlib.sha1(body, usedforsecurity=False).digest()
