"""Changes beside deliveries, in the words of those whom they concern: channels, consumers, access, vendor images."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gitops_golden.changes.surroundings import (
    IMPORT,
    KEPT,
    LIST,
    LISTED,
    POINTS_AT,
    REMOVED,
    REPLACED,
    SETTINGS,
    TEMPLATE,
    THERE,
    VENDOR_IMAGE,
    Act,
)
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
        KEPT: "vendor images that stay, listed in full: a cron of another name imports them anew, and nothing can be "
        "cloned of them until then",
        REMOVED: "vendor images that are deleted there, volumes included",
        REPLACED: "vendor images in whose place the fleet's are served, with volumes of their own in the vendor's "
        "namespace, which no sum here counts",
        LISTED: "templates of the cluster's admin, listed as the policy has them",
    }
)
_ENDS: Final = MappingProxyType(
    {
        KEPT: "vendor images that are listed no longer, and that HCO imports anew by itself while its import is on",
        REMOVED: "vendor images that are switched off no longer, and that HCO imports while its import is on",
        REPLACED: "the fleet's images are served no longer in these vendor images' place; their volumes stay behind in "
        "the vendor's namespace",
        LISTED: "templates of the cluster's admin that are listed no longer: their crons go, and their volumes unless "
        "they retain All",
    }
)
_ANEW: Final = MappingProxyType(
    {
        KEPT: "the crons of these vendor images are made anew and take their volumes along: nothing can be cloned of "
        "them until they are imported again",
        REPLACED: "the fleet's images in these vendor images' place are told otherwise; of a cron that is another "
        "then, earlier volumes stay behind in the vendor's namespace",
    }
)
_MOST: Final = 3
_NAMESPACE: Final = "namespace"


def title(change: Surrounding) -> str:
    """Return what a file holds, in the policy's words."""
    if change.kind == "pointer":
        return f"{'name' if _is_image_name(change) else 'channel'} {change.name}"
    return f"{_TITLES.get(change.kind, change.kind)} {change.name}".rstrip()


def what(change: Surrounding) -> str:
    """Return what differs, in a few words."""
    if change.kind == "namespace":
        return ""
    others = [field for field in change.fields if field.setting != POINTS_AT]
    if change.kind == "pointer" and change.act is Act.CHANGE and len(others) > 1:
        told = [_pair(field) for field in change.fields if field.setting == POINTS_AT]
        told.append(listed([field.setting for field in others], 1))
    else:
        told = [text for text in (_told(change, field) for field in change.fields if field.setting != LIST) if text]
    return "; ".join(told) if len(told) <= _MOST else f"{'; '.join(told[:_MOST])} +{len(told) - _MOST}"


def sentences(change: Surrounding) -> tuple[str, ...]:
    """Return what a change means on clusters."""
    if change.act is Act.REPAIR:
        return ("edited by hand, or another template: what is written there is put back",)
    return tuple(_SENTENCES[change.kind](change))


def _is_image_name(change: Surrounding) -> bool:
    ends = [end for field in change.fields if field.setting == POINTS_AT for end in (field.before, field.after) if end]
    return any(end == f"{change.name}-{architecture}" for end in ends for architecture in ARCHITECTURES)


def _told(change: Surrounding, field: Field) -> str:
    before, after = field.before, field.after
    whole = change.act is not Act.CHANGE
    if whole and change.kind == "pointer":
        return value_text(after or before) if field.setting == POINTS_AT else ""
    if THERE in {before, after}:
        return f"{'+' if after else '-'}{field.setting}"
    settings = field.setting.startswith(SETTINGS)
    if whole and (change.kind == "consumers" or settings or field.setting in {"apiVersion", _NAMESPACE}):
        return ""
    if settings:
        return f"{field.setting} changed" if before and after else ""
    if change.kind in {"extra", "consumers"}:
        return f"{field.setting}{' changed' if before and after else ''}"
    name = "" if field.setting == POINTS_AT else f"{field.setting.removeprefix('vendor image ')} "
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
    elif moved := next((field for field in change.fields if field.setting == _NAMESPACE), None):
        yield f"goes to {moved.after}: nothing can be cloned by this name in {moved.before} any more"
    elif any(field.setting == POINTS_AT for field in change.fields):
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
    moved = said.get(_NAMESPACE) if change.act is Act.CHANGE else None
    if moved:
        yield f"told to the one in {moved.after}; that in {moved.before} stays as it was told last"
    told = (*_import(said.get(IMPORT)), *_list(said.get(LIST)), *_fates(change))
    yield from told
    if not told and not moved:
        yield "how it is told, not what"


def _import(switched: Field | None) -> Iterator[str]:
    if switched and switched.after == "off":
        yield "the vendor's import is switched off: its boot sources are deleted there, volumes included"
    elif switched and switched.after == "on":
        yield "the vendor's boot images are imported there"
    elif switched:
        # Whoever applies on the server's side takes with him what he alone has said.
        yield "whether the vendor's images are imported is said no longer: HCO goes back to its default, which is on"


def _list(listed: Field | None) -> Iterator[str]:
    if listed and listed.after:
        yield (
            "the list of templates is one value, and Git's from now on: those of the cluster's admin that the policy "
            "does not name are lost, volumes included unless they retain All (--kubeconfig or --snapshots finds them)"
        )


def _fates(change: Surrounding) -> Iterator[str]:
    """Yield a sentence for what becomes of single images and templates, the same for all that it becomes of."""
    told: dict[str, list[str]] = {}
    for field in change.fields:
        kind, _, name = field.setting.rpartition(" ")
        before, after = (str(value or "").partition(" ")[0] for value in (field.before, field.after))
        if kind in {VENDOR_IMAGE, TEMPLATE}:
            if before and before != after and (before == REPLACED or not after):
                told.setdefault(_ENDS[before], []).append(name)
            if after:
                told.setdefault(_FATES[after], []).append(name)
        elif kind.startswith(SETTINGS) and before and after:
            told.setdefault(_ANEW[kind.removeprefix(f"{SETTINGS} ")], []).append(name)
    for sentence, names in told.items():
        yield f"{sentence}: {listed(names, 8)}"


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
