from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.changes.deliveries import changes
from gitops_golden.changes.surroundings import surroundings
from gitops_golden.plan.model import Holding, Pointer
from gitops_golden.policy.model import Platform
from gitops_golden.render.names import parse
from gitops_golden.report.changes import changes_json, changes_text
from gitops_golden.report.tables import Style
from tests.builders import A, B, renderer, settings, variant

if TYPE_CHECKING:
    from gitops_golden.changes.deliveries import Change

GIB = 1024**3
States = tuple[str, str, bytes | None, bytes | None]


def content(**parts: Any) -> bytes:
    return renderer().image(variant(**parts)).content


def held(**parts: Any) -> bytes:
    return content(settings=settings(**parts))


def on(*clusters: str, before: bytes | None, after: bytes | None, image: str = "rhel9") -> tuple[Change, ...]:
    return changes((cluster, image, before, after) for cluster in clusters)


def told(found: tuple[Change, ...], **style: Any) -> str:
    return changes_text("acme", found, (), Style(**style))


OTHER, ARM = variant("rhel10"), variant(architecture="arm64")
PLAIN = Holding((variant(),), (), Platform())
SPLIT = Holding((ARM,), (Pointer("rhel9", ARM, channel=False),), Platform())


def warnings(before: Holding, after: Holding) -> list[str]:
    """Return what is warned of when a cluster goes from one holding to another."""
    old, new = ({parse(file.name): file.content for file in renderer().folder(each).files} for each in (before, after))
    named = sorted(filter(None, {*old, *new}))
    found = changes(("a", each[1], old.get(each), new.get(each)) for each in named if each[0] == "image")
    others = surroundings(("a", each, old.get(each), new.get(each)) for each in named if each[0] != "image")
    lines = changes_text("acme", found, others, Style()).splitlines()
    return [line for line in lines if "WARNING" in line]


def test_nothing_is_said_in_one_line() -> None:
    assert told(()) == "acme: nothing to publish"


def test_an_addition_costs_from_one_volume_to_all_that_are_kept_on_every_cluster() -> None:
    found = on("a", "b", before=None, after=content())
    assert "storage: 60Gi to 180Gi more\n" in told(found)
    assert changes_json("acme", found, ())["summary"]["storage"] == {
        "first": 60 * GIB,
        "most": 180 * GIB,
        "leftBehind": 0,
    }


def test_a_release_costs_one_more_volume_on_every_cluster() -> None:
    text = told(on("a", "b", before=content(), after=content(digest=B)))
    assert "one more volume on each cluster, until garbage collection leaves what keep says" in text
    assert "storage: 60Gi more\nacme: 2 deliveries would change" in text


def test_a_hand_over_costs_nothing_now_and_says_when_it_takes_effect_and_how_to_clean_up() -> None:
    text = told(on("a", "b", before=held(), after=held(size="40Gi", keep=2)))
    assert "storage.size 30Gi → 40Gi: with the next release, or once the volume that is served now is deleted" in text
    assert "keep 3 → 2: at once (rhel9)" in text
    assert "storage: no more now" in text
    assert "rhel9: up to 4 volumes on 2 clusters, 120Gi" in text
    assert (
        "(or volumesnapshot for pvc): kubectl -n golden-images get pvc -l 'cdi.kubevirt.io/dataImportCron in (rhel9-"
        in text
    )


@pytest.mark.parametrize(
    ("before", "after", "warning"),
    [
        (held(retention="None"), None, "retention is None: all volumes of rhel9 are deleted at once on a"),
        (
            held(retention="None"),
            held(),
            "the old cron takes the served volume with it, so nothing can be cloned of rhel9 on a until",
        ),
        (held(retention="None"), content(digest=B), "nothing can be cloned of rhel9 on a until it is imported again"),
    ],
)
def test_what_retention_none_deletes_is_a_loud_warning(before: bytes, after: bytes | None, warning: str) -> None:
    found = on("a", before=before, after=after)
    assert any(line.lstrip().startswith("WARNING: ") and warning in line for line in told(found).splitlines())
    assert "\x1b[1;31m" in told(found, color=True)
    assert "stays behind" not in told(found)


