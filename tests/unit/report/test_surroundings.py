from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.changes.surroundings import Act, surroundings
from gitops_golden.plan.model import Holding, Pointer, VendorPlan
from gitops_golden.policy.model import (
    EVERY_USER,
    CaBundle,
    HyperConverged,
    Platform,
    Registry,
    Subject,
    VendorTemplate,
)
from gitops_golden.render.names import KINDS, parse
from gitops_golden.report.surroundings import sentences, title, what
from gitops_golden.vendor.catalogue import catalogue
from tests.builders import HERE, B, renderer, settings, variant

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.changes.surroundings import Surrounding
    from gitops_golden.render.names import Kind

OPENSHIFT = Platform("openshift", "openshift-cnv", HyperConverged("openshift-cnv", "hco.kubevirt.io/v1"))


def holding(**parts: Any) -> Holding:
    return replace(Holding((variant(),), (), Platform()), **parts)


def files(held: Holding, **values: Any) -> dict[str, bytes]:
    return {file.name: file.content for file in renderer(**values).folder(held).files}


def between(before: dict[str, bytes], after: dict[str, bytes]) -> tuple[Surrounding, ...]:
    return surroundings(
        ("edge-001", found, before.get(name), after.get(name))
        for name in {*before, *after}
        if (found := parse(name)) and found[0] != "image"
    )


def only(before: dict[str, bytes], after: dict[str, bytes]) -> Surrounding:
    (change,) = between(before, after)
    return change


def channel(end: str) -> dict[str, bytes]:
    ends = (variant("rhel10"), variant("rhel9"))
    pointed = next(each for each in ends if each.image == end)
    return files(holding(variants=ends, pointers=(Pointer("rhel-stable", pointed),)))


def without(files: dict[str, bytes], kind: str) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if not name.startswith(kind)}


def test_a_channel_that_moves_tells_both_ends() -> None:
    change = only(channel("rhel9"), channel("rhel10"))
    assert (change.act, title(change), what(change)) == (Act.CHANGE, "channel rhel-stable", "rhel9 → rhel10")
    assert "new VMs are cloned from the other image at once" in sentences(change)[0]


def test_a_channel_comes_and_goes_by_its_end() -> None:
    added = only(without(channel("rhel9"), "pointer"), channel("rhel9"))
    removed = only(channel("rhel9"), without(channel("rhel9"), "pointer"))
    assert (added.act, what(added)) == (Act.ADD, "rhel9")
    assert (removed.act, what(removed)) == (Act.REMOVE, "rhel9")


def test_an_images_own_name_before_an_architecture_is_no_channel() -> None:
    end = variant(architecture="arm64")
    held = files(holding(variants=(end,), pointers=(Pointer("rhel9", end),)))
    assert title(only(without(held, "pointer"), held)) == "name rhel9"


def test_consumers_who_come_and_go_are_named() -> None:
    before = files(holding(), consumers=EVERY_USER)
    after = files(holding(), consumers=(Subject("Group", "devs"), Subject("ServiceAccount", "builder", "ci")))
    change = only(before, after)
    assert what(change) == "+group devs; -group system:authenticated; +serviceAccount ci/builder"
    assert sentences(change) == (
        "may clone at once: group devs, serviceAccount ci/builder",
        "may not clone any more: group system:authenticated",
    )


def test_certificates_that_come_and_go_are_told_by_their_fingerprints(tmp_path: Path) -> None:
    def trusting(*blocks: str) -> dict[str, bytes]:
        text = "".join(f"-----BEGIN CERTIFICATE-----\n{block}\n-----END CERTIFICATE-----\n" for block in blocks)
        return files(holding(), registry=Registry("r", ca_bundle=CaBundle(tmp_path, text)))

    change = only(trusting("QUFB", "QkJC"), trusting("QkJC", "Q0ND"))
    assert sorted(part[:1] for part in what(change).split("; ")) == ["+", "-"]
    assert title(change) == "registry CA in golden-images"


