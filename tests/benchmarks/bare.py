"""``python -m tests.benchmarks.bare KUBECONFIG PATHS THREADS``: the requests of a verification, and nothing else.

The ceiling of the simulator: Python's own HTTP client, a connection per cluster kept open, bodies read and thrown away.
``PATHS`` is a file with the paths to ask each cluster for. Tells how many requests were answered, and the time.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.benchmarks.apis import TOKEN
from tests.benchmarks.clock import timed

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "Authorization": f"Bearer {TOKEN}"}


def ask(server: str, paths: Sequence[str], context: ssl.SSLContext | None) -> int:
    """Ask one cluster for everything; return how many answers came."""
    address = urlsplit(server)
    assert address.hostname
    if context:
        connection: HTTPConnection = HTTPSConnection(address.hostname, address.port, context=context)
    else:
        connection = HTTPConnection(address.hostname, address.port)
    for path in paths:
        connection.request("GET", f"{address.path}{path}", headers=HEADERS)
        connection.getresponse().read()
    connection.close()
    return len(paths)


def main(kubeconfig: Path, paths: Path, threads: int) -> None:
    """Ask every cluster of a kubeconfig that ``serving`` wrote."""
    text = kubeconfig.read_text()
    servers = re.findall(r"^    server: (\S+)$", text, re.MULTILINE)
    authority = re.search(r"certificate-authority-data: (\S+)", text)
    context = authority and ssl.create_default_context(cadata=base64.b64decode(authority[1]).decode())
    with timed(), ThreadPoolExecutor(threads) as pool:
        work = partial(ask, paths=json.loads(paths.read_text()), context=context)
        print(sum(pool.map(work, servers)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
