"""Changes beside deliveries, in the words of those whom they concern: channels, consumers, access, vendor images."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gitops_golden.changes.surroundings import IMPORT, KEPT, LISTED, REMOVED, REPLACED, THERE, Act
from gitops_golden.policy.names import ARCHITECTURES
from gitops_golden.report.values import value_text
from gitops_golden.report.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitops_golden.changes.differences import Field
    from gitops_golden.changes.surroundings import Surrounding

_TITLES: Final = MappingProxyType(
    {
        "consumers": "consumers of",
        "registry-ca": "registry CA in",
        "pull-secret": "pull secret in",
        "hyperconverged": "HyperConverged",
    }
)
_FATES: Final = MappingProxyType(
    {
        KEPT: "vendor images that stay, listed in full",
        REMOVED: "vendor images that are deleted there, volumes included",
        REPLACED: "vendor images in whose place the fleet's are served, with a volume of their own",
        LISTED: "templates of the cluster's admin, listed as the policy has them",
        "": "no longer in the list, so that HCO does with them what it does by itself",
    }
)
_MOST: Final = 3
_END: Final = "points at"


def title(change: Surrounding) -> str:
    """Return what a file holds, in the policy's words."""
    if change.kind == "pointer":
        return f"{'name' if _is_image_name(change) else 'channel'} {change.name}"
    return f"{_TITLES.get(change.kind, change.kind)} {change.name}".rstrip()


def what(change: Surrounding) -> str:
    """Return what differs, in a few words."""
    if change.kind == "namespace":
        return ""
    others = [field for field in change.fields if field.setting != _END]
    if change.kind == "pointer" and change.act is Act.CHANGE and len(others) > 1:
        told = [_pair(field) for field in change.fields if field.setting == _END]
        told.append(listed([field.setting for field in others], 1))
    else:
        told = [text for text in (_told(change, field) for field in change.fields) if text]
    return "; ".join(told) if len(told) <= _MOST else f"{'; '.join(told[:_MOST])} +{len(told) - _MOST}"


def sentences(change: Surrounding) -> tuple[str, ...]:
    """Return what a change means on clusters."""
    if change.act is Act.REPAIR:
        return ("edited by hand, or another template: what is written there is put back",)
    return tuple(_SENTENCES[change.kind](change))


def _is_image_name(change: Surrounding) -> bool:
    ends = [end for field in change.fields if field.setting == _END for end in (field.before, field.after) if end]
    return any(end == f"{change.name}-{architecture}" for end in ends for architecture in ARCHITECTURES)


def _told(change: Surrounding, field: Field) -> str:
    before, after = field.before, field.after
    whole = change.act is not Act.CHANGE
    if whole and change.kind == "pointer":
        return value_text(after or before) if field.setting == _END else ""
    if THERE in {before, after}:
        return f"{'+' if after else '-'}{field.setting}"
    if whole and (change.kind == "consumers" or field.setting == "apiVersion"):
        return ""
    if change.kind in {"extra", "consumers"}:
        return f"{field.setting}{' changed' if before and after else ''}"
    name = "" if field.setting == _END else f"{field.setting.removeprefix('vendor image ')} "
    return f"{name}{_pair(field)}"


def _pair(field: Field) -> str:
    if field.before is None:
        return value_text(field.after)
    return f"{value_text(field.before)} → {value_text(field.after)}"


def _pointer(change: Surrounding) -> Iterator[str]:
    if change.act is Act.ADD:
        yield "consumers may clone by this name as soon as what it points at is Ready"
    elif change.act is Act.REMOVE:
        yield "nothing can be cloned by this name any more; VMs that were stay as they are"
    elif any(field.setting == _END for field in change.fields):
        yield "new VMs are cloned from the other image at once; those that exist stay as they are"
    else:
        yield "the default preference or instancetype, labels or annotations of new VMs' boot source"


def _consumers(change: Surrounding) -> Iterator[str]:
    if change.act is Act.REMOVE:
        yield "nobody is given the right to clone any more, except by what the cluster has of its own"
        return
    come = [field.setting for field in change.fields if field.after == THERE]
    gone = [field.setting for field in change.fields if field.before == THERE]
    if come:
        yield f"may clone at once: {listed(come)}"
    if gone:
        yield f"may not clone any more: {listed(gone)}"
    if not come and not gone:
        yield "what consumers may do there changes at once"


def _registry_ca(change: Surrounding) -> Iterator[str]:
    if change.act is Act.REMOVE:
        yield "imports trust the registry no longer by this bundle"
    else:
        yield "certificates that imports trust, from the next one on"


def _pull_secret(change: Surrounding) -> Iterator[str]:
    if change.act is Act.REMOVE:
        yield "the ExternalSecret goes, and with it the Secret that it made; imports that name it then wait"
    else:
        yield "the external-secrets operator makes the Secret anew"


def _namespace(change: Surrounding) -> Iterator[str]:
    if change.act is Act.REMOVE:
        yield "leaves Git alone: the namespace stays on clusters with all that is in it"
    else:
        yield "made by the GitOps engine, which is told never to delete it"


def _hyper_converged(change: Surrounding) -> Iterator[str]:
    if change.act is Act.REMOVE:
        yield "leaves Git alone: the HyperConverged stays as it is, so nothing is switched back"
        return
    said = {field.setting: field for field in change.fields}
    switched = said.get(IMPORT)
    if switched and switched.after == "off":
        yield "the vendor's import is switched off: its boot sources are deleted there, volumes included"
    elif switched and switched.after == "on":
        yield "the vendor's boot images are imported there"
    elif switched:
        yield "whether the vendor's images are imported is no longer said, and stays as it is"
    fates = _by_fate(said)
    for fate, names in fates.items():
        yield f"{_FATES[fate]}: {listed(names, 8)}"
    if not switched and not fates:
        yield "how it is told, not what"


def _by_fate(said: Mapping[str, Field]) -> dict[str, list[str]]:
    fates: dict[str, list[str]] = {}
    for setting, field in said.items():
        kind, _, name = setting.rpartition(" ")
        if kind in {"vendor image", "template"}:
            fate = str(field.after).partition(" ")[0] if field.after else ""
            fates.setdefault(fate, []).append(name)
    return fates


def _extra(change: Surrounding) -> Iterator[str]:
    yield "the engine deletes what it holds, if it prunes" if change.act is Act.REMOVE else "from a template of yours"


_SENTENCES: Final[Mapping[str, Callable[[Surrounding], Iterator[str]]]] = MappingProxyType(
    {
        "pointer": _pointer,
        "consumers": _consumers,
        "registry-ca": _registry_ca,
        "pull-secret": _pull_secret,
        "namespace": _namespace,
        "hyperconverged": _hyper_converged,
        "extra": _extra,
    }
)
