"""``lock``: which digest is each tag?"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops_golden.cli.options import fleet_argument, output_option
from gitops_golden.cli.terminal import progress, show, show_json, style
from gitops_golden.cli.wiring import open_fleet
from gitops_golden.errors import FINDING, OUTSIDE_FAILED
from gitops_golden.registry.lockfile import LOCK_FILE, write_lock
from gitops_golden.registry.source import open_registry
from gitops_golden.registry.update import check as tag_states
from gitops_golden.registry.update import relock
from gitops_golden.report.locks import changes_json, changes_text, states_json, states_text

if TYPE_CHECKING:
    from gitops_golden.cli.wiring import Fleet


@click.command("lock")
@fleet_argument
@click.option("--image", metavar="I", multiple=True, help="Only this image; may be given several times.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a tag has moved past the lock.")
@output_option("table", "json")
def command(fleet: Path, image: tuple[str, ...], *, check: bool, output: str) -> int:
    """Resolve each image's tag to a digest and write the lock, fleet.lock.yaml, beside the policy.

    Credentials come from REGISTRY_AUTH_FILE or ~/.docker/config.json. Images that track their tag are locked for the
    record; --check leaves them out. Exits 0, 1 if --check found a moved tag, 2 for wrong input, 3 if the registry
    failed; then the lock is as it was.

    \b
    Examples:
      gitops-golden lock
      gitops-golden lock --image rhel9
      gitops-golden lock --check
    """
    opened = open_fleet(fleet)
    chosen = {opened.image(name).name for name in image} if image else None
    if check:
        return _check(opened, chosen, output)
    policy = opened.policy
    with progress("resolving tags", len(chosen or policy.images)) as step:
        relocked = relock(
            policy,
            opened.lock,
            open_registry(policy.registry, environ=os.environ, home=Path.home()),
            now=datetime.now(UTC),
            only=chosen,
            progress=lambda _: step(),
        )
    write_lock(policy.folder, relocked.lock)
    if output == "json":
        show_json(changes_json(policy.name, relocked))
    else:
        show(changes_text(relocked, str(policy.folder / LOCK_FILE), style()))
    return 0


def _check(opened: Fleet, chosen: set[str] | None, output: str) -> int:
    policy = opened.policy
    pinned = _pinned(opened)
    names = pinned & chosen if chosen is not None else pinned
    releases = open_registry(policy.registry, environ=os.environ, home=Path.home())
    states = tag_states(policy, opened.lock, releases, only=names)
    if output == "json":
        show_json(states_json(policy.name, states))
    else:
        show(states_text(states, style()))
    if any(state.state in ("moved", "gone", "unlocked") for state in states):
        return FINDING
    return OUTSIDE_FAILED if any(state.state == "unreachable" for state in states) else 0


def _pinned(opened: Fleet) -> set[str]:
    """Return the images that some cluster holds pinned, and those that no cluster has yet."""
    held = opened.plan.variants()
    tracking = {variant.image for variant in held if variant.tracking}
    return {image.name for image in opened.policy.images} - tracking | {v.image for v in held if not v.tracking}
