"""Commands to paste name what they say they name, and nothing else, whatever a cluster calls its objects."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops_golden.fleet.views import meta
from gitops_golden.verify.commands import by_hand, delete, describe
from gitops_golden.verify.hands import LONGEST, annotation, hand, label
from tests.unit.verify.world import written

ANY = st.text(max_size=12) | st.sampled_from(["rhel9", "a; rm -rf /", "$(id)", "`id`", "--all", "-n", "a b", "é", ""])


@given(namespace=ANY, name=ANY)
def test_a_command_has_exactly_the_words_it_is_meant_to_have(namespace: str, name: str) -> None:
    told = delete("DataVolume", namespace, name)
    if told.startswith("`"):
        words = ["kubectl", "-n", namespace, "delete", "datavolumes.cdi.kubevirt.io", name]
        assert shlex.split(told.strip("`")) == words
        assert not name.startswith("-")
    else:
        assert told == "delete the DataVolume, whose name is not safe to paste"


@given(key=ANY, name=ANY)
def test_a_key_is_taken_off_by_a_command_that_names_it_or_by_hand(key: str, name: str) -> None:
    told = by_hand("DataSource", meta({"metadata": {"namespace": "golden", "name": name}}), [label(key)])
    if told.startswith("`"):
        words = ["kubectl", "-n", "golden", "label", "datasources.cdi.kubevirt.io", name, f"{key}-"]
        assert shlex.split(told.strip("`")) == words
    else:
        assert "by hand" in told


@pytest.mark.parametrize("name", ["a..b", "a.-b", "-a", "a.", "A", "a" * 254])
def test_a_name_that_kubernetes_does_not_take_is_not_pasted(name: str) -> None:
    assert "`" not in delete("DataVolume", "golden", name)


def test_what_is_ordinary_can_be_pasted() -> None:
    assert describe("Pod", "golden", "importer-rhel9.4-aaaaaaaaaaaa") == (
        "`kubectl -n golden describe pod importer-rhel9.4-aaaaaaaaaaaa`"
    )
    of = meta({"metadata": {"namespace": "golden", "name": "rhel9"}})
    assert by_hand("DataSource", of, [label("acme.example/tier"), annotation("note")]) == (
        "`kubectl -n golden label datasources.cdi.kubevirt.io rhel9 acme.example/tier-` and "
        "`kubectl -n golden annotate datasources.cdi.kubevirt.io rhel9 note-`"
    )


# Whose hand ---------------------------------------------------------------------------------------------------------

OBJECT: dict[str, Any] = {"metadata": {"name": "rhel9"}}


def test_the_last_of_those_who_wrote_is_told_with_the_time() -> None:
    found = written(OBJECT, "argocd-controller", timedelta(hours=1), *label("tier"))
    found = written(found, "kubectl-edit", timedelta(hours=2), *annotation("note"))
    told, when = hand(found, label("tier"), annotation("note"))
    assert told == ", last written by argocd-controller at 2026-11-21 11:00 UTC"
    assert when is not None


def test_a_managers_name_is_told_within_bounds() -> None:
    found = written(OBJECT, "x" * 128, timedelta(minutes=1), *label("tier"))
    assert len(hand(found, label("tier")).told.split()[4]) == LONGEST


@pytest.mark.parametrize("entries", [None, [], "much", [None], [{"manager": 7, "fieldsV1": []}]])
def test_where_nothing_is_noted_nobody_is_named(entries: object) -> None:
    assert hand({"metadata": {"managedFields": entries}}, label("tier")) == ("", None)