def test_a_namespace_that_leaves_git_stays_on_the_cluster() -> None:
    held = files(holding())
    change = only(held, without(held, "namespace"))
    assert change.act is Act.REMOVE
    assert "stays on clusters" in sentences(change)[0]


def vendor(*, imports: bool | None, **parts: Any) -> dict[str, bytes]:
    return files(holding(platform=OPENSHIFT, vendor=VendorPlan(OPENSHIFT, imports=imports, **parts)))


def test_vendor_images_that_are_switched_off_are_told_to_be_deleted() -> None:
    change = only(vendor(imports=True), vendor(imports=False))
    assert (title(change), what(change)) == ("HyperConverged", "vendor import on → off")
    assert "its boot sources are deleted there" in sentences(change)[0]


def test_vendor_images_that_are_kept_removed_or_replaced_are_named() -> None:
    known = {image.name: image for image in catalogue("openshift")}
    replaced = ((known["rhel9"], variant()),)
    change = only(vendor(imports=False), vendor(imports=False, keep=(known["fedora"],), replace=replaced))
    assert what(change) == "fedora kept; rhel9 replaced by aaaaaaaaaaaa"
    change = only(vendor(imports=True), vendor(imports=True, remove=(known["rhel8"],)))
    assert what(change) == "rhel8 removed"


KNOWN = {image.name: image for image in catalogue("openshift")}
ADMINS = VendorTemplate("debian", {"metadata": {"name": "debian"}, "spec": {"managedDataSource": "debian"}}, HERE)


def replacing(**parts: Any) -> dict[str, bytes]:
    return vendor(imports=None, replace=((KNOWN["rhel9"], variant(**parts)),))


def test_a_kept_image_that_is_dropped_while_the_import_is_off_is_told_to_be_deleted() -> None:
    both = vendor(imports=False, keep=(KNOWN["fedora"], KNOWN["rhel8"]))
    for after in (vendor(imports=False, keep=(KNOWN["fedora"],)), vendor(imports=False)):
        assert "rhel8 kept → removed" in what(only(both, after))
    assert sentences(only(both, vendor(imports=False))) == (
        "vendor images that are deleted there, volumes included: fedora, rhel8",
    )


def test_an_image_that_was_switched_off_alone_stays_away_when_the_whole_import_goes_off() -> None:
    change = only(vendor(imports=None, remove=(KNOWN["rhel8"],)), vendor(imports=False))
    assert what(change) == "vendor import off"


def test_a_list_that_becomes_gits_is_told_to_take_away_what_it_does_not_name() -> None:
    lost = "those of the cluster's admin that the policy does not name are lost"
    before, first = vendor(imports=False), vendor(imports=False, keep=(KNOWN["fedora"],))
    more = vendor(imports=False, keep=(KNOWN["fedora"], KNOWN["rhel8"]))
    assert lost in " ".join(sentences(only(before, first)))
    assert lost in " ".join(sentences(only(without(first, "hyperconverged"), first)))
    assert lost not in " ".join(sentences(only(first, more)))
    assert lost not in " ".join(sentences(only(first, before)))


def test_a_kept_image_is_told_to_be_imported_anew() -> None:
    change = only(vendor(imports=True), vendor(imports=False, keep=(KNOWN["fedora"],)))
    assert any("nothing can be cloned of them until then: fedora" in each for each in sentences(change))


def test_an_admins_template_that_is_listed_no_longer_is_told_to_take_its_volumes_along() -> None:
    (said,) = sentences(only(vendor(imports=False, templates=(ADMINS,)), vendor(imports=False)))
    assert said.startswith("templates of the cluster's admin that are listed no longer: their crons go, and their vol")


def test_an_import_that_is_said_no_longer_goes_back_to_the_default_of_hco() -> None:
    said = sentences(only(vendor(imports=False), vendor(imports=None, remove=(KNOWN["fedora"],))))
    assert (
        "whether the vendor's images are imported is said no longer: HCO goes back to its default, which is on" in said
    )


