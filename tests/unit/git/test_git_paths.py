from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.git.paths import name_problem, path_problem

STEP = st.text("abzAZ019._-~ g\u200bit/", max_size=8) | st.sampled_from(
    [".git", "git~1", "..", ".gitops-golden", "x" * 256]
)


@given(st.lists(STEP, min_size=1, max_size=4).map("/".join))
def test_a_path_is_ours_only_if_each_of_its_steps_is(path: str) -> None:
    refused = any(map(name_problem, path.split("/"))) or path.split("/", maxsplit=1)[0] == ".gitops-golden"
    assert bool(path_problem(path)) == refused


@pytest.mark.parametrize(
    "path", [".Gitops-Golden/a", "a//b", "/a", "a/", "a/.GIT", "a/.git. ", "a/../b", "a\nb", "a\n"]
)
def test_what_git_or_a_file_system_would_take_for_something_else_is_refused(path: str) -> None:
    assert path_problem(path)


def test_a_path_has_a_bound() -> None:
    step = "x" * 250
    assert not path_problem("/".join([step] * 15))
    assert path_problem("/".join([step] * 16))
    assert not path_problem("/".join(["x" * 201] * 16))
    assert path_problem("/".join(["x" * 201] * 20))
