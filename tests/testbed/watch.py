"""Follows the objects of one path on an API server, as a controller does: what is there, then every change.

A watch that the server ends goes on where it was; one that is too old lists again and tells the differences.
So nothing is missing from what is told but states that passed unseen before such a list.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import requests

from tests.testbed.api import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api

GONE = 410
RETRY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Event:
    """A change: ADDED, MODIFIED or DELETED, and the object as of then."""

    type: str
    object: dict[str, Any]

    @property
    def name(self) -> str:
        """The object's name."""
        name: str = self.object["metadata"]["name"]
        return name


class Watch:
    """The changes of one path; iterate over it in one thread, ``stop`` it from any.

    ``since`` is a resourceVersion to begin after; without it, what is there comes first, as ADDED.
    """

    def __init__(self, api: Api, place: str, *, labels: str = "", since: str = "") -> None:
        self._api = api
        self._place = place
        self._labels = labels
        self._version = since
        self._known: dict[str, dict[str, Any]] = {}
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._response: requests.Response | None = None

    def __iter__(self) -> Iterator[Event]:
        while not self._stopped.is_set():
            try:
                if not self._version:
                    yield from self._listed()
                yield from self._followed()
            except ApiError as error:
                if error.code == GONE:
                    self._version = ""
                elif error.code:
                    raise
                self._stopped.wait(RETRY_SECONDS)

    def stop(self) -> None:
        """End the iteration, also one that waits for a change right now."""
        with self._lock:
            self._stopped.set()
            if self._response is not None:
                self._response.raw.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listed(self) -> Iterator[Event]:
        """Tell what differs from what was told before."""
        listing = self._api.listed(self._place, labels=self._labels)
        common = {"apiVersion": listing["apiVersion"], "kind": listing["kind"].removesuffix("List")}
        present = {item["metadata"]["uid"]: common | item for item in listing["items"]}
        gone = [Event("DELETED", self._known[uid]) for uid in self._known.keys() - present.keys()]
        told = [
            Event("MODIFIED" if uid in self._known else "ADDED", item)
            for uid, item in present.items()
            if self._known.get(uid, {}).get("metadata", {}).get("resourceVersion")
            != item["metadata"]["resourceVersion"]
        ]
        self._known = present
        self._version = listing["metadata"]["resourceVersion"]
        yield from gone
        yield from told

    def _followed(self) -> Iterator[Event]:
        """Tell changes until the server ends the watch. Raises ApiError."""
        parameters = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": self._version}
        if self._labels:
            parameters["labelSelector"] = self._labels
        response = self._api.send("GET", self._place, parameters=parameters, stream=True)
        with self._lock:
            self._response = response
        try:
            if not self._stopped.is_set():
                yield from self._read(response)
        finally:
            with self._lock:
                self._response = None
            response.close()

    def _read(self, response: requests.Response) -> Iterator[Event]:
        try:
            for line in response.iter_lines(chunk_size=None):
                if self._stopped.is_set():
                    return
                yield from self._told(json.loads(line))
        except (requests.RequestException, OSError) as error:
            if not self._stopped.is_set():
                raise ApiError(0, "Unreachable", str(error)) from error

    def _told(self, change: dict[str, Any]) -> Iterator[Event]:
        kind, item = change["type"], change["object"]
        if kind == "ERROR":
            raise ApiError(item.get("code", 0), item.get("reason", ""), item.get("message", ""))
        self._version = item["metadata"]["resourceVersion"]
        if kind == "BOOKMARK":
            return
        if kind == "DELETED":
            self._known.pop(item["metadata"]["uid"], None)
        else:
            self._known[item["metadata"]["uid"]] = item
        yield Event(kind, item)
