"""Starts the fleet whose links are broken: two clusters, images of every kind, a history in Git of all they hold."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.e2e.links import HYPER_CONVERGED, TAGS, TEAM, VENDORS, Pair
from tests.e2e.quick_fleet import Cdi, QuickFleet
from tests.testbed import extras, kubeconfig
from tests.testbed.api import path
from tests.testbed.cdi.standin import install, storage_class
from tests.testbed.cluster import Cluster, start_all
from tests.testbed.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.testbed.binaries import Binaries
    from tests.testbed.cluster import ExistingCluster
    from tests.testbed.registry import ReachableRegistry

POLICY = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {{name: links}}
spec:
  registry: {{address: "{address}", plainHTTP: {plain}}}
  objective: {{converge: 4h}}
  consumers: [{{group: vm-users}}]
  defaults:
    namespace: {prefix}
    keep: 2
    storage: {{size: 1Gi}}
    metadata: {{labels: {{{team}: images}}}}
  images:
    - {{name: rhel9, repository: {prefix}/rhel9, tag: "9", preference: rhel.9}}
    - {{name: debian, repository: {prefix}/debian, tag: "12"}}
    - {{name: ubuntu, repository: {prefix}/ubuntu, tag: "24.04", architectures: [amd64, arm64]}}
    - {{name: suse, repository: {prefix}/suse, tag: latest, update: {{tracking: {{schedule: "H 2 * * *"}}}}}}
  clusters:
    - {{name: {first}}}
    - {{name: {second}}}
  placements:
    - {{name: everywhere, images: {{}}, clusters: {{}}}}
  channels:
    - {{name: rhel9-stable, image: rhel9}}
"""


@contextmanager
def opened(
    folder: Path, binaries: Binaries, existing: tuple[ExistingCluster, ...], registry: ReachableRegistry
) -> Iterator[Pair]:
    """Start a fleet and bring it to rest, every file of it changed once.

    ``existing`` are clusters with real CDI, if there are any; then ``registry`` is the one that they can reach.
    """
    prefix = f"links-{secrets.token_hex(4)}"
    with ExitStack() as stack:
        clusters: tuple[Cluster | ExistingCluster, ...] = existing[:2]
        file = existing[0].kubeconfig if existing else folder / "kubeconfig"
        cdi: dict[str, Cdi] = {}
        if existing:
            for each in clusters:
                stack.callback(each.api.delete, path("v1", "namespaces", name=prefix))
        else:
            own = _started(stack, binaries)
            kubeconfig.merge(file, tuple(each.kubeconfig for each in own))
            registry = stack.enter_context(Registry(binaries=binaries))
            for cluster in own:
                cdi[cluster.name] = Cdi(cluster.api)
                stack.callback(cdi[cluster.name].stop)
            clusters = own
        fleet = QuickFleet(folder, {each.name: each for each in clusters}, file)
        pair = Pair(clusters[0].api, prefix, fleet, registry, cdi, binaries.on_path("kubectl"))
        _at_rest(pair)
        yield pair


def _started(stack: ExitStack, binaries: Binaries) -> tuple[Cluster, ...]:
    own = tuple(Cluster(name, binaries=binaries) for name in ("aachen", "bergen"))
    start_all(own)
    for cluster in own:
        stack.callback(cluster.stop)
    with ThreadPoolExecutor() as pool:
        list(pool.map(_prepare, own))
    return own


def _prepare(cluster: Cluster) -> None:
    install(cluster.api)
    storage_class(cluster.api, "fast", default=True)
    storage_class(cluster.api, "slow")
    storage_class(cluster.api, "snappy", source_format="snapshot")
    if cluster.name == "aachen":
        extras.install(cluster.api)
        for namespace in ("hco", VENDORS):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            cluster.api.apply(path("v1", "namespaces", name=namespace), body)
        cluster.api.create(HYPER_CONVERGED.rpartition("/")[0], extras.hyperconverged("v1", {}))


def _at_rest(pair: Pair) -> None:
    for image in TAGS:
        pair.push(image)
    pair.fleet.write({"fleet.yaml": _policy(pair)}, "the first releases")
    pair.fleet.roll_out()
    pair.until({})
    pair.edit(f"{TEAM}: images", f"{TEAM}: platform")
    if pair.cdi:
        pair.edit("vendorImages: remove", "vendorImages: {keep: [fedora]}")
    pair.edit("[{group: vm-users}]", "[{group: vm-users}, {serviceAccount: builds/importer}]")
    pair.roll_out()
    pair.heals()


def _policy(pair: Pair) -> str:
    text = POLICY.format(
        address=pair.registry.address,
        plain=str(pair.registry.url.startswith("http://")).lower(),
        prefix=pair.prefix,
        first=pair.first,
        second=pair.names[1],
        team=TEAM,
    )
    if not pair.cdi:
        return text
    snapped = f'    - {{name: snapped, repository: {pair.prefix}/snapped, tag: "1", storage: {{className: snappy}}}}\n'
    hco = "{namespace: hco, apiVersion: hco.kubevirt.io/v1}"
    platform = f", platform: {{kind: kubevirt, cdiNamespace: cdi, hyperConverged: {hco}}}"
    text = text.replace("    - {name: suse,", f"{snapped}    - {{name: suse,")
    text = text.replace(f"{{name: {pair.first}}}", f"{{name: {pair.first}{platform}}}")
    return text.replace("  consumers:", "  vendorImages: remove\n  consumers:")
