"""Makes the recordings in tests/data/cdi from raw ones: ``python -m tests.testbed.cdi.record RAW_FOLDER TO_FOLDER``.

A raw recording is a file of JSON lines as they were watched: ``{"t", "step"}``, ``{"t", "event", "object"}``,
``{"t", "request", "response"}``. Kept is what a contract test compares, until the step "end".
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.testbed.cdi.timeline import KINDS, Answer, Seen, Step, Timeline, distinct, lasting, lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.testbed.cdi.timeline import Object

UID = re.compile(r"-[0-9a-f]{8}$")


def condensed(entries: Iterable[Object]) -> Timeline:
    """Return the timeline of a raw recording."""
    seen: list[Seen] = []
    steps: list[Step] = []
    answers: list[Answer] = []
    for entry in entries:
        if "step" in entry:
            steps.append(Step(entry["t"], entry["step"]))
            if entry["step"] == "end":
                break
        elif "request" in entry:
            answers.append(Answer(entry["request"], entry["response"]["code"], entry["response"]["message"]))
        elif entry.get("object", {}).get("kind") in KINDS:
            seen.append(_seen(entry))
    return Timeline(tuple(distinct(seen)), tuple(steps), tuple(answers))


def watched_name(item: Object) -> str:
    """Return an object's name; a poller's ends in a part of its cron's uid, which is another run's own."""
    name: str = item["metadata"]["name"]
    return UID.sub("-UID", name) if item["kind"] in ("CronJob", "Job") else name


def _seen(entry: Object) -> Seen:
    item = entry["object"]
    name = watched_name(item)
    gone = entry["event"] == "DELETED"
    whole = lasting(item | {"metadata": item["metadata"] | {"name": name}})
    return Seen(entry["t"], int(item["metadata"]["resourceVersion"]), item["kind"], name, None if gone else whole)


def main() -> None:
    """Condense every recording of a folder into another."""
    raw, target = map(Path, sys.argv[1:3])
    for file in sorted(raw.glob("*.jsonl")):
        timeline = condensed(map(json.loads, file.read_text(encoding="utf-8").splitlines()))
        (target / file.name).write_text("".join(f"{line}\n" for line in lines(timeline)), encoding="utf-8")


if __name__ == "__main__":
    main()
