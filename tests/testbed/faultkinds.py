"""What can be wrong with an answer of an API server: each fault answers one request of a front (faults.py)."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import timedelta

    from tests.testbed.faults import Exchange, Fault

JSON = (("Content-Type", "application/json"),)
HTML = (("Content-Type", "text/html; charset=utf-8"),)
LOGIN_PAGE = b"<!doctype html><html><title>Sign in</title><form>Who are you?</form></html>"
MEGABYTE = 1 << 20
GZIP_HEAD = b"\x1f\x8b\x08" + bytes(6) + b"\xff"


def refusal(code: int, reason: str, *headers: tuple[str, str]) -> Fault:
    """Refuse as an API server does: with a Status."""
    status = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": reason, "code": code}
    body = json.dumps(status | {"message": f"{reason}, says the front"}).encode()
    return lambda exchange: exchange.send(code, (*JSON, *headers), body)


def page(code: int, *headers: tuple[str, str]) -> Fault:
    """Answer as a gateway on the way does: with a page for people."""
    return lambda exchange: exchange.send(code, (*HTML, *headers), LOGIN_PAGE)


def redirect(location: str) -> Fault:
    """Send the client elsewhere."""
    return lambda exchange: exchange.send(302, (("Location", location),), b"")


def no_answer(exchange: Exchange) -> None:
    """Say nothing until the front is healed."""
    exchange.hold()
    exchange.hang_up()


def hang_up(exchange: Exchange) -> None:
    """Close the connection in place of an answer."""
    exchange.hang_up()


def reset(exchange: Exchange) -> None:
    """Break the connection off with a TCP reset."""
    exchange.hang_up(reset=True)


def truncated(exchange: Exchange) -> None:
    """Promise the whole answer and stop in its middle."""
    reply = exchange.answer()
    exchange.send(reply.status, reply.headers, reply.body[: len(reply.body) // 2], length=len(reply.body))
    exchange.hang_up()


def cut_json(exchange: Exchange) -> None:
    """Send half an answer as if it were whole."""
    reply = exchange.answer()
    exchange.send(reply.status, reply.headers, reply.body[: len(reply.body) // 2])


def clock_ahead(by: timedelta) -> Fault:
    """Send the real answer as of a clock that is wrong."""

    def fault(exchange: Exchange) -> None:
        reply = exchange.answer()
        others = [(key, value) for key, value in reply.headers if key.lower() != "date"]
        now = format_datetime(datetime.now(UTC) + by, usegmt=True)
        exchange.send(reply.status, (("Date", now), *others), reply.body)

    return fault


def mislabelled(exchange: Exchange) -> None:
    """Send the real answer and call it a page."""
    reply = exchange.answer()
    others = [(key, value) for key, value in reply.headers if key.lower() != "content-type"]
    exchange.send(reply.status, (*HTML, *others), reply.body)


def doubled_headers(exchange: Exchange) -> None:
    """Send the real answer, each header twice but its length."""
    reply = exchange.answer()
    exchange.send(reply.status, (*reply.headers, *reply.headers), reply.body)


def two_lengths(exchange: Exchange) -> None:
    """Send the real answer with two lengths, by the first of which it ends early."""
    reply = exchange.answer()
    exchange.send(reply.status, (*reply.headers, ("Content-Length", str(len(reply.body) // 2))), reply.body)


def drip(exchange: Exchange) -> None:
    """Send the real answer one byte a second, until the front is healed."""
    reply = exchange.answer()
    exchange.begin(reply.status, (*reply.headers, ("Content-Length", str(len(reply.body)))))
    for position in range(len(reply.body)):
        exchange.write(reply.body[position : position + 1])
        if exchange.hold(1):
            break
    exchange.hang_up()


def drip_headers(exchange: Exchange) -> None:
    """Send one byte of the head a second, until the front is healed."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 1000:
        exchange.write(bytes([byte]))
        if exchange.hold(1):
            break
    exchange.hang_up()


def body_without_end(exchange: Exchange) -> None:
    """Begin a list and never come to its end."""
    exchange.begin(200, (*JSON, ("Transfer-Encoding", "chunked")))
    exchange.write(b'c\r\n{"items": [ \r\n')
    blanks = b"%x\r\n%b\r\n" % (MEGABYTE, b" " * MEGABYTE)
    while not exchange.hold(0):
        exchange.write(blanks)
    exchange.hang_up()


def list_without_end(exchange: Exchange) -> None:
    """Answer with an empty page, and say each time that there is more."""
    more = exchange.request.query.get("continue", "") + "x"
    exchange.send(200, JSON, json.dumps({"metadata": {"continue": more}, "items": []}).encode())


def with_object_of(size: int) -> Fault:
    """Add one object of so many bytes to the real list."""

    def fault(exchange: Exchange) -> None:
        reply = exchange.answer()
        content = json.loads(reply.body)
        metadata: dict[str, Any] = {"name": "huge", "annotations": {"what": "x" * size}}
        content["items"] = [*(content.get("items") or []), {"metadata": metadata}]
        exchange.send(reply.status, reply.headers, json.dumps(content).encode())

    return fault


def bomb(exchange: Exchange) -> None:
    """Send a few hundred KiB of gzip that are a few hundred MiB of blanks."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    block = packer.compress(b" " * MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)  # stands for itself, however often
    exchange.send(200, (*JSON, ("Content-Encoding", "gzip")), GZIP_HEAD + 300 * block)


def first(times: int, fault: Fault) -> Fault:
    """Meet the first requests of each path with a fault, and answer all later ones as the real server does."""
    met: Counter[str] = Counter()

    def some(exchange: Exchange) -> None:
        met[exchange.request.path] += 1
        if met[exchange.request.path] <= times:
            fault(exchange)
        else:
            reply = exchange.answer()
            exchange.send(reply.status, reply.headers, reply.body)

    return some
