"""The images of the sample fleet: tiny, valid containerdisks, the same bytes each time they are made."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.testbed.containerdisk import containerdisk, multiarch, qcow2
from tests.testbed.layout import write_layout

if TYPE_CHECKING:
    from pathlib import Path

    from tests.testbed.containerdisk import Image

SIZE = 20 << 20


@dataclass(frozen=True, slots=True)
class Push:
    """An image that is pushed under a tag; of several under one tag, the last is what the tag is now."""

    repository: str
    tag: str
    image: Image


def _disk(label: str, architecture: str = "amd64") -> Image:
    return containerdisk(qcow2(label, size=SIZE), architecture=architecture)


def _two_platforms(label: str) -> Image:
    return multiarch([_disk(f"{label} {architecture}", architecture) for architecture in ("amd64", "arm64")])


def before() -> tuple[Push, ...]:
    """Return the registry as it was when the sample's lock was written."""
    return (
        Push("golden/rhel9", "9.6", _disk("rhel 9.6, build 1")),
        Push("golden/ubuntu", "24.04", _two_platforms("ubuntu 24.04")),
        Push("golden/fedora", "latest", _two_platforms("fedora 43")),
        Push("golden/windows-server", "2022", _disk("windows server 2022")),
    )


def after() -> tuple[Push, ...]:
    """Return what was pushed since."""
    return (Push("golden/rhel9", "9.6", _disk("rhel 9.6, build 2")),)


def write_layouts(folder: Path, pushes: tuple[Push, ...]) -> None:
    """Replace the folder of layouts by one that holds what was pushed."""
    shutil.rmtree(folder, ignore_errors=True)
    for push in pushes:
        write_layout(folder / push.repository, push.image, push.tag)
