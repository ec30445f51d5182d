"""What libyaml and the bytes themselves complain about, as a sentence with a place."""

from __future__ import annotations

from typing import Any, Final

from gitops_golden.errors import Location, Problem


def refused_bytes(data: bytes, file: str, most: int) -> Problem | None:
    """Return what is wrong with the bytes, before any parser sees them."""
    if len(data) > most:
        what = f"the file has {len(data):,} bytes, more than the {most:,} that are read"
        return Problem(what, Location(file), "split it into several files")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return Problem("the file is UTF-16", Location(file, 1, 1), "save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        return Problem(
            "a NUL byte",
            place_of_byte(data, nul, file),
            "save it as UTF-8 without NUL bytes",
        )
    try:
        data.decode()
    except UnicodeDecodeError as error:
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        return Problem(what, place_of_byte(data, error.start, file), "save the file as UTF-8")
    return None


def place_of_byte(data: bytes, offset: int, file: str) -> Location:
    """Return the place of a byte; columns count characters."""
    before = data[:offset].removeprefix(b"\xef\xbb\xbf")
    start = before.rfind(b"\n") + 1
    return Location(file, before.count(b"\n") + 1, len(before[start:].decode(errors="replace")) + 1)


# libyaml's own sentences (scanner.c, parser.c) to what a person most likely did.
_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "mapping values are not allowed in this context": (
        "a ':' where no key can stand",
        "check the indentation; quote a value that holds ': '",
    ),
    "did not find expected key": ("a key was expected", "check the indentation and what stands before"),
    "did not find expected '-' indicator": (
        "a list item was expected",
        "each item starts with '- ', all equally far in",
    ),
    "block sequence entries are not allowed in this context": (
        "a list item where none can stand",
        "start the list on a line of its own",
    ),
    "did not find expected ',' or ']'": ("a list in brackets is not closed", "add the missing ',' or ']'"),
    "did not find expected ',' or '}'": ("a map in braces is not closed", "add the missing ',' or '}'"),
    "did not find expected node content": ("a value was expected", "complete or remove what is open here"),
    "found character that cannot start any token": (
        "a character that can't start a value",
        "quote the value; indent with spaces, not tabs",
    ),
    "found a tab character that violates indentation": ("a tab in the indentation", "indent with spaces"),
    "found unexpected end of stream": ("a quote that is opened here is never closed", "close it"),
    "could not find expected ':'": ("a key without ':'", "add ': ' and a value; check the indentation"),
    "found unknown escape character": (
        "an unknown escape in double quotes",
        "write \\\\ for a backslash, or use '…'",
    ),
    "found invalid Unicode character escape code": (
        "an escape that is no character",
        "write the character itself",
    ),
    "did not find expected <document start>": (
        "text after the end of a document",
        "start another one with ---",
    ),
    "found undefined tag handle": ("a tag", "quote a value that starts with '!'"),
}


def syntax_problem(error: Any, file: str) -> Problem:
    """Return a syntax error of libyaml as one of ours, with its place."""
    mark = error.problem_mark
    if error.problem == "found unexpected end of stream":
        mark = error.context_mark or mark
    known = _SENTENCES.get(error.problem)
    what, remedy = known or (f"{error.problem} ({error.context})" if error.context else error.problem, "")
    where = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
    return Problem(f"not YAML: {what}", where, remedy)
