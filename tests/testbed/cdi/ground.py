"""Where scenarios are played: a cluster of the testbed's own, or an existing one with substitutes for names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.testbed.api import path
from tests.testbed.cdi.actions import URL
from tests.testbed.cdi.install import DEFAULT_CLASS, STORAGE, VIRT_CLASS, install, storage_class
from tests.testbed.containerdisk import containerdisk, qcow2

if TYPE_CHECKING:
    from tests.testbed.api import Api
    from tests.testbed.cdi.standin import StandIn
    from tests.testbed.registry import ReachableRegistry

REPOSITORY = "gitops-golden-contract/rhel9"
CRASHING = "crash_"


@dataclass(frozen=True, slots=True)
class Ground:
    """A cluster to play on. ``stand_in`` is None on an existing one; then ``substitutes`` are what is there instead."""

    api: Api
    stand_in: StandIn | None = None
    substitutes: dict[str, str] = field(default_factory=dict)

    @property
    def patience(self) -> float:
        """For how many seconds to wait for something to come: a real importer is pulled first, and is slow to crash."""
        return 60.0 if self.stand_in else 240.0

    def lacks(self, needs: str) -> bool:
        """Whether a scenario's needs can't be met."""
        return bool(needs) and self.stand_in is None

    def names(self, scenario: str) -> dict[str, str]:
        """Return what stands here for what the recording has; a digest whose import is to crash is nowhere."""
        crashes = scenario.startswith(CRASHING)
        return {there: here for there, here in self.substitutes.items() if not (crashes and "b" * 12 in there)}


def prepare(api: Api) -> None:
    """Install CDI's side and the storage classes of the recordings on a bare cluster; none of them is the default."""
    install(api)
    storage_class(api, "fast")
    storage_class(api, "faster")
    storage_class(api, "snappy", source_format="snapshot")
    storage_class(api, "lazy", binding="WaitForFirstConsumer")


def existing_ground(api: Api, registry: ReachableRegistry) -> Ground:
    """Return a cluster with real CDI. Its default class has to be as the recordings' was, as kind's own is.

    That is: ReadWriteOnce filesystems, kept as claims and not as snapshots, filled without a volume populator.
    Four images are pushed to ``registry``, which the cluster has to be able to pull from, for the four digests of the
    recordings.
    """
    substitutes = {URL: f"docker://{registry.address}/{REPOSITORY}", '"fast"': f'"{_default_class(api)}"'}
    for letter in "abcd":
        digest = registry.push(containerdisk(qcow2(f"contract {letter}")), REPOSITORY, letter)
        hexadecimal = digest.removeprefix("sha256:")
        # a digest, and the end of a volume's name
        substitutes |= {f"sha256:{letter * 64}": digest, f"-{letter * 12}": f"-{hexadecimal[:12]}"}
    return Ground(api, None, substitutes)


def _default_class(api: Api) -> str:
    classes = api.items(path(STORAGE, "storageclasses"))
    for mark in (VIRT_CLASS, DEFAULT_CLASS):
        for item in classes:
            if (item["metadata"].get("annotations") or {}).get(mark) == "true":
                name: str = item["metadata"]["name"]
                return name
    raise AssertionError("the cluster has no default storage class")
