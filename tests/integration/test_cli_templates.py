"""Templates of the users' from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration.fleets import change

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.fleets import Ran


def test_check_tells_a_templates_mistakes_before_anything_is_locked(run: Callable[..., Ran], fleet: Path) -> None:
    file = fleet / "templates" / "cluster" / "about.yaml.j2"
    file.parent.mkdir(parents=True)
    file.write_text("{{ fleet | upcase }}\n", encoding="utf-8")
    change(fleet / "fleet.yaml", "  defaults:\n", "  templates: templates\n  defaults:\n")
    (fleet / "fleet.lock.yaml").unlink()
    ran = run("check")
    assert (ran.code, ran.out) == (2, "")
    assert "error: templates/cluster/about.yaml.j2:1:1: there is no filter upcase" in ran.err
