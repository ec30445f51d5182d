"""Each link from the registry to the cron, broken on a real API server: its reason is named, exactly and alone.

What is wrong is then mended as the remedy says, and all has converged again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitops_golden.render.cdi import ATTEMPT_ANNOTATION, DIGEST_ANNOTATION, FLEET_LABEL
from tests.e2e.hands import CDI
from tests.e2e.links import NOWHERE, TEAM, build, instant, now
from tests.testbed.api import ApiError, path, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.links import Pair
    from tests.testbed.api import Object

CRD = path("apiextensions.k8s.io/v1", "customresourcedefinitions", name="dataimportcrons.cdi.kubevirt.io")
RHEL9 = "first rhel9"


def both(pair: Pair, said: str, *sources: str) -> dict[str, str]:
    return {f"{where} {source}": said for where in ("first", "second") for source in sources or pair.sources}


# the registry


def test_a_tag_that_moved_past_the_lock_hides_no_cluster(pair: Pair) -> None:
    pair.push()
    found = pair.finds({"image rhel9": "broken registry/TagMoved"})
    pair.paste(found["remedy"])
    pair.finds({RHEL9: "progressing cron/NotSynced", "second rhel9": "progressing cron/NotSynced"}, overdue=True)
    pair.fleet.sync()
    pair.heals()


def test_a_tag_that_is_gone(pair: Pair) -> None:
    repository = f"{pair.prefix}/rhel9"
    digest = pair.registry.digest(repository, "9")
    pair.registry.delete_manifest(repository, "9")
    pair.finds({"image rhel9": "broken registry/TagGone"})
    pair.registry.tag(repository, "9", digest)
    pair.heals()


def test_a_digest_that_is_gone_is_told_before_its_tag(pair: Pair) -> None:
    repository = f"{pair.prefix}/debian"
    digest = pair.registry.digest(repository, "12")
    pair.registry.delete_manifest(repository, digest)
    pair.finds({"image debian": "broken registry/DigestGone"})
    number = next(each for each in range(1, pair.builds + 1) if build("debian", each).digest == digest)
    assert pair.registry.push(build("debian", number), repository, "12") == digest
    pair.heals()


@pytest.mark.usefixtures("stood_in")
def test_a_registry_that_is_down_leaves_out_only_what_follows_a_tag(pair: Pair) -> None:
    pair.own_registry.stop()
    images = {f"image {each}": "unreachable registry/RegistryUnreachable" for each in pair.images}
    pair.finds(images | both(pair, "unreachable registry/TagUnknown", "suse"))
    pair.own_registry.start()
    pair.heals()


# the lock


def test_an_image_that_the_lock_lacks(pair: Pair) -> None:
    pair.relock(r"(?m)^  debian:\n(?:    .*\n)+", "")
    found = pair.finds(both(pair, "broken lock/NotLocked", "debian"))
    pair.paste(found["remedy"])
    pair.fleet.sync()
    pair.heals()


def test_a_lock_that_says_no_release_for_the_wave(pair: Pair) -> None:
    pair.relock(r"(?m)(^  debian:\n(?:    .*\n)+?)    waves:\n(?:      .*\n)+", r"\1    waves: {}\n")
    found = pair.finds(both(pair, "broken lock/WaveNotLocked", "debian"))
    pair.paste(found["remedy"])
    pair.heals()


# Git


def test_a_release_that_nobody_published(pair: Pair) -> None:
    pair.push()
    pair.fleet.lock()
    found = pair.finds(both(pair, "broken git/NotPublished", "rhel9"))
    assert found["since"]
    pair.paste(found["remedy"])
    pair.fleet.sync()
    pair.heals()


def test_a_manifest_that_somebody_deleted_in_git(pair: Pair) -> None:
    pair.commit(lambda folder: (folder / "image-rhel9.yaml").unlink())
    found = pair.finds({RHEL9: "broken git/NotPublished"})
    pair.paste(found["remedy"])
    pair.heals()


def test_a_manifest_that_somebody_edited_in_git(pair: Pair) -> None:
    began = now()
    pair.commit(_replacing(pair.pinned("rhel9"), NOWHERE))
    found = pair.finds({RHEL9: "broken git/TreeEdited"})
    assert instant(found["since"]) >= began
    pair.paste(found["remedy"])
    pair.heals()


def test_a_release_that_somebody_took_back_in_git_alone(pair: Pair) -> None:
    before, began = pair.pinned("rhel9"), now()
    wait_until(lambda: now() > began, what="another second, in which the lock first sees the next release")
    pair.roll_out()
    pair.heals()
    pair.commit(_replacing(pair.pinned("rhel9"), before))
    found = pair.finds({RHEL9: "broken git/TreeReverted"})
    assert instant(found["since"]) >= began
    pair.paste(found["remedy"])
    pair.heals()


def test_a_tree_that_another_fleet_has_published(pair: Pair) -> None:
    pair.edit("metadata: {name: links}", "metadata: {name: others}")
    pair.finds(both(pair, "broken git/TreeOfAnotherFleet") | _vendors_untold(pair))
    pair.edit("metadata: {name: others}", "metadata: {name: links}")
    pair.heals()


def test_a_branch_that_is_gone(pair: Pair) -> None:
    head = pair.fleet.published("rev-parse", "main").strip()
    pair.fleet.published("update-ref", "-d", "refs/heads/main")
    pair.finds(both(pair, "broken git/BranchAbsent") | _vendors_untold(pair))
    pair.fleet.published("update-ref", "refs/heads/main", head)
    pair.heals()


def _vendors_untold(pair: Pair) -> dict[str, str]:
    """What is said besides of a cluster's own file, which the branch does not hold either."""
    return {"first": "broken git/NotPublished"} if pair.cdi else {}


