"""What a policy may say of the platform's own boot images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import Location
from gitops_golden.policy.model import VendorImages, VendorTemplate
from tests.unit.policy.reading import read, refused

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = "images: [{name: fedora, repository: golden/fedora, tag: '42'}]"
TEMPLATE = "{metadata: {name: own, labels: {a: b}}, spec: {schedule: '0 2 * * *', importsToKeep: 2}, status: {x: y}}"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("keep", {"imports": True}),
        ("remove", {"imports": False}),
        ("{keep: [rhel9, fedora]}", {"imports": False, "keep": ("fedora", "rhel9")}),
        ("{keep: []}", {"imports": False}),
        ("{remove: [fedora]}", {"imports": None, "remove": ("fedora",)}),
        ("{replace: [fedora]}", {"imports": None, "replace": ("fedora",)}),
        ("{keep: [rhel9], replace: [fedora]}", {"imports": False, "keep": ("rhel9",), "replace": ("fedora",)}),
        ("{remove: [rhel9], replace: [fedora]}", {"imports": None, "remove": ("rhel9",), "replace": ("fedora",)}),
    ],
)
def test_what_is_said_of_vendor_images_is_read(written: str, said: dict[str, Any], tmp_path: Path) -> None:
    found = read(tmp_path, f"vendorImages: {written}\n{IMAGES}").vendor_images
    assert found == VendorImages(where=Location(str(tmp_path / "fleet.yaml"), 6, 17), **said)


def test_a_policy_that_says_nothing_of_vendor_images_leaves_them_alone(tmp_path: Path) -> None:
    assert read(tmp_path).vendor_images is None


def test_templates_of_admins_are_taken_in_full_without_their_status(tmp_path: Path) -> None:
    found = read(
        tmp_path, f"vendorImages:\n  templates:\n    - {TEMPLATE}\n    - {{metadata: {{name: a}}}}"
    ).vendor_images
    assert found
    assert found.imports is None
    spec = {"schedule": "0 2 * * *", "importsToKeep": 2}
    shown = str(tmp_path / "fleet.yaml")
    assert found.templates == (
        VendorTemplate("a", {"metadata": {"name": "a"}}, Location(shown, 9, 9)),
        VendorTemplate("own", {"metadata": {"name": "own", "labels": {"a": "b"}}, "spec": spec}, Location(shown, 8, 9)),
    )


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("none", '6:17: vendorImages "none" is unknown'),
        ("~", "6:17: vendorImages is empty"),
        ("true", "6:17: vendorImages must be text, but true is a boolean (known are keep, remove, "),
        ("[fedora]", "6:17: vendorImages must be text, not a list (known are keep, remove, "),
        ("{}", "6:17: vendorImages says nothing"),
        ("{kept: [fedora]}", "6:18: unknown field vendorImages.kept (did you mean keep?)"),
        ("{keep: fedora}", "6:24: vendorImages.keep must be a list, not text"),
        ("{keep: [Fedora]}", '6:25: a name in vendorImages.keep "Fedora" may hold'),
        ("{keep: [rhel9], remove: [fedora]}", "6:41: vendorImages.remove is not needed beside keep"),
        ("{keep: [fedora], replace: [fedora]}", 'vendorImages names "fedora" in keep and in replace'),
        ("{replace: [rhel9]}", '6:28: no image is named "rhel9"'),
        ("{templates: {}}", "6:29: vendorImages.templates must be a list"),
        ("{templates: [own]}", "6:30: A template in vendorImages must be a map"),
        ("{templates: [{spec: {}}]}", "6:30: A template in vendorImages has no metadata"),
        ("{templates: [{metadata: {}}]}", "6:30: a template in vendorImages has no metadata.name"),
        ("{templates: [{metadata: {name: 1}}]}", "a template's name must be text, but 1 is a number"),
        ("{templates: [{metadata: {name: a}, kind: X}]}", "unknown field kind in a template in vendorImages"),
        ("{templates: [{metadata: {name: a}}, {metadata: {name: a}}]}", 'there are two templates named "a" (the first'),
        ("{templates: [{metadata: {name: a}, spec: {x: .inf}}]}", "holds a number that JSON doesn't have"),
        ("{templates: [{metadata: {name: a}, spec: ~}]}", "6:58: spec of a template in vendorImages must be a map"),
        ("{templates: [{metadata: {name: a}, spec: text}]}", "6:58: spec of a template in vendorImages must be a map"),
        ("{templates: [{metadata: {name: a, annotations: ~}}]}", "6:64: metadata.annotations of a template"),
        ("{templates: [{metadata: {name: a, annotations: []}}]}", "6:64: metadata.annotations of a template"),
        ("{templates: [{metadata: {name: a, labels: {b: 5}}}]}", '6:63: "b" in metadata.labels of a template'),
        ("{templates: [{metadata: {name: a, labels: {b: ~}}}]}", '6:63: "b" in metadata.labels of a template'),
        ("{templates: [{metadata: {name: a}, spec: {b: [{c: 1.5}]}}]}", "6:67: a template in vendorImages holds 1.5,"),
        ("{templates: [{metadata: {name: a}, spec: {b: 9223372036854775808}}]}", "no whole number of at most 64 bits"),
    ],
)
def test_vendor_images_that_contradict_themselves_are_refused(written: str, says: str, tmp_path: Path) -> None:
    assert any(says in line for line in refused(tmp_path, f"vendorImages: {written}\n{IMAGES}"))
