"""The group of verbs, and the one edge where errors become text and exit codes.

A verb's module is imported when the verb is called, so `--help` costs little more than click itself.
"""

from __future__ import annotations

import gc
import importlib
import sys
import tempfile
import threading
import time
import traceback
from typing import TYPE_CHECKING

import click

from gitops_golden import __version__
from gitops_golden.cli.interrupts import leave
from gitops_golden.cli.terminal import tell
from gitops_golden.errors import BUG, WRONG_INPUT, GoldenError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

INTERRUPTED = 130
TERMINATED = 143
PATIENCE = 0.5
"""Seconds for threads that are about to end by themselves."""
GARBAGE_THRESHOLD = 200_000
VERBS = {
    "check": "Is the policy right? Works offline.",
    "explain": "Why does a delivery have this value?",
    "lock": "Which digest is each tag? Writes the lock.",
    "plan": "What will every cluster hold?",
    "diff": "What would publishing change?",
    "render": "Write the manifests to a folder.",
    "publish": "Commit the manifests to the clusters' repository.",
    "verify": "Has every delivery converged? Else the first broken link.",
    "drift": "What do clusters hold that Git doesn't say, and the reverse?",
    "merge": "Put the reports of a fleet's shards together.",
    "snapshot": "Record what one cluster holds.",
    "schema": "Print a JSON Schema.",
}
"""Every verb with its line in the overview, in the order of work."""


class _Verbs(click.Group):
    """A group that imports a verb only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of work."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one verb."""
        del ctx
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"gitops_golden.cli.{cmd_name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview without importing the verbs."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "GITOPS_GOLDEN"},
)
@click.version_option(__version__, prog_name="gitops-golden")
def commands() -> None:
    """Golden images for fleets of clusters: one policy in Git, proof by digest that every cluster serves it.

    \b
    A first round:
      gitops-golden check                      is the policy right?
      gitops-golden lock                       which digest is each tag?
      gitops-golden diff --repo fleet.git      what would change?
      gitops-golden publish --repo fleet.git   one commit for the GitOps engine
      gitops-golden verify --repo fleet.git --kubeconfig ~/.kube/config

    FLEET is a policy file or a folder that holds one; the current folder unless named.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit: 0 fine, 1 a finding, 2 wrong input, 3 the outside failed, 70 a bug of ours."""
    before = set(threading.enumerate())
    code = _code(arguments)
    if code in (INTERRUPTED, TERMINATED) or _linger(set(threading.enumerate()) - before):
        leave(code)
    sys.exit(code)


def _linger(threads: Collection[threading.Thread]) -> bool:
    """Whether Python would wait at its end for requests that other threads still have under way."""
    end = time.monotonic() + PATIENCE
    for thread in threads:
        # One that is only about to start is among those that there are, and cannot be joined.
        if thread.is_alive() and not thread.daemon:
            thread.join(max(0.0, end - time.monotonic()))
    return any(thread.is_alive() and not thread.daemon for thread in threads)


def _code(arguments: Sequence[str] | None) -> int:
    # A policy of ten thousand clusters is a million small objects that live until the end: looking for cycles among
    # them as often as Python does by default takes a quarter of the time.
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        result = commands.main(arguments, prog_name="gitops-golden", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return WRONG_INPUT
    except (click.Abort, KeyboardInterrupt):
        tell("interrupted")
        return INTERRUPTED
    except GoldenError as error:
        for problem in error.problems:
            tell(f"error: {problem}")
        return error.exit_code
    except Exception:  # noqa: BLE001 -- the one edge: whatever else comes here is a bug of ours
        return _bug()
    return result if isinstance(result, int) else 0


def _bug() -> int:
    report = f"gitops-golden {__version__}\n{traceback.format_exc()}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="gitops-golden-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
        ) as log:
            log.write(report)
    except OSError:
        # No place to save it to.
        tell("error: this is a bug of gitops-golden; please report it with this")
        for line in report.splitlines():
            tell(line)
    else:
        tell(f"error: this is a bug of gitops-golden; please report it with {log.name}")
    return BUG