def test_an_image_that_changes_its_namespace_is_told_once_and_counted_once() -> None:
    text = told(on("a", before=held(), after=held(namespace="other")))
    assert "rhel9 leaves golden-images for other on a: no cron adopts volumes of another namespace" in text
    assert text.endswith("acme: 1 delivery would change")


def test_an_image_that_becomes_a_pointer_is_a_loud_warning_that_says_what_has_to_be_deleted() -> None:
    (warning,) = warnings(PLAIN, SPLIT)
    assert "CDI's own source stays beside the reference" in warning
    assert "kubectl -n golden-images delete datasource rhel9" in warning


def test_a_name_that_is_led_to_what_is_imported_first_is_a_loud_warning() -> None:
    (own,) = warnings(SPLIT, PLAIN)
    assert own.endswith("nothing can be cloned by the name rhel9 on a until rhel9 is imported there")
    (channel,) = warnings(
        Holding((variant(),), (Pointer("stable", variant()),), Platform()),
        Holding((variant(), OTHER), (Pointer("stable", OTHER),), Platform()),
    )
    assert channel.endswith("nothing can be cloned by the name stable on a until rhel10 is imported there")
    there = (variant(), OTHER)
    assert not warnings(
        Holding(there, (Pointer("stable", variant()),), Platform()),
        Holding(there, (Pointer("stable", OTHER),), Platform()),
    )


def test_without_garbage_collection_no_upper_bound_is_made_up() -> None:
    found = on("a", before=None, after=held(garbage_collect="Never"))
    assert "+30Gi and up" in told(found)
    assert "each release stays for good" in told(found)
    assert changes_json("acme", found, ())["summary"]["storage"]["most"] is None
    gone = on("a", before=held(garbage_collect="Never"), after=None)
    assert "rhel9: every volume that was imported, on 1 cluster" in told(gone)
    assert changes_json("acme", gone, ())["summary"]["storage"]["leftBehind"] is None


def test_many_values_of_one_setting_are_one_sentence() -> None:
    found = changes((f"c{number}", "rhel9", held(size=f"{number}Gi"), held(size="99Gi")) for number in range(10, 20))
    assert "storage.size, in 10 ways: with the next release" in told(found)


def test_clusters_that_keep_differently_share_a_row() -> None:
    found = (*on("a", before=None, after=held(keep=1)), *on("b", before=None, after=held()))
    rows = [line for line in told(found).splitlines() if line.startswith("add ")]
    assert len(rows) == 1
    assert "+60Gi to 120Gi" in rows[0]


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    names = tuple(f"cluster-{number}" for number in range(9))
    found = (*on(*names, before=held(retention="None"), after=content(digest=B)), *on("z", before=held(), after=None))
    shown = told(found, width=width, plain=False)
    commands = [line for line in shown.splitlines() if "kubectl" in line or "dataImportCron" in line or "in (" in line]
    assert max(len(line) for line in shown.splitlines() if line not in commands) <= width


def test_json_tells_each_field_by_path_and_setting_with_its_effect() -> None:
    (change,) = changes_json("acme", on("a", before=held(), after=held(access_modes=("ReadWriteMany",))), ())["changes"]
    assert change["fields"] == [
        {
            "path": "spec.template.spec.storage.accessModes",
            "setting": "storage.accessModes",
            "before": None,
            "after": ["ReadWriteMany"],
            "effect": "next-volume",
        }
    ]
    assert (change["before"], change["after"]) == (A, A)
    assert change["volumes"]["leftBehind"] == 2
    assert change["volumes"]["leftBy"].startswith("rhel9-")
    assert change["storage"] == {"first": 0, "most": 0, "leftBehind": 60 * GIB}
