"""Policies that are right, by hypothesis, and ones with a single mutation: whatever a user may write."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from gitops_golden.policy import guardrails, layers, platforms
from gitops_golden.policy.names import ARCHITECTURES

NAME = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
LABELS = st.dictionaries(st.sampled_from(["env", "site", "a.b/c"]), st.sampled_from(["", "prod", "9.6"]), max_size=3)
KEY = st.sampled_from(["team", "a.example/b", "instancetype.kubevirt.io/vendor"])


def words(*known: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)


SETTING: dict[str, st.SearchStrategy[Any]] = {
    "namespace": st.none() | NAME,
    "update": st.none()
    | st.just("pinned")
    | st.builds(
        lambda schedule: {"tracking": {"schedule": schedule}},
        st.sampled_from(["0 2 * * *", "H 2 * * *", "H/15 H(0-5) * * *", "@daily", "@every 6h"]),
    ),
    "keep": st.none() | st.integers(0, 100),
    "storage": st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "size": st.sampled_from([None, "30Gi", "1.5G"]),
            "className": st.none() | NAME,
            "accessModes": st.none() | words(*layers.ACCESS_MODES),
            "volumeMode": st.sampled_from([None, *layers.VOLUME_MODES]),
        },
    ),
    "preference": st.none()
    | NAME
    | st.fixed_dictionaries({}, optional={"name": NAME, "kind": st.just("VirtualMachinePreference")}),
    "instancetype": st.none() | NAME | st.fixed_dictionaries({"kind": st.just("VirtualMachineClusterInstancetype")}),
    "pullMethod": st.sampled_from([None, "pod", "node"]),
    "garbageCollect": st.sampled_from([None, "Outdated", "Never"]),
    "retention": st.sampled_from([None, "All", "None"]),
    "immediateBinding": st.none() | st.booleans(),
    "architectures": st.none() | words(*ARCHITECTURES),
    "registry": st.none()
    | st.fixed_dictionaries({}, optional={"mirror": st.sampled_from([None, "m.example", "m:5000/golden/images"])}),
    "metadata": st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "labels": st.none() | st.dictionaries(KEY, st.sampled_from([None, "", "9.6"]), max_size=2),
            "annotations": st.none() | st.dictionaries(KEY, st.sampled_from([None, "", "a: b", "{{ x }}"]), max_size=2),
        },
    ),
}
SETTINGS = st.fixed_dictionaries({}, optional=SETTING)
EXPRESSION = st.builds(
    lambda key, values: {
        "key": key,
        "operator": "In" if values else "Exists",
        **({"values": values} if values else {}),
    },
    st.sampled_from(["env", "site"]),
    st.lists(NAME, max_size=2),
)
SELECTOR = st.fixed_dictionaries(
    {}, optional={"matchLabels": LABELS, "matchExpressions": st.lists(EXPRESSION, max_size=2)}
)


def named(items: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(items, max_size=3, unique_by=lambda item: item["name"])


IMAGE = st.fixed_dictionaries(
    {"name": NAME, "repository": NAME, "tag": st.sampled_from(["9.6", "latest"])},
    optional={"labels": LABELS, **SETTING},
)
KIND = st.sampled_from(sorted(platforms.PLATFORMS))
HYPER_CONVERGED = st.none() | st.fixed_dictionaries(
    {"namespace": NAME}, optional={"apiVersion": st.sampled_from(platforms.API_VERSIONS)}
)
CLUSTER = st.fixed_dictionaries(
    {"name": NAME},
    optional={
        "context": NAME,
        "labels": LABELS,
        "architecture": st.sampled_from(ARCHITECTURES),
        "platform": KIND
        | st.fixed_dictionaries({"kind": KIND}, optional={"cdiNamespace": NAME, "hyperConverged": HYPER_CONVERGED}),
        "set": SETTINGS,
    },
)
PLACEMENT = st.fixed_dictionaries({"name": NAME, "images": SELECTOR, "clusters": SELECTOR})
OVERRIDE = st.fixed_dictionaries({"name": NAME, "set": SETTINGS}, optional={"images": SELECTOR, "clusters": SELECTOR})
EXTERNAL = st.fixed_dictionaries({"store": NAME, "key": st.just("a/b")}, optional={"storeKind": st.just("SecretStore")})
REGISTRY = st.builds(
    lambda registry, secret: registry | secret,
    st.fixed_dictionaries(
        {"address": st.sampled_from(["a.example", "a:5000/golden"])},
        optional={"layout": st.just("./registry"), "plainHTTP": st.booleans(), "caBundle": st.just("ca.pem")},
    ),
    st.just({}) | st.fixed_dictionaries({"pullSecret": NAME}, optional={"externalSecret": EXTERNAL}),
)
VENDOR_NAMES = st.lists(st.sampled_from(["fedora", "rhel9"]), max_size=2, unique=True)
VENDOR_TEMPLATES = st.builds(lambda name: [{"metadata": {"name": name, "labels": {}}, "spec": {"schedule": ""}}], NAME)
VENDOR_IMAGES = st.sampled_from(["keep", "remove"]) | st.builds(
    lambda field, names, templates: {field: names, "templates": templates},
    st.sampled_from(["keep", "remove"]),
    VENDOR_NAMES,
    VENDOR_TEMPLATES,
)
CONSUMER = st.sampled_from([{"group": "system:authenticated"}, {"user": "jane"}, {"serviceAccount": "vms/importer"}])
GUARDRAIL = st.fixed_dictionaries(
    {"name": NAME, "schema": st.just("guard.json")},
    optional={"mode": st.sampled_from(guardrails.MODES), "images": SELECTOR, "clusters": SELECTOR},
)
DURATION = st.sampled_from(["4h", "1h30m", "90s", "2d", "0d1s"])
SPEC = st.fixed_dictionaries(
    {"registry": REGISTRY},
    optional={
        "delivery": st.fixed_dictionaries(
            {},
            optional={"engine": st.just("none"), "branch": NAME, "path": st.sampled_from(["{cluster}", "a/{cluster}"])},
        ),
        "defaults": SETTINGS,
        "images": named(IMAGE),
        "clusters": named(CLUSTER),
        "placements": named(PLACEMENT),
        "overrides": named(OVERRIDE),
        "guardrails": named(GUARDRAIL) | st.just([{"schema": "guard.json", "mode": "warn"}]),
        "consumers": st.lists(CONSUMER, max_size=3),
        "vendorImages": VENDOR_IMAGES,
        "templates": st.just("templates"),
        "objective": st.fixed_dictionaries({"converge": DURATION}),
    },
)


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """A specification with channels, and vendor images replaced, for images that there are."""
    spec: dict[str, Any] = draw(SPEC)
    names = [image["name"] for image in spec.get("images", ())]
    if names:
        channel = st.fixed_dictionaries({"name": NAME, "image": st.sampled_from(names)})
        spec["channels"] = draw(named(channel))
        if draw(st.booleans()):
            spec["vendorImages"] = {"replace": names}
    return spec


POLICY = st.builds(
    lambda name, spec: {
        "apiVersion": "gitops-golden/v1alpha1",
        "kind": "FleetPolicy",
        "metadata": {"name": name},
        "spec": spec,
    },
    NAME,
    specs(),
)
WRONG = st.sampled_from(
    [
        None,
        True,
        0,
        101,
        1.5,
        "",
        "-a",
        "A b",
        "x" * 300,
        "a@b",
        [],
        [1],
        {},
        {"x": 1},
        ["-a"],
        "no\n",
        ["pod", "pod"],
        "4h\n",
        "0h",
        "5m4h",
    ]
)
FIELD = st.sampled_from(
    [
        *("x", "channels", "registry", "name", "values", "tag", "platform", "architectures", "kind", "keep", "remove"),
        *("externalSecret", "mirror", "schema", "user", "spec", "objective", "repository", "hyperConverged", "labels"),
    ]
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in inside for place in places(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A good policy with one value replaced, one field added or one taken away."""
    data = copy.deepcopy(draw(POLICY))
    *way, last = draw(st.sampled_from(places(data)[1:]))
    holder = data
    for step in way:
        holder = holder[step]
    match draw(st.sampled_from(["replace", "add", "remove"])):
        case "add" if isinstance(holder, dict):
            holder[draw(FIELD)] = draw(WRONG)
        case "remove":
            del holder[last]
        case _:
            holder[last] = draw(WRONG)
    return data
