"""Any report that a verification could make, small, for rules that hold of all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

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
    Scope,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TEXTS = st.text(max_size=12)
NAMES = st.text("abc-./é\x00\u2028\ud800", min_size=1, max_size=8)
CLUSTERS = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
DIGESTS = st.sampled_from([f"sha256:{letter * 64}" for letter in "ab"])
COMMITS = st.sampled_from(["c" * 40, "d" * 64])
TIMES = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
PLACES = st.builds(Location, TEXTS, st.integers(0, 9), st.integers(0, 9))
ORIGINS = st.builds(Origin, st.sampled_from(["e" * 64, "f" * 64]), st.none() | COMMITS, st.booleans())
BASES = st.builds(Basis, NAMES, st.none() | COMMITS, ORIGINS, st.none() | ORIGINS, st.just("1.0"))
FINDINGS = st.builds(
    Finding,
    st.sampled_from([verdict for verdict in Verdict if verdict is not Verdict.CONVERGED]),
    st.none() | st.sampled_from(Link),
    NAMES,
    NAMES,
    TEXTS,
    st.none() | TIMES,
    st.booleans(),
)
BOOT_SOURCES = st.builds(BootSource, st.sampled_from(["PersistentVolumeClaim", "VolumeSnapshot"]), TEXTS, TEXTS, TEXTS)
IMAGES = st.builds(
    ImageResult, NAMES, NAMES, st.none() | DIGESTS, st.none() | DIGESTS, st.none() | FINDINGS, st.none() | PLACES, TEXTS
)
SCOPES = st.builds(
    Scope, st.lists(NAMES, max_size=2).map(tuple), st.lists(NAMES, max_size=2).map(tuple), TEXTS, st.just("")
)


def _labels(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def clusters(name: str) -> st.SearchStrategy[ClusterResult]:
    """Make how a cluster of this name was read."""
    return st.builds(
        ClusterResult,
        st.just(name),
        st.none() | TIMES,
        st.none() | st.builds(Server, TEXTS, TEXTS),
        st.none() | FINDINGS,
        answered=st.booleans(),
        not_judged=st.sampled_from([(), (Link.ACCESS,)]),
        source=TEXTS,
        namespaces=st.lists(TEXTS, max_size=2).map(tuple),
        objects=st.integers(0, 99),
        unread=st.lists(st.builds(Unread, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
        skew=st.none() | st.integers(-99, 99).map(lambda seconds: timedelta(seconds=seconds)),
        labels=st.dictionaries(TEXTS, TEXTS, max_size=2).map(_labels),
        where=st.none() | PLACES,
    )


def deliveries(cluster: str) -> st.SearchStrategy[tuple[DeliveryResult, ...]]:
    """Make a cluster's deliveries, each of a DataSource of its own."""
    one = st.builds(
        DeliveryResult,
        st.just(cluster),
        NAMES,
        NAMES,
        st.none() | NAMES,
        st.none() | DIGESTS,
        st.none() | DIGESTS,
        st.none() | FINDINGS,
        st.none() | BOOT_SOURCES,
    )
    return st.lists(one.map(_served), max_size=3, unique_by=lambda result: result.data_source).map(tuple)


def _served(result: DeliveryResult) -> DeliveryResult:
    """What has converged is served what is expected."""
    digest = result.expected or f"sha256:{'a' * 64}"
    return result if result.finding else replace(result, expected=digest, actual=digest)


def _answered(cluster: ClusterResult, delivered: Iterable[DeliveryResult]) -> ClusterResult:
    """Where anything has converged, the cluster answered."""
    converged = any(each.finding is None and each.cluster == cluster.cluster for each in delivered)
    return replace(cluster, answered=True) if converged else cluster


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Make a report, its clusters and images sorted by name as a plan's are."""
    names = sorted(draw(st.sets(CLUSTERS, max_size=4)))
    delivered = tuple(result for name in names for result in draw(deliveries(name)))
    found = draw(st.lists(IMAGES, max_size=2, unique_by=lambda result: result.image))
    return Report(
        fleet=draw(NAMES),
        at=draw(TIMES),
        basis=draw(BASES),
        deliveries=delivered,
        images=tuple(sorted(found, key=lambda result: result.image)),
        clusters=tuple(_answered(draw(clusters(name)), delivered) for name in names),
        objective=draw(st.none() | st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds))),
        scope=draw(st.none() | SCOPES),
        mixed=tuple(draw(st.lists(BASES, max_size=1))),
    )
