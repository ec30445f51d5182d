"""Locks as hypothesis finds them: every one that the rules of the file allow."""

from __future__ import annotations

from hypothesis import strategies as st

from gitops_golden.registry.lock import ALL, Count, Lock, LockedImage, LockedRelease
from gitops_golden.registry.release import PlatformImage

DIGESTS = st.binary(min_size=32, max_size=32).map(lambda data: f"sha256:{data.hex()}")
NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?(\.[a-z0-9]{1,3})?", fullmatch=True) | st.sampled_from(
    ["on", "no", "null", "true", "1e3", "0x1", "12", "1.5", "y"]
)
REPOSITORIES = st.from_regex(r"[a-z0-9]{1,3}((\.|__?|--?|/)[a-z0-9]{1,3}){0,3}", fullmatch=True)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
TIMES = st.datetimes().map(lambda time: f"{time.replace(microsecond=0).isoformat()}Z")
SIZES = st.integers(0, 2**63 - 1)
PLATFORMS = st.sampled_from(["linux/amd64", "linux/arm64", "linux/arm64/v8", "unknown"])


def _by(items: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(items))


COUNTS = st.builds(
    Count,
    st.integers(0, 999_999),
    st.dictionaries(NAMES, st.integers(1, 999_999), max_size=3).map(lambda counts: _by(list(counts.items()))),
)


@st.composite
def releases(draw: st.DrawFn, digest: str) -> LockedRelease:
    names = draw(st.sets(PLATFORMS, min_size=1, max_size=3))
    images = sorted(PlatformImage(name, draw(DIGESTS), draw(SIZES)) for name in names)
    checked = draw(st.sampled_from(["layout", "registry.acme.example:5000", "10.0.0.1", "[::1]:5000/A"]))
    return LockedRelease(digest, draw(TAGS), draw(TIMES), checked, draw(SIZES), tuple(images))


@st.composite
def images(draw: st.DrawFn, name: str) -> LockedImage:
    digests = draw(st.sets(DIGESTS, max_size=3))
    known = sorted(
        (draw(releases(digest)) for digest in sorted(digests)), key=lambda each: (each.first_seen, each.digest)
    )
    waves = draw(st.dictionaries(NAMES | st.just(ALL), st.sampled_from(sorted(digests)), max_size=2)) if digests else {}
    return LockedImage(name, draw(REPOSITORIES), tuple(known), tuple(sorted(waves.items())), draw(COUNTS), draw(COUNTS))


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    names = draw(st.sets(NAMES, max_size=3))
    return Lock(tuple(draw(images(name)) for name in sorted(names)))
