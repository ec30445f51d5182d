"""The page's list of problems, worst first: what is wrong, how far it reaches, since when, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitops_golden.policy.durations import span
from gitops_golden.report.groups import groups
from gitops_golden.report.page.markup import Markup, element, readable, together
from gitops_golden.report.page.overview import badge, moment
from gitops_golden.report.sites import Sites
from gitops_golden.report.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.report.groups import Group
    from gitops_golden.verify.model import Report

_GROUPS: Final = 200
_MESSAGES: Final = 20
_NAMES: Final = 240
"""So many are shown; the matrix has all."""
_NAMED_ABOVE: Final = 2


def findings(report: Report) -> Markup:
    """Return every way in which something fails, or that nothing does."""
    all_groups = groups(report)
    if not all_groups:
        said = "Nothing was found." if report.deliveries else "No cluster has an image to be verified."
        return element("p", said, class_="nothing")
    sites = Sites(report)
    shown = [_card(group, report, sites, unfolded=not place) for place, group in enumerate(all_groups[:_GROUPS])]
    if len(all_groups) > _GROUPS:
        shown.append(element("p", f"and {len(all_groups) - _GROUPS:,} more kinds of findings: the matrix has all"))
    return together(shown)


def _card(group: Group, report: Report, sites: Sites, *, unfolded: bool) -> Markup:
    link = group.way.link.value if group.way.link else ""
    first, *others = group.apart
    return element(
        "details",
        element(
            "summary",
            badge(group.way.verdict),
            element("h3", *_place(link), readable(group.way.reason)),
            element("span", *_extent(group, sites), class_="extent"),
            element("span", *_age(group, report), class_="age"),
        ),
        _told(first),
        element("p", *_since(group), class_="clusters") if group.oldest else "",
        element("p", "last read ", moment(group.last_read), class_="clusters") if group.last_read else "",
        _others(others),
        _named(group),
        class_=f"problem {group.way.verdict}",
        open=unfolded,
        data_verdict=group.way.verdict.value,
        data_link=link,
        data_reason=readable(group.way.reason),
        data_of=group.way.of,
        data_image=readable(group.images[0]) if len(group.images) == 1 else False,
    )


def _place(link: str) -> Iterator[Markup]:
    if link:
        yield element("span", link, class_="link")
        yield Markup(" ")


def _extent(group: Group, sites: Sites) -> Iterator[str]:
    plural = "deliveries" if group.way.of == "delivery" else ""
    yield element("b", counted(len(group.found), group.way.of, plural))
    if group.way.of == "delivery" and len(group.clusters) > 1:
        yield f" on {counted(len(group.clusters), 'cluster')}"
    where = sites.where(group.images, group.clusters) if group.clusters else f"{listed(group.images)} at the registry"
    yield f" · {readable(where)}"


def _age(group: Group, report: Report) -> Iterator[str]:
    if group.oldest is None:
        return
    yield f"{'for' if len(group.found) == 1 else 'up to'} {span(report.at - group.oldest)}"
    if group.way.overdue and report.objective:
        yield element("b", f", over the objective of {span(report.objective)}", class_="overdue")


def _since(group: Group) -> Iterator[str]:
    if group.oldest:
        yield "since " if len(group.found) == 1 else "the oldest since "
        yield moment(group.oldest)


def _told(alike: Group) -> Markup:
    """Return what findings say and advise, for those that do so in the same words."""
    finding = alike.found[0].finding
    told = element("p", readable(finding.message), class_="message")
    if not finding.remedy:
        return told
    remedy = element("span", readable(finding.remedy))
    return together([told, element("p", element("span", "do", class_="do"), remedy, class_="remedy")])


def _others(others: list[Group]) -> Markup:
    if not others:
        return Markup()
    items = [element("li", _told(each), f"({counted(len(each.found), 'time')})") for each in others[:_MESSAGES]]
    if len(others) > _MESSAGES:
        items.append(element("li", f"and {len(others) - _MESSAGES:,} more"))
    return _folded(counted(len(others), "other message"), element("ul", *items))


def _named(group: Group) -> Markup:
    """Return, folded, the images and clusters by name, unless the summary has named them all."""
    if len(group.images) <= _NAMED_ABOVE and len(group.clusters) <= _NAMED_ABOVE:
        return Markup()
    named = [(noun, names) for noun, names in (("image", group.images), ("cluster", group.clusters)) if names]
    told = (element("p", f"{noun}s: {readable(listed(names, _NAMES))}", class_="clusters") for noun, names in named)
    return _folded(" and ".join(counted(len(names), noun) for noun, names in named), *told)


def _folded(summary: str, *content: str) -> Markup:
    return element("details", element("summary", summary), *content)