def _replacing(before: str, after: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "image-rhel9.yaml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")

    return change


# the cron


def test_a_cluster_that_its_engine_has_not_synced(pair: Pair) -> None:
    pair.push()
    pair.fleet.lock()
    pair.fleet.publish()
    pair.fleet.sync([pair.names[1]])
    found = pair.finds({RHEL9: "progressing cron/NotSynced"}, overdue=True)
    assert found["since"]
    pair.fleet.sync()
    pair.heals()


def test_a_cron_that_somebody_deleted_looks_at_first_like_one_that_is_still_to_come(pair: Pair) -> None:
    pair.delete("cron", pair.cron_name("suse"))
    pair.finds({"first suse": "progressing cron/NotSynced"})
    pair.later({"first suse": "broken cron/CronAbsent"})
    pair.fleet.sync()
    pair.heals()


def test_a_cron_that_is_held_while_it_goes(pair: Pair) -> None:
    name = pair.cron_name("rhel9")
    pair.patch("cron", name, {"metadata": {"finalizers": ["example.com/held"]}})
    pair.delete("cron", name)
    pair.finds({RHEL9: "progressing cron/CronDeleting"}, overdue=True)
    pair.patch("cron", name, {"metadata": {"finalizers": None}})
    pair.fleet.sync()
    pair.heals()


def test_a_cron_that_somebody_made_anew_with_another_spec(pair: Pair) -> None:
    body = pair.as_cron("rhel9", importsToKeep=7)
    pair.delete("cron", pair.cron_name("rhel9"))
    pair.create("cron", body)
    found = pair.finds({RHEL9: "broken cron/SpecEdited"})
    assert "importsToKeep" in found["message"]
    pair.paste(found["remedy"])
    pair.fleet.sync()
    pair.heals()


def test_a_second_cron_for_the_same_datasource(pair: Pair) -> None:
    pair.create("cron", pair.as_cron("rhel9", name="somebodys"))
    found = pair.finds({RHEL9: "broken cron/ForeignCron"})
    assert "mallory" in found["message"]
    pair.paste(found["remedy"])
    pair.heals()


def test_somebodys_cron_in_place_of_ours(pair: Pair) -> None:
    body = pair.as_cron("rhel9", name="somebodys")
    pair.delete("cron", pair.cron_name("rhel9"))
    pair.create("cron", body)
    found = pair.finds({RHEL9: "broken cron/ForeignCron"})
    assert "is absent" in found["message"]
    pair.paste(found["remedy"])
    pair.fleet.sync()
    pair.heals()


@pytest.mark.parametrize(
    ("metadata", "reason", "noted"),
    [
        ({"annotations": {DIGEST_ANNOTATION: f"sha256:{'d' * 64}"}}, "DigestEdited", True),
        ({"annotations": {DIGEST_ANNOTATION: None}}, "DigestRemoved", False),
        ({"annotations": {DIGEST_ANNOTATION: "sha256:1234"}}, "DigestMalformed", True),
        ({"labels": {TEAM: "mallorys"}}, "MetadataEdited", True),
        ({"labels": {TEAM: None}}, "MetadataEdited", False),
        ({"annotations": {ATTEMPT_ANNOTATION: "7"}}, "MetadataEdited", True),
        ({"labels": {FLEET_LABEL: "others"}}, "CronOfAnotherFleet", True),
    ],
)
def test_who_edited_a_crons_metadata_is_told_unless_it_was_taken_away(
    pair: Pair, metadata: Object, reason: str, *, noted: bool
) -> None:
    began = now()
    pair.patch("cron", pair.cron_name("rhel9"), {"metadata": metadata})
    found = pair.finds({RHEL9: f"broken cron/{reason}"})
    assert ("last written by mallory" in found["message"]) == noted
    if noted:
        assert instant(found["since"]) >= began
    if reason == "DigestEdited":
        pair.says_the_same_of_recordings()
    pair.patch("cron", pair.cron_name("rhel9"), {"metadata": {"annotations": {ATTEMPT_ANNOTATION: None}}})
    pair.fleet.sync()
    pair.heals()


@pytest.mark.usefixtures("stood_in")
def test_a_cluster_without_cdi(pair: Pair) -> None:
    pair.cdi[pair.first].stop()
    definition = pair.api.get(CRD)
    versions = [each | {"served": False} for each in definition["spec"]["versions"]]
    pair.api.patch(CRD, {"spec": {"versions": versions}})
    pair.finds({f"first {each}": "broken cron/CdiAbsent" for each in pair.sources})
    pair.api.patch(CRD, {"spec": {"versions": definition["spec"]["versions"]}})
    wait_until(lambda: _listed(pair, path(CDI, "dataimportcrons")), what="CDI's API again")
    pair.cdi[pair.first].start()
    pair.heals()


def _listed(pair: Pair, place: str) -> bool:
    try:
        return bool(pair.api.items(place))
    except ApiError:
        return False


def test_at_rest_recordings_say_what_clusters_say(pair: Pair) -> None:
    pair.says_the_same_of_recordings()
