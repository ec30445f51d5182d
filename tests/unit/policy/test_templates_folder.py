from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitops_golden.errors import InputError
from gitops_golden.policy.files import Folder
from gitops_golden.policy.templates_folder import LARGEST, MOST, read_templates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "policy" / "templates"
    folder.mkdir(parents=True)
    return folder


def put(folder: Path, name: str, text: str = "a: 1\n") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read(folder: Path) -> dict[str, str]:
    found = read_templates(Folder(folder.parent), folder.name)
    return {name: source.text for name, source in found.items()}


def problems(folder: Path) -> list[str]:
    with pytest.raises(InputError) as raised:
        read(folder)
    return [str(problem).removeprefix(f"{folder.parent}/") for problem in raised.value.problems]


def test_every_file_with_a_place_is_read_by_its_name_below_the_folder(templates: Path) -> None:
    names = ["cron.yaml.j2", "cluster/note.yaml.j2", "image/quota.yaml.j2", "lib/labels.j2"]
    for name in names:
        put(templates, name, f"# {name}\n")
    assert read(templates) == {name: f"# {name}\n" for name in sorted(names)}


def test_a_source_is_shown_as_the_user_would_type_it(templates: Path) -> None:
    put(templates, "cron.yaml.j2")
    found = read_templates(Folder(templates.parent), "templates/")
    assert found["cron.yaml.j2"].shown == str(templates / "cron.yaml.j2")


def test_dotfiles_are_passed_over(templates: Path) -> None:
    for name in (".gitkeep", ".cron.yaml.j2.swp", "lib/.hidden"):
        put(templates, name)
    assert read(templates) == {}


def test_line_ends_of_windows_and_a_byte_order_mark_are_taken_away(templates: Path) -> None:
    (templates / "cron.yaml.j2").write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert read(templates) == {"cron.yaml.j2": "a: 1\nb: 2\n"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("crom.yaml.j2", "there is no built-in template of this name (did you mean cron.yaml.j2?)"),
        ("libs/a.j2", "templates are in no such folder (did you mean lib/?)"),
        ("README.md", "the name of a template here ends with .yaml.j2 (rename it, or move it away)"),
        ("cluster/a.j2", "the name of a template here ends with .yaml.j2 (rename it, or move it away)"),
        ("lib/a.yaml", "the name of a template here ends with .j2 (rename it, or move it away)"),
    ],
)
def test_a_file_that_has_no_place_is_an_error_that_names_the_nearest(templates: Path, name: str, said: str) -> None:
    put(templates, name)
    place = "libs" if name.startswith("libs/") else name
    assert problems(templates) == [f"templates/{place}: {said}"]


def test_a_name_that_no_file_of_a_cluster_could_have_is_refused(templates: Path) -> None:
    put(templates, "cluster/Über.yaml.j2")
    assert "templates/cluster/Über.yaml.j2: the name" in problems(templates)[0]


def test_folders_inside_the_folders_are_refused(templates: Path) -> None:
    put(templates, "lib/more/a.j2")
    assert problems(templates) == [
        "templates/lib/more: the name of a template here ends with .j2 (rename it, or move it away)"
    ]


def test_everything_that_is_wrong_is_told_in_one_run(templates: Path) -> None:
    for name in ("a.yaml.j2", "b.yaml.j2", "other/c.j2"):
        put(templates, name)
    assert len(problems(templates)) == 3


@pytest.mark.parametrize("link", ["cron.yaml.j2", "lib/a.j2"])
def test_a_link_that_leads_out_is_refused(templates: Path, link: str) -> None:
    put(templates.parent, "secret", "s")
    (templates / link).parent.mkdir(exist_ok=True)
    (templates / link).symlink_to(templates.parent / "secret")
    assert "leads out" in problems(templates)[0]


def test_a_linked_folder_that_leads_out_is_refused(templates: Path) -> None:
    put(templates.parent, "elsewhere/a.j2")
    (templates / "lib").symlink_to(templates.parent / "elsewhere")
    assert "leads out" in problems(templates)[0]


def test_a_link_to_a_file_inside_is_followed(templates: Path) -> None:
    put(templates, "lib/a.j2", "text")
    (templates / "cron.yaml.j2").symlink_to("lib/a.j2")
    assert read(templates)["cron.yaml.j2"] == "text"


def test_a_folder_outside_the_policys_is_refused(templates: Path) -> None:
    with pytest.raises(InputError, match="leads out of the policy's folder"):
        read_templates(Folder(templates), "../elsewhere")


@pytest.mark.parametrize("name", ["none", "cron.yaml.j2"])
def test_what_is_no_folder_is_refused(templates: Path, name: str) -> None:
    put(templates, "cron.yaml.j2")
    with pytest.raises(InputError, match=r"does not exist|is no folder"):
        read_templates(Folder(templates), name)


def test_a_pipe_is_refused_and_not_waited_for(templates: Path) -> None:
    os.mkfifo(templates / "cron.yaml.j2")
    assert "is no file" in problems(templates)[0]


def test_a_file_that_is_too_large_is_refused(templates: Path) -> None:
    put(templates, "cron.yaml.j2", "x" * (LARGEST + 1))
    assert "65,537 bytes, more than the 65,536" in problems(templates)[0]


def test_templates_that_are_too_large_together_are_refused(templates: Path) -> None:
    for number in range(5):
        put(templates, f"lib/{number}.j2", "x" * LARGEST)
    assert "more than the 262,144 that are read" in problems(templates)[0]


def test_a_folder_of_very_many_files_is_refused(templates: Path) -> None:
    for number in range(MOST + 1):
        put(templates, f"lib/l{number}.j2")
    assert problems(templates) == ["templates: the folder holds more than 100 files (keep only templates in it)"]


def test_a_file_that_is_no_text_is_refused(templates: Path) -> None:
    (templates / "cron.yaml.j2").write_bytes(b"\xff\xfe")
    assert "byte 0xff is not UTF-8" in problems(templates)[0]
