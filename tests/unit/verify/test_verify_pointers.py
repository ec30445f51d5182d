"""Second names of an image: channels, and the image's own name where each architecture has a DataSource."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.plan.model import Holding, Pointer
from gitops_golden.policy.model import Platform
from gitops_golden.policy.settings import Kinded
from gitops_golden.render.cdi import FLEET_LABEL
from gitops_golden.render.tree import File
from gitops_golden.verify.beside import beside
from tests.builders import A, settings, variant
from tests.recordings import objects_before
from tests.unit.verify.world import Git, Judged, expecting, history, outcome, renderer, versions

if TYPE_CHECKING:
    from gitops_golden.verify.case import Beside

CRON, NAME, NAMESPACE = "rhel9-aaaaaa", "rhel9-stable", "golden-pointer-datasource"
FILE = f"pointer-{NAME}.yaml"
Objects = tuple[dict[str, Any], ...]


def pointer(end: str = "rhel9", name: str = NAME, **parts: Any) -> bytes:
    """Return the file of a channel that leads to an image."""
    one = variant(end, settings=settings(namespace=NAMESPACE, **parts))
    folder = renderer().folder(Holding((one,), (Pointer(name, one),), Platform()))
    return next(file.content for file in folder.files if file.name == f"pointer-{name}.yaml")


def recorded(step: str = "self reference") -> Objects:
    """Return what real CDI made of a pointer, which here has the label that the product renders."""
    objects = copy.deepcopy(objects_before("pointer_datasource", step))
    for each in objects:
        if each["metadata"]["name"] == NAME:
            each["metadata"]["labels"][FLEET_LABEL] = "acme"
    return objects


def changed(source: dict[str, Any] | None = None, **metadata: Any) -> Objects:
    objects = recorded()
    for each in objects:
        if each["metadata"]["name"] == NAME:
            each["metadata"] |= metadata
            each["spec"]["source"] = source or each["spec"]["source"]
    return objects


def absent() -> Objects:
    return tuple(each for each in recorded() if each["metadata"]["name"] != NAME)


def refused(name: str) -> Objects:
    """Return the pointer with what real CDI said of another one."""
    (said,) = (each for each in objects_before("pointer_datasource", "end") if each["metadata"]["name"] == name)
    return tuple(each | {"status": said["status"]} if each["metadata"]["name"] == NAME else each for each in recorded())


def judged(objects: Objects, *earlier: bytes | None, content: bytes | None = None) -> str:
    content = content or pointer()
    expected = expecting(objects, CRON)
    git = Git(history=history(expected, A), files={FILE: versions(content, *earlier)})
    return outcome(Judged(objects, expected, git, (held(content),)).finding())


def held(content: bytes) -> Beside:
    return beside(File(FILE, content))


def reference(name: str, namespace: str = NAMESPACE) -> dict[str, Any]:
    return {"dataSource": {"name": name, "namespace": namespace}}


VOLUME = {"pvc": {"name": "rhel9-aaaaaaaaaaaa", "namespace": NAMESPACE}}


def test_a_pointer_that_leads_to_the_image_has_converged() -> None:
    assert judged(recorded()) == "converged"


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        (absent(), "broken datasource PointerAbsent"),
        (changed(reference("rhel10")), "broken datasource PointerElsewhere"),
        (changed(reference("rhel9", "elsewhere")), "broken datasource PointerElsewhere"),
        (changed(VOLUME), "broken datasource PointerElsewhere"),
        (changed(VOLUME | reference("rhel9")), "broken datasource PointerElsewhere"),
        (changed({"other": {}}), "broken datasource PointerElsewhere"),
        (refused("third"), "broken datasource ReferenceTooDeep"),
        (refused("self"), "broken datasource ReferenceRefused"),
        (refused("far"), "broken datasource ReferenceRefused"),
        (refused("ghost"), "progressing datasource PointerNotReady"),
        (changed(labels={}), "broken datasource MetadataEdited"),
    ],
    ids=[
        "absent",
        "another image",
        "another namespace",
        "a volume",
        "a merge of volume and reference",
        "nothing",
        "two steps",
        "itself",
        "refused across namespaces",
        "not looked again",
        "without its labels",
    ],
)
def test_each_way_in_which_a_pointer_fails_has_its_reason(objects: Objects, said: str) -> None:
    assert judged(objects, pointer("ubuntu")) == said


def test_what_cdi_says_of_a_pointer_is_passed_on() -> None:
    expected = expecting(recorded(), CRON)
    content = pointer()
    git = Git(history=history(expected, A), files={FILE: versions(content)})
    finding = Judged(refused("third"), expected, git, (held(content),)).finding()
    assert finding is not None
    assert "MaxReferenceDepthReached" in finding.message


def test_a_channel_that_is_new_in_git_and_absent_is_on_its_way() -> None:
    assert judged(absent()) == "progressing datasource NotSynced"


def test_a_channel_that_goes_to_another_namespace_in_git_is_on_its_way() -> None:
    elsewhere = pointer().replace(NAMESPACE.encode(), b"elsewhere")
    assert judged(absent(), elsewhere) == "progressing datasource NotSynced"


def test_a_channel_that_moved_in_git_alone_is_on_its_way() -> None:
    before = pointer("rhel10")
    assert judged(changed(reference("rhel10")), before) == "progressing datasource NotSynced"


def test_an_image_whose_name_becomes_a_pointer_is_on_its_way_while_it_is_still_itself() -> None:
    assert judged(changed(VOLUME)) == "progressing datasource NotSynced"
    assert judged(changed(VOLUME | reference("rhel9"))) == "broken datasource PointerElsewhere"


def test_a_pointer_carries_the_images_preference() -> None:
    content = pointer(labels=(("tier", "gold"),))
    assert judged(recorded(), pointer(), content=content) == "progressing datasource NotSynced"
    assert judged(recorded(), None, content=content) == "broken datasource MetadataEdited"


def test_a_channel_that_moved_and_still_carries_the_other_images_preference_has_not_converged() -> None:
    preference = "instancetype.kubevirt.io/default-preference"
    moved = changed(labels={FLEET_LABEL: "acme", preference: "rhel.10"})
    before = pointer("rhel10", preference=Kinded("rhel.10", "VirtualMachineClusterPreference"))
    assert judged(moved, before) == "broken datasource MetadataEdited"
    assert judged(moved, None) == judged(moved, pointer("rhel10")) == "converged"


def test_a_preference_that_was_dropped_and_that_cdi_copies_from_the_volume_all_the_same_breaks_nothing() -> None:
    preference = "instancetype.kubevirt.io/default-preference"
    objects = changed(labels={FLEET_LABEL: "acme", preference: "rhel.9"})
    (end,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == ("DataSource", "rhel9"))
    before = pointer(preference=Kinded("rhel.9", "VirtualMachineClusterPreference"))
    assert judged(objects, before, None) == "broken datasource MetadataEdited"
    end["metadata"]["labels"][preference] = "rhel.9"
    assert judged(objects, before, None) == "converged"


def test_a_label_that_was_dropped_in_git_alone_is_on_its_way() -> None:
    labelled = changed(labels={FLEET_LABEL: "acme", "tier": "gold"})
    assert judged(labelled, pointer(labels=(("tier", "gold"),))) == "progressing datasource NotSynced"


def test_a_pointer_is_not_looked_at_before_its_end_is_sound() -> None:
    objects = tuple(each for each in absent() if each["kind"] != "PersistentVolumeClaim")
    assert judged(objects) == "broken volume VolumeAbsent"


def test_a_pointer_that_is_not_published_breaks_at_git() -> None:
    objects, content = recorded(), pointer()
    expected = expecting(objects, CRON)
    for past in ((), versions(pointer("rhel10"))):
        git = Git(history=history(expected, A), files={FILE: past})
        assert outcome(Judged(objects, expected, git, (held(content),)).finding()) == "broken git NotPublished"


def test_a_pointer_has_nothing_to_do_with_another_delivery() -> None:
    objects = absent()
    expected = expecting(objects, CRON)
    assert Judged(objects, expected, Git(history=history(expected, A))).finding() is None
