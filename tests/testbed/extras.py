"""Puts on a bare API server the kinds beside CDI's that a tree may hold: HyperConverged and ExternalSecret.

Where a folder holds a kind's own CRD (``TESTBED_CRDS`` names it), that one is taken instead of the testbed's. HCO's
admission rules come with them; hco.py stands in for what HCO does.
"""

from __future__ import annotations

import copy
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.testbed.api import ApiError, path, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.testbed.api import Api, Object

CRDS = Path(__file__).with_name("crds")
IMMEDIATE = "cdi.kubevirt.io/storage.bind.immediate.requested"
ENABLE = "dataimportcrontemplate.kubevirt.io/enable"
INVALID = 422


def install(api: Api, *, crds: Path | None = None, hyper_converged: str = "v1") -> None:
    """Load the CRDs and admission rules and return once both are in force.

    ``crds`` is a folder whose CRDs win over the testbed's (default: what ``TESTBED_CRDS`` names). ``hyper_converged``
    is the version in which HyperConverged is stored: HCO stores v1 since 1.19 and v1beta1 before, and has v1 since
    1.18. With v1beta1 that one alone is served, as before 1.18; with v1 both are, but what is written in the other is
    lost, since nothing converts it. Raises ApiError, and AssertionError if something takes too long.
    """
    folder = crds or (Path(os.environ["TESTBED_CRDS"]) if os.environ.get("TESTBED_CRDS") else None)
    definitions = dict(_definitions(CRDS))
    if folder:
        definitions |= {kind: item for kind, item in _definitions(folder) if kind in definitions}
    definitions["HyperConverged"] = _stored(definitions["HyperConverged"], hyper_converged)
    for item in (*definitions.values(), *_documents(CRDS / "admission")):
        api.apply(api.path_of(item), item)
    for kind, definition in definitions.items():
        wait_until(partial(_listable, api, definition), what=f"the API of {kind}")
    wait_until(partial(_adds_and_refuses, api, hyper_converged), what="HCO's admission rules in force")


def hyperconverged(version: str, boot_images: Object, **metadata: Any) -> Object:
    """Return a HyperConverged with its fields about boot images where that version has them; without any, no spec."""
    spec = {"workloadSources": boot_images} if version == "v1" else boot_images
    return {
        "apiVersion": f"hco.kubevirt.io/{version}",
        "kind": "HyperConverged",
        "metadata": {"name": "kubevirt-hyperconverged"} | metadata,
    } | ({"spec": spec} if boot_images else {})


def boot_images(item: Object) -> Object:
    """Return a HyperConverged's fields about boot images, wherever its version has them."""
    spec: Object = item.get("spec", {})
    found: Object = spec.get("workloadSources", {}) if item["apiVersion"].endswith("/v1") else spec
    return found


def _documents(folder: Path) -> Iterator[Object]:
    for file in sorted(folder.glob("*.yaml")):
        yield from filter(None, YAML(typ="safe").load_all(file.read_text(encoding="utf-8")))


def _definitions(folder: Path) -> Iterator[tuple[str, Object]]:
    for item in _documents(folder):
        if item.get("kind") == "CustomResourceDefinition":
            yield item["spec"]["names"]["kind"], item


def _stored(definition: Object, version: str) -> Object:
    draft = copy.deepcopy(definition)
    for each in draft["spec"]["versions"]:
        each["storage"] = each["name"] == version
        # Nothing converts: a reader that prefers v1 would be given a v1beta1 without its spec.
        each["served"] = each["storage"] or version == "v1"
    return draft


def _listable(api: Api, definition: Object) -> bool:
    """Whether every served version's objects can be listed: an established one's storage may still be in the making."""
    spec = definition["spec"]
    try:
        for version in spec["versions"]:
            if version["served"]:
                api.listed(path(f"{spec['group']}/{version['name']}", spec["names"]["plural"]))
    except ApiError:
        return False
    return True


def _adds_and_refuses(api: Api, version: str) -> bool:
    """Whether a template gets what it lacks and one without a spec is refused: rules take effect some time after."""
    off: Object = {"metadata": {"name": "probe", "annotations": {ENABLE: "false"}}}
    on: Object = {"metadata": {"name": "probe"}}
    place = path(f"hco.kubevirt.io/{version}", "hyperconvergeds", "default")
    answers: list[Object | int] = []
    for entry in (off, on):
        body = hyperconverged(version, {"dataImportCronTemplates": [entry]})
        try:
            answers.append(api.request("POST", place, body, parameters={"dryRun": "All"}))
        except ApiError as error:
            answers.append(error.code)
    added, refused = answers
    return isinstance(added, dict) and IMMEDIATE in str(added) and refused == INVALID
