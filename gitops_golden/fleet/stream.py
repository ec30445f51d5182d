"""An answer that goes on and on, line by line, as an API server tells of changes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pycurl

from gitops_golden.fleet.failure import ClusterFailure
from gitops_golden.fleet.transfer import MAX_BYTES, failure, handle, prepare, too_large

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.fleet.endpoint import Endpoint

OK: Final = 200
# Seconds, after which somebody's wish to end it is seen.
_GLANCE: Final = 0.5


class Stream:
    """Iterate over its lines in one thread, ``close`` it from any. It has a connection of its own."""

    def __init__(self, endpoint: Endpoint, target: str, *, quiet: float) -> None:
        """Ask, and wait for the status; it is lost once nothing came for ``quiet`` seconds. Raises ClusterFailure."""
        self._endpoint = endpoint
        self._quiet = quiet
        self._closing = False
        self._curl = handle(endpoint)
        # Not compressed: a line is to be there when it was sent.
        self._curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        self._reply = prepare(self._curl, endpoint.address + target)
        self._multi = pycurl.CurlMulti()
        self._multi.add_handle(self._curl)
        self._heard = time.monotonic()
        try:
            while not self._reply.headed and self._step():
                pass
            self.status = int(self._curl.getinfo(pycurl.RESPONSE_CODE))
        except BaseException:
            self._end()
            raise
        if self.status != OK:
            self._end()

    def __iter__(self) -> Iterator[bytes]:
        """Yield lines without their ends, until the server is done. Raises ClusterFailure if it breaks off."""
        reply, line, going = self._reply, bytearray(), self.status == OK
        try:
            while going:
                going = self._step()
                *whole, rest = b"".join(reply.pieces).split(b"\n")
                reply.pieces.clear()
                reply.size = 0
                for end in whole:
                    yield bytes(line + end)
                    line.clear()
                line += rest
                if len(line) > MAX_BYTES:
                    raise too_large(self._endpoint)
        finally:
            self._end()

    def close(self) -> None:
        """End it; who waits for a line then sees the end."""
        self._closing = True

    def _step(self) -> bool:
        """Take what has come, or wait for it a moment; False at the end. Raises ClusterFailure."""
        before = (self._reply.headed, self._reply.size)
        _, running = self._multi.perform()
        if not running:
            _, _, failed = self._multi.info_read()
            for curl, code, said in failed:
                raise failure(curl, self._endpoint, code, said)
            return False
        now = time.monotonic()
        if before != (self._reply.headed, self._reply.size):
            self._heard = now
        elif now - self._heard > self._quiet:
            raise ClusterFailure("Timeout", f"{self._endpoint.shown} said nothing for {self._quiet:g} s")
        else:
            self._multi.select(_GLANCE)
        return not self._closing

    def _end(self) -> None:
        self._multi.close()
        self._curl.close()
