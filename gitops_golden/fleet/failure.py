"""Why a cluster could not be read at all, on its way from where it was noticed to an ``Unreachable``."""

from __future__ import annotations


class ClusterFailure(Exception):  # noqa: N818 - never seen outside: it ends as a value, not as an error
    """A cluster that cannot be read. ``reason`` is stable and CamelCase, ``message`` holds nothing secret."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
