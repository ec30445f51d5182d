"""Reports of verifications for tests, as large as wanted: every verdict and link, failing as real fleets fail.

Whole sites fail alike (an engine that is stopped, a network that is cut, an importer that cannot pull), single
deliveries each in a way of their own, and a release is on its way through the rest. Same arguments, same report.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from gitops_golden.errors import Location
from gitops_golden.fleet.observation import Server, Unread
from gitops_golden.verify.model import (
    Basis,
    BootSource,
    ClusterResult,
    DeliveryResult,
    Finding,
    ImageResult,
    Link,
    Origin,
    Report,
    Verdict,
)
from gitops_golden.verify.unseen import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
OBJECTIVE = timedelta(hours=4)
LAST_READ = AT - timedelta(hours=31.5)
"""When clusters that are out of reach were read."""
BASIS = Basis(
    branch="main",
    commit=sha256(b"tree").hexdigest()[:40],
    policy=Origin(sha256(b"policy").hexdigest(), sha256(b"policy commit").hexdigest()[:40]),
    lock=Origin(sha256(b"lock").hexdigest(), sha256(b"policy commit").hexdigest()[:40], modified=True),
    version="0.5.0",
)
PER_SITE = 40
"""So many clusters are at a site, once there are at least three sites."""
SYNC = "let the GitOps engine sync this cluster"
NAMES = (
    "rhel9", "rhel8", "win2022", "win2025", "ubuntu2404", "ubuntu2204", "fedora", "debian12", "centos-stream10",
    "sles15", "oracle9", "rocky9", "alma9", "win11", "freebsd14", "flatcar", "talos", "rhcos", "opensuse-leap", "arch",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A way in which a delivery fails; ``served`` tells whether consumers get the earlier digest, or none."""

    verdict: Verdict
    link: Link | None
    reason: str
    message: str
    remedy: str
    hours: float | None
    served: bool = True
    overdue: bool = False

    def finding(self, image: str, wanted: str, earlier: str, cluster: str) -> Finding:
        words = {
            "image": image,
            "wanted": wanted,
            "earlier": earlier,
            "cluster": cluster,
            "cron": f"{image}-{sha256(image.encode()).hexdigest()[:8]}",
            "volume": f"{image}-{wanted.removeprefix('sha256:')[:12]}",
        }
        since = None if self.hours is None else AT - timedelta(hours=self.hours)
        return Finding(
            self.verdict,
            self.link,
            self.reason,
            self.message.format_map(words),
            self.remedy.format_map(words),
            since,
            self.overdue,
        )


_LOCK = "run `gitops-golden lock`, then `gitops-golden publish`"
_PROGRESSING, _BROKEN, _UNREACHABLE = Verdict.PROGRESSING, Verdict.BROKEN, Verdict.UNREACHABLE
CUT = Fault(
    _UNREACHABLE, None, "Timeout", "https://{cluster}.acme.example:6443 did not answer within 10 s",
    REMEDIES["Timeout"], None, served=False,
)  # fmt: skip
STOPPED = Fault(
    _PROGRESSING, Link.CRON, "NotSynced", "the cluster is at commit 870bbed0239c: {earlier}", SYNC, 2.25,
)  # fmt: skip
PULLING = Fault(
    _BROKEN, Link.IMPORT, "ImporterCrashing",
    "the importer of {volume} has failed 14 times: Unable to process data: pinging container registry "
    "mirror.acme.example:5000: tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
    "mend what it says, or lock an earlier release and publish: CDI then leaves this import at once", 19.0,
)  # fmt: skip
ROLLING = Fault(
    _PROGRESSING, Link.IMPORT, "Importing", "{volume} is being imported (43.1 %, 120 MiB/s)", "", 0.4,
)  # fmt: skip
SINGLE = (
    Fault(_UNREACHABLE, Link.REGISTRY, "TagUnknown",
          "{image} follows its tag, and the registry did not say what that is now", "see the image's own line", None),
    Fault(_BROKEN, Link.LOCK, "NotLocked", "the lock has no release of {image}", _LOCK, None, served=False),
    Fault(_BROKEN, Link.GIT, "NotPublished", "the branch still holds {earlier}", "run `gitops-golden publish`", 3.0),
    Fault(_BROKEN, Link.CRON, "DigestEdited", "{cron} pins {earlier}, which Git never held for this delivery; "
          "Git holds {wanted}", f"{SYNC}, which puts back what Git holds, and find out who edited it", 52.0),
    Fault(_BROKEN, Link.IMPORT, "NoStorageClass",
          "CDI can make no volume for {volume}: the cluster lacks storage class 'local-nvme'",
          "make the storage class, or set storage.className for this cluster in the policy", 7.5, served=False),
    Fault(_BROKEN, Link.IMPORT, "BlockedByWaitingImport",
          "the import of {earlier} waits (PendingPopulation) and blocks {wanted}: its volume does not bind",
          "either raise the restart count of {image} in the lock and publish, which hands over to a fresh cron without "
          "an import; or delete the waiting DataVolume: kubectl delete datavolume -n golden-images {volume}", 120.0),
    Fault(_BROKEN, Link.IMPORT, "Importing", "{volume} is being imported (3.0 %, 0.1 MiB/s)", "", 26.0, overdue=True),
    Fault(_UNREACHABLE, Link.VOLUME, "Forbidden", "persistentvolumeclaims in golden-images may not be listed",
          "give the verifier the right to list them", None, served=False),
    Fault(_BROKEN, Link.VOLUME, "WrongStorageClass",
          "{volume} is on class 'standard', its cron says 'local-nvme'",
          "wait for the next release, or: kubectl delete datavolume -n golden-images {volume}", 1000.0),
    Fault(_PROGRESSING, Link.DATASOURCE, "OtherSource", "{image} points at the volume of {earlier}",
          "CDI puts it back by itself", 0.1),
    Fault(_BROKEN, Link.ACCESS, "ConsumersMayNotClone",
          "system:authenticated may not clone {image} in golden-images", SYNC, 400.0, served=False),
)  # fmt: skip