def test_a_replaced_image_is_a_change_by_its_digest_and_by_its_settings() -> None:
    change = only(replacing(), replacing(digest=B))
    assert what(change) == "rhel9 replaced by aaaaaaaaaaaa → replaced by bbbbbbbbbbbb"
    for parts in ({"settings": settings(size="40Gi")}, {"settings": settings(labels=(("team", "a"),))}):
        change = only(replacing(), replacing(**parts))
        assert (change.act, what(change)) == (Act.CHANGE, "settings of replaced rhel9 changed")
        assert "earlier volumes stay behind in the vendor's namespace: rhel9" in sentences(change)[0]


def test_a_replaced_image_that_is_given_back_leaves_its_volumes() -> None:
    said = " ".join(sentences(only(replacing(), vendor(imports=None, remove=(KNOWN["rhel8"],)))))
    assert "their volumes stay behind in the vendor's namespace: rhel9" in said


def test_another_hyperconverged_on_the_same_cluster_is_told_and_the_first_stays_as_it_is() -> None:
    other = Platform("openshift", "openshift-cnv", HyperConverged("virt", "hco.kubevirt.io/v1"))
    moved = files(holding(platform=other, vendor=VendorPlan(other, imports=False)))
    change = only(vendor(imports=False), moved)
    assert (change.act, what(change)) == (Act.CHANGE, "namespace openshift-cnv → virt")
    assert sentences(change) == ("told to the one in virt; that in openshift-cnv stays as it was told last",)


def test_a_hyperconverged_that_leaves_git_switches_nothing_back() -> None:
    change = only(vendor(imports=False), without(vendor(imports=False), "hyperconverged"))
    assert sentences(change) == ("leaves Git alone: the HyperConverged stays as it is, so nothing is switched back",)


def test_a_file_that_somebody_edited_is_put_back() -> None:
    held = channel("rhel9")
    name = "pointer-rhel-stable.yaml"
    for edited in (b"\0", held[name] + b"# mine\n", b""):
        change = only(held | {name: edited}, held)
        assert (change.act, change.fields) == (Act.REPAIR, ())


def test_clusters_that_change_alike_are_one_change() -> None:
    before, after = channel("rhel9")["pointer-rhel-stable.yaml"], channel("rhel10")["pointer-rhel-stable.yaml"]
    (change,) = surroundings((name, ("pointer", "rhel-stable"), before, after) for name in ("b", "a"))
    assert change.clusters == ("a", "b")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "image"])
@given(
    before=st.sampled_from([b"", b"a: 1\n", b"- x\n", b"spec: [1]\n", b"spec: {source: 1}\nsubjects: [1, {}]\n"]),
    after=st.binary() | st.none(),
)
def test_whatever_a_file_holds_its_change_can_be_told(kind: Kind, before: bytes, after: bytes | None) -> None:
    for change in surroundings([("a", (kind, "x"), before, after), ("b", (kind, "x"), None, before)]):
        assert title(change)
        assert sentences(change)
        assert isinstance(what(change), str)


def test_a_channel_that_goes_to_another_namespace_leaves_its_name_where_it_was() -> None:
    def ending(namespace: str) -> dict[str, bytes]:
        end = variant(settings=settings(namespace=namespace))
        return files(holding(variants=(end,), pointers=(Pointer("stable", end),)))

    moved = next(change for change in between(ending("a"), ending("b")) if change.kind == "pointer")
    assert sentences(moved) == ("goes to b: nothing can be cloned by this name in a any more",)


def test_a_pointers_labels_go_by_the_policys_names() -> None:
    def labelled(**labels: str) -> dict[str, bytes]:
        end = variant(settings=settings(labels=tuple(sorted(labels.items()))))
        return files(holding(variants=(end,), pointers=(Pointer("stable", end),)))

    assert what(only(labelled(team="a"), labelled(team="b"))) == "metadata.labels.team a → b"
