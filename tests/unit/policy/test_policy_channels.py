"""Channels: second names that stand for an image, never for another channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import Location
from gitops_golden.policy.model import Channel
from tests.unit.policy.reading import read, refused

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = "images: [{name: rhel9, repository: r, tag: t}, {name: rhel10, repository: r, tag: t}]\n"


def test_channels_are_sorted_by_name_and_stand_for_an_image(tmp_path: Path) -> None:
    spec = f"{IMAGES}channels: [{{name: stable, image: rhel9}}, {{name: next, image: rhel10}}]"
    place = str(tmp_path / "fleet.yaml")
    assert read(tmp_path, spec).channels == (
        Channel("next", "rhel10", Location(place, 7, 44)),
        Channel("stable", "rhel9", Location(place, 7, 14)),
    )


@pytest.mark.parametrize(
    ("channels", "says"),
    [
        ("{name: a, image: a}", ['7:31: "a" is a channel, not an image (name the image itself)']),
        ("{name: a, image: b}, {name: b, image: rhel9}", ['7:31: "b" is a channel, not an image']),
        (
            "{name: a, image: b}, {name: b, image: a}",
            ['7:31: "b" is a channel, not an image', '7:52: "a" is a channel, not an image'],
        ),
        ("{name: a, image: b}, {name: b, image: c}, {name: c, image: a}", ['7:31: "b"', '7:52: "c"', '7:73: "a"']),
    ],
)
def test_a_channel_of_a_channel_is_refused_where_it_is_named(channels: str, says: list[str], tmp_path: Path) -> None:
    told = refused(tmp_path, f"{IMAGES}channels: [{channels}]")
    assert [line.startswith(f"fleet.yaml:{each}") for line, each in zip(told, says, strict=True)] == [True] * len(says)


def test_a_placement_names_images_and_no_channels(tmp_path: Path) -> None:
    spec = f"{IMAGES}channels: [{{name: a, image: rhel9}}]\nplacements: [{{name: p, images: [a], clusters: {{}}}}]"
    (told,) = refused(tmp_path, spec)
    assert told == 'fleet.yaml:8:35: "a" is a channel, not an image (name the image itself)'


@pytest.mark.parametrize(
    ("channels", "says"),
    [
        ("{name: a}", "7:14: A channel has no image"),
        ("{image: rhel9}", "7:14: A channel has no name"),
        ("{name: A, image: rhel9}", '7:21: the channel\'s name "A" may hold'),
        ("{name: a, image: rhel8}", '7:31: no image is named "rhel8" (did you mean rhel9?)'),
        ("{name: a, image: [rhel9]}", "7:31: a channel's image must be text, not a list"),
        ("{name: a, image: rhel9}, {name: a, image: rhel10}", 'there are two channels named "a" (the first is at'),
        ("{name: a, image: rhel9, clusters: {}}", "7:38: unknown field clusters in a channel"),
    ],
)
def test_a_wrong_channel_is_told(channels: str, says: str, tmp_path: Path) -> None:
    assert any(says in line for line in refused(tmp_path, f"{IMAGES}channels: [{channels}]"))
