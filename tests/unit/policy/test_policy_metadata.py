"""Labels and annotations of the user's own: which keys are his, and how they go through the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import Location
from gitops_golden.policy.metadata import annotation, label
from gitops_golden.policy.settings import resolve, trace
from tests.unit.policy.reading import leaves, read, refused

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.policy.model import Layer

BOTH = (label, annotation)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("gitops-golden/fleet", "gitops-golden's own"),
        ("gitops-golden/anything", "gitops-golden's own"),
        ("verify.gitops-golden/x", "gitops-golden's own"),
        ("cdi.kubevirt.io/dataImportCron", "CDI's or gitops-golden's own"),
        ("cdi.kubevirt.io/storage.import.sourceDesiredDigest", "CDI's or gitops-golden's own"),
        ("x.cdi.kubevirt.io/y", "CDI's or gitops-golden's own"),
        ("cdi.kubevirt.io/storage.bind.immediate.requested", "the setting immediateBinding"),
        ("instancetype.kubevirt.io/default-preference", "the settings preference and instancetype"),
        ("instancetype.kubevirt.io/default-instancetype-kind", "the settings preference and instancetype"),
        ("kubectl.kubernetes.io/last-applied-configuration", "written by what applies manifests"),
        ("argocd.argoproj.io/tracking-id", "written by what applies manifests"),
        ("kustomize.toolkit.fluxcd.io/name", "written by what applies manifests"),
        ("kustomize.toolkit.fluxcd.io/namespace", "written by what applies manifests"),
    ],
)
def test_keys_that_somebody_else_decides_are_refused(key: str, says: str) -> None:
    for check in BOTH:
        assert says in str(check(key, "x"))


@pytest.mark.parametrize(
    "key", ["team", "acme.example/team", "gitops-golden", "my-gitops-golden/x", "kubevirt.io/x", "notcdi.kubevirt.io/x"]
)
def test_other_keys_are_the_users(key: str) -> None:
    assert [check(key, "x") for check in BOTH] == [None, None]


@pytest.mark.parametrize("key", ["", "/a", "a/", "a/b/c", "-a", "A/b", "a b", "a" * 64])
def test_a_key_that_kubernetes_refuses_is_refused(key: str) -> None:
    assert all(check(key, "x") for check in BOTH)


def test_an_annotation_may_hold_any_text_of_some_length_and_a_label_may_not() -> None:
    for text in ("a b", "{{ x }}", "a\nb", "ü", "a" * 64):
        assert annotation("a", text) is None
        assert "has a value that" in str(label("a", text))
    assert annotation("a", "a" * 65536) is None
    assert "more than 65,536" in str(annotation("a", "a" * 65537))


def layers(folder: Path, defaults: str, image: str) -> tuple[Layer, Layer]:
    rhel = f"{{name: rhel9, repository: r, tag: t, storage: {{size: 1Gi}}, metadata: {image}}}"
    policy = read(folder, f"defaults: {{metadata: {defaults}}}\nimages: [{rhel}]")
    return policy.defaults, policy.images[0].layer


@pytest.mark.parametrize(
    ("defaults", "image", "labels"),
    [
        ("{labels: {a: x}}", "{labels: {b: y}}", {"a": "x", "b": "y"}),
        ("{labels: {a: x}}", "{labels: {a: y}}", {"a": "y"}),
        ("{labels: {a: x, b: y}}", "{labels: {a: ~}}", {"b": "y"}),
        ("{labels: {a: x, b: y}}", "{labels: ~}", {}),
        ("{labels: {a: x, b: y}}", "~", {}),
        ("{labels: {a: x}}", "{labels: {}}", {"a": "x"}),
        ("{labels: {a: x}}", "{annotations: ~}", {"a": "x"}),
        ("{labels: {a: ''}}", "{labels: {b: ~}}", {"a": ""}),
        ("{labels: {a.b/c: x, a.b/cd: y}}", "{labels: {a.b/c: ~}}", {"a.b/cd": "y"}),
    ],
)
def test_each_key_goes_its_own_way_through_the_layers(
    defaults: str, image: str, labels: dict[str, str], tmp_path: Path
) -> None:
    for kind in ("labels", "annotations"):
        other = "annotations" if kind == "labels" else "labels"
        swapped = [
            text.replace("labels", "-").replace("annotations", other).replace("-", kind) for text in (defaults, image)
        ]
        settings = resolve(layers(tmp_path, *swapped))
        assert dict(getattr(settings, kind)) == labels
        assert getattr(settings, other) == ()


def test_a_trace_tells_where_each_key_was_set_and_taken_back(tmp_path: Path) -> None:
    both = layers(tmp_path, "{labels: {a: x, b: y}, annotations: {a: z}}", "{labels: {a: ~, c: w}, annotations: ~}")
    traced = {resolved.path: resolved for resolved in trace(both) if resolved.path.startswith("metadata.")}
    assert {path: resolved.value for path, resolved in traced.items()} == {
        "metadata.annotations.a": None,
        "metadata.labels.a": None,
        "metadata.labels.b": "y",
        "metadata.labels.c": "w",
    }
    assert [(one.value, one.origin) for one in traced["metadata.labels.a"].overrode] == [("x", "defaults")]
    assert traced["metadata.labels.b"].where == Location(str(tmp_path / "fleet.yaml"), 6, 43)
    assert traced["metadata.annotations.a"].origin == "image rhel9"


def test_keys_are_read_in_the_order_of_the_text_each_at_its_place(tmp_path: Path) -> None:
    spec = "defaults:\n  metadata:\n    labels:\n      b: x\n      a: ~\n"
    assert list(leaves(read(tmp_path, spec).defaults).items()) == [
        ("metadata.labels.b", "x"),
        ("metadata.labels.a", None),
    ]
    assert [setting.where.line for setting in read(tmp_path, spec).defaults] == [9, 10]


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (
            "{labels: {gitops-golden/fleet: x}}",
            '6:34: the key "gitops-golden/fleet" in metadata.labels is gitops-golden\'s',
        ),
        (
            "{annotations: {cdi.kubevirt.io/x: ~}}",
            '6:39: the key "cdi.kubevirt.io/x" in metadata.annotations is CDI\'s',
        ),
        ("{labels: {a: 1}}", "6:37: metadata.labels.a must be text, but 1 is a number"),
        ("{labels: {a: 'b c'}}", '6:34: the key "a" in metadata.labels has a value that may hold'),
        ("{annotations: {a: {b: c}}}", "6:42: metadata.annotations.a must be text, not a map"),
        ("{annotations: [a]}", "6:38: metadata.annotations must be a map of text, not a list"),
        ("{label: {}}", "6:25: unknown field metadata.label (did you mean labels?)"),
        ("{name: x}", "6:25: unknown field metadata.name"),
        ("x", "6:24: metadata must be a map of fields"),
    ],
)
def test_wrong_metadata_is_told_at_its_place(metadata: str, says: str, tmp_path: Path) -> None:
    (told,) = refused(tmp_path, f"defaults: {{metadata: {metadata}}}")
    assert told.startswith(f"fleet.yaml:{says}")
