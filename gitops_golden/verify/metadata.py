"""Labels and annotations against what Git says of them, now and before; what others add is none of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitops_golden.render.cdi import BINDING_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_CDI = "cdi.kubevirt.io/"
_KUBEVIRT = "kubevirt.io/"
_MARKS = frozenset(f"app.kubernetes.io/{name}" for name in ("component", "managed-by", "part-of", "version"))
"""CDI's own labels on what it makes or changes (seen on real CDI)."""


def strayed(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Return the keys that are missing or have another value, in the order in which they are wanted."""
    return [key for key, value in wanted.items() if found.get(key) != value]


def left_over(
    wanted: Mapping[str, str],
    found: Mapping[str, str],
    earlier: Callable[[], Iterable[Mapping[str, str]]],
) -> list[str]:
    """Return the keys that an earlier commit gave the value that is found, and that are no longer wanted; sorted.

    ``earlier`` is asked only if there is a key that may be one: history is costly to read.
    """
    extra = {key: value for key, value in found.items() if key not in wanted and _may_be_ours(key)}
    if not extra:
        return []
    return sorted({key for past in earlier() for key, value in past.items() if extra.get(key) == value})


def carries(found: Mapping[str, str], wanted: Mapping[str, str], *, but: str = "") -> bool:
    """Whether everything wanted is found, one key aside."""
    return all(found.get(key) == value for key, value in wanted.items() if key != but)


def copied_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels that CDI hands on from a cron to its DataSource: those of kubevirt.io's domains."""
    return {key: value for key, value in labels.items() if _KUBEVIRT in key}


def own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels without those that CDI hands on from crons and volumes, and those it marks things with.

    It copies labels of kubevirt.io's domains, again and again: one that was dropped stays for as long as the volume
    that was imported with it (CDI's source, August 2026).
    """
    return {key: value for key, value in labels.items() if _KUBEVIRT not in key and key not in _MARKS}


def _may_be_ours(key: str) -> bool:
    return key == BINDING_ANNOTATION or _CDI not in key