def digest_of(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def report_of(clusters: int = 12, images: int = 4, seed: int = 1) -> Report:
    """Return the report of a fleet of ``clusters`` by ``images``, named ``acme``."""
    random = Random(seed)
    names = [NAMES[number] if number < len(NAMES) else f"image-{number:03}" for number in range(images)]
    scattered = _scattered(clusters * images, random)
    deliveries: list[DeliveryResult] = []
    for number in range(clusters):
        for column, image in enumerate(names):
            fault = _of_site(number, clusters, column, random)
            if fault is not CUT:
                fault = scattered.get(number * images + column) or fault
            deliveries.append(_delivery(_name(number), image, fault))
    return Report(
        fleet="acme",
        at=AT,
        basis=BASIS,
        deliveries=tuple(sorted(deliveries, key=lambda each: (each.cluster, each.data_source))),
        images=tuple(_images(names)),
        clusters=tuple(_cluster(number, clusters) for number in range(clusters)),
        objective=OBJECTIVE,
    )


def _name(number: int) -> str:
    return f"edge-{number:05}"


def _scattered(cells: int, random: Random) -> dict[int, Fault]:
    """Return single faults by cell: one in three hundred, and each kind once more where there is room."""
    chosen = {random.randrange(cells): random.choice(SINGLE) for _ in range(cells // 300)} if cells else {}
    if cells > 3 * len(SINGLE):
        step = cells // len(SINGLE)
        chosen.update({step * place + step // 2: fault for place, fault in enumerate(SINGLE)})
    return chosen


def _site(number: int, clusters: int) -> int:
    return number // PER_SITE if clusters >= 3 * PER_SITE else number % 3


def _of_site(number: int, clusters: int, column: int, random: Random) -> Fault | None:
    rolling = random.random() < 0.05
    match _site(number, clusters), column:
        case 1, _:
            return CUT
        case 0, 0:
            return STOPPED
        case 2, 1 | 2:
            return PULLING
        case _, 0 if rolling:
            return ROLLING
    return None


def _delivery(cluster: str, image: str, fault: Fault | None) -> DeliveryResult:
    wanted, earlier = digest_of(f"{image}:2"), digest_of(f"{image}:1")
    expected = None if fault and fault.reason in {"NotLocked", "TagUnknown"} else wanted
    actual = wanted if fault is None else (earlier if fault.served else None)
    finding = fault.finding(image, wanted, earlier, cluster) if fault else None
    boot_source = _boot_source(cluster, image, actual) if actual else None
    return DeliveryResult(cluster, image, image, None, expected, actual, finding, boot_source)


def _boot_source(cluster: str, image: str, digest: str) -> BootSource:
    kind = "VolumeSnapshot" if image.startswith("win") else "PersistentVolumeClaim"
    name = f"{image}-{digest.removeprefix('sha256:')[:12]}"
    return BootSource(kind, "golden-images", name, _uid(f"{cluster}/{name}"))


def _uid(text: str) -> str:
    return str(UUID(bytes=sha256(text.encode()).digest()[:16], version=4))


def _cluster(number: int, clusters: int) -> ClusterResult:
    cluster, site = _name(number), _site(number, clusters)
    labels = (("env", ("prod", "prod", "staging", "dev")[number % 4]), ("site", f"site-{site:03}"))
    where = Location("inventory/edge.yaml", 4 + 6 * number, 3)
    if site == 1:
        finding = CUT.finding("", "", "", cluster)
        return ClusterResult(cluster, LAST_READ, None, finding, answered=False, labels=labels, where=where)
    vendor = Finding(
        _BROKEN, None, "VendorImagesPresent", "there are centos-stream9-image-cron and fedora-image-cron", SYNC,
        AT - timedelta(days=3),
    )  # fmt: skip
    return ClusterResult(
        cluster,
        AT - timedelta(seconds=number % 40),
        Server(f"v1.3{number % 4 + 2}.1", _uid(cluster)),
        vendor if number % 97 == 5 else None,
        not_judged=(Link.ACCESS,) if number % 50 == 7 else (),
        source=f"context {cluster}",
        namespaces=("golden-images",),
        objects=87 + number % 5,
        unread=(Unread("RoleBinding", "golden-images", "Forbidden"),) if number % 50 == 7 else (),
        skew=timedelta(seconds=(number % 7) - 3) if number % 61 else timedelta(seconds=92),
        labels=labels,
        where=where,
    )


def _images(names: list[str]) -> Iterator[ImageResult]:
    for number, image in enumerate(names):
        locked = digest_of(f"{image}:2")
        served = digest_of(f"{image}:3") if number == 1 else locked
        moved = Finding(_BROKEN, Link.REGISTRY, "TagMoved", f"the tag is now {served}, the lock holds {locked}", _LOCK)
        where = Location("fleet.yaml", 20 + 5 * number, 7)
        yield ImageResult(
            image,
            "9.6",
            locked,
            served,
            moved if served != locked else None,
            where,
            f"registry.acme.example:5000/golden/{image}",
        )
