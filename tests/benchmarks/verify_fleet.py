"""``python -m tests.benchmarks.verify_fleet FOLDER CLUSTERS``: a fleet whose tags, lock and repository agree."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.bench import command
from tests.benchmarks.fleets import IMAGES, write_fleet
from tests.testbed.containerdisk import containerdisk, qcow2
from tests.testbed.layout import write_layout

TAG = "1.0"


def main(folder: Path, clusters: int) -> None:
    """Write policy, layouts and lock, and publish."""
    fleet = folder / "fleet"
    write_fleet(fleet, clusters)
    policy = fleet / "fleet.yaml"
    text = policy.read_text()
    address = "    address: registry.bench.example:5000\n"
    policy.write_text(text.replace(address, f"{address}    layout: ./registry\n"))
    for image in IMAGES:
        write_layout(fleet / "registry" / "golden" / image, containerdisk(qcow2(image), architecture="amd64"), TAG)
    (fleet / "fleet.lock.yaml").unlink()
    subprocess.run(command("lock", fleet), check=True, stdout=subprocess.DEVNULL)
    repository = folder / "clusters.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", repository], check=True)
    subprocess.run(command("publish", fleet, "--repo", repository), check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
