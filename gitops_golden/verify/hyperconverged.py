"""What a cluster's HyperConverged says of boot images, in either version of its API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitops_golden.fleet.shapes import items, mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class BootImages:
    """What is said: the vendor's import (None: nothing, which is on), the list by name, where the vendor's images go.

    ``acted`` are the templates by name that HCO acts on, its own among them.
    """

    imports: bool | None
    listed: Mapping[str, Mapping[str, Any]]
    namespace: str
    acted: Mapping[str, Mapping[str, Any]]

    def common(self, name: str) -> bool | None:
        """Whether a template that HCO acts on is the vendor's; None if it acts on none of this name."""
        found = self.acted.get(name)
        return None if found is None else mapping(found, "status").get("commonTemplate") is True


def boot_images(found: Mapping[str, Any]) -> BootImages:
    """Read a HyperConverged. What v1 says under ``spec.workloadSources`` stands right under ``spec`` in v1beta1."""
    spec = {**mapping(found, "spec"), **mapping(found, "spec", "workloadSources")}
    imports = spec.get("enableCommonBootImageImport")
    return BootImages(
        imports=imports if isinstance(imports, bool) else None,
        listed={text(each, "metadata", "name"): each for each in items(spec, "dataImportCronTemplates")},
        namespace=text(spec, "commonBootImageNamespace"),
        acted={text(each, "metadata", "name"): each for each in items(found, "status", "dataImportCronTemplates")},
    )


def untold(wanted: BootImages, found: BootImages, *, lists: bool) -> list[str]:
    """Return what of ``wanted`` is not said, each as a few words; what an admission webhook adds is no matter.

    ``lists`` tells whether the list is Git's as a whole, so that nothing else may stand in it.
    """
    told = []
    if wanted.imports is not None and wanted.imports != (found.imports is not False):
        told.append(f"enableCommonBootImageImport is to be {str(wanted.imports).lower()}")
    for name, template in wanted.listed.items():
        there = found.listed.get(name)
        if there is None:
            told.append(f"template {name} is missing")
        elif not _within(template, there):
            told.append(f"template {name} is another")
    if lists:
        told += [f"template {name} is listed" for name in found.listed if name not in wanted.listed]
    return told


def _within(wanted: Any, found: Any) -> bool:
    """Whether a value holds all that is wanted; lists are compared whole."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_within(value, found.get(key)) for key, value in wanted.items())
    return bool(wanted == found)
