"""The sample fleet to run commands on, and clusters that have converged on what was published for them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitops_golden.documents import as_data, parse
from gitops_golden.files import replace_file
from gitops_golden.fleet.observation import Observation, Server
from gitops_golden.fleet.snapshot import write
from gitops_golden.render.cdi import DIGEST_ANNOTATION, OWNER_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from tests.testbed.gitrepos import Git

OBSERVED = ("Role", "RoleBinding", "HyperConverged")
SAMPLE = Path(__file__).resolve().parents[2] / "sample-fleet"


@dataclass(frozen=True, slots=True)
class Ran:
    """A command line that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed for machines, and nothing else on stdout."""
        return json.loads(self.out)


def copy_sample(folder: Path) -> Path:
    """Copy what a user commits of the sample fleet, without what was recorded of its clusters."""
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("snapshots"))
    return folder


def change(file: Path, before: str, after: str) -> None:
    """Replace a text that stands in a file exactly once; whoever reads meanwhile gets one or the other."""
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, (before, text.count(before))
    replace_file(file, text.replace(before, after).encode())


def record(folder: Path, published: Mapping[str, bytes], tags: Mapping[str, str], *, at: datetime) -> None:
    """Write a snapshot of every cluster as it is once it holds what ``published`` says.

    ``published`` are the files of the clusters' repository; ``tags`` the digests that images which track theirs have.
    """
    manifests: dict[str, list[bytes]] = {}
    for path, content in published.items():
        top, _, rest = path.partition("/")
        if top == "clusters":
            manifests.setdefault(rest.partition("/")[0], []).append(content)
    folder.mkdir()
    for cluster, contents in manifests.items():
        objects = tuple(_objects(contents, tags))
        seen = Observation(cluster, at, Server("v1.36.0", f"uid-of-{cluster}"), objects)
        (folder / f"{cluster}.json").write_bytes(write(seen))


def edit(snapshot: Path, kind: str, name: str, **annotations: str) -> None:
    """Change annotations of one recorded object, as a person with kubectl does."""
    document = json.loads(snapshot.read_bytes())
    found = [each for each in document["objects"] if each["kind"] == kind and each["metadata"]["name"].startswith(name)]
    assert len(found) == 1, [each["metadata"]["name"] for each in found]
    found[0]["metadata"]["annotations"] |= annotations
    snapshot.write_text(json.dumps(document), encoding="utf-8")


def _objects(contents: Iterable[bytes], tags: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for content in contents:
        documents = [as_data(node) for node in parse(content, "manifest")]
        crons = [each for each in documents if each["kind"] == "DataImportCron"]
        for document in documents:
            if document["kind"] == "DataSource" and not crons:
                yield document | {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
            elif document["kind"] in OBSERVED:
                yield document
        for cron in crons:
            (source,) = (each for each in documents if each["kind"] == "DataSource")
            yield from _converged(cron, source, tags)


def _converged(cron: dict[str, Any], source: dict[str, Any], tags: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a cron as CDI leaves it, with its volume and DataSource, which takes over the labels of kubevirt.io."""
    image, namespace, name = cron["spec"]["managedDataSource"], cron["metadata"]["namespace"], cron["metadata"]["name"]
    annotations = cron["metadata"].get("annotations", {})
    digest = annotations.get(DIGEST_ANNOTATION) or tags[image]
    volume = f"{image}-{digest.partition(':')[2][:12]}"
    url = cron["spec"]["template"]["spec"]["source"]["registry"]["url"]
    ours = {"namespace": namespace, "labels": {OWNER_LABEL: name}}
    endpoint = {"cdi.kubevirt.io/storage.import.endpoint": f"{url}@{digest}"}
    yield cron | {
        "metadata": cron["metadata"] | {"annotations": annotations | {DIGEST_ANNOTATION: digest}},
        "status": {
            "currentImports": [{"DataVolumeName": volume, "Digest": digest}],
            "conditions": [{"type": "UpToDate", "status": "True"}],
        },
    }
    yield {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": ours | {"name": volume},
        "status": {"phase": "Succeeded", "claimName": volume},
    }
    yield {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": ours | {"name": volume, "annotations": endpoint},
        "spec": {"storageClassName": cron["spec"]["template"]["spec"]["storage"].get("storageClassName", "standard")},
        "status": {"phase": "Bound"},
    }
    copied = {key: value for key, value in cron["metadata"]["labels"].items() if "kubevirt.io/" in key}
    yield source | {
        "metadata": source["metadata"] | {"labels": source["metadata"]["labels"] | copied},
        "spec": {"source": {"pvc": {"namespace": namespace, "name": volume}}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def converge(run: Callable[..., Ran], fleet: Path, bare: Git, *, at: datetime) -> Path:
    """Lock and publish the fleet to ``../clusters.git``; return snapshots of clusters that have all converged on it."""
    repo = ("--repo", "../clusters.git")
    run("lock")
    assert run("publish", *repo).code == 0
    images = run("verify", *repo, "--snapshots", ".", "-o", "json").json["images"]
    record(fleet / "recorded", bare.files(), {each["image"]: each["served"] for each in images}, at=at)
    return fleet / "recorded"
