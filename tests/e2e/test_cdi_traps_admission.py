"""CDI's traps at admission: what it refuses for ever, what it lets pass and breaks on; and what we render of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitops_golden.errors import InputError, InputErrors
from tests.e2e.cdi_traps import answers, last, of_kind, refusal, served
from tests.testbed.cdi.actions import CRON, A
from tests.testbed.cdi.ground import REPOSITORY
from tests.testbed.cdi.model import DIGEST
from tests.testbed.cdi.recordings import recorded
from tests.testbed.engine import SyncError

if TYPE_CHECKING:
    from tests.e2e.cdi_traps import Site

IMMUTABLE = "Cannot update DataImportCron Spec"
BROKEN_LATER = ("digest in url", "tag and digest in url", "empty schedule without digest", "retention bogus")
ALSO_ADMITTED = ("@daily", "@every 1h", "keep 0", "dotted name", "oci-archive", "pvc source")
ADMITTED_SOURCES = ("empty source", "two sources", "name 64", "self", "cross namespace")
NEVER_RENDERED: dict[str, dict[str, Any]] = {
    "a schedule with a minute 61": {"update": {"tracking": {"schedule": "61 * * * *"}}},
    "a schedule of six fields": {"update": {"tracking": {"schedule": "* * * * * *"}}},
    "a name of 64 characters": {"image": "i" * 64},
    "an empty name": {"image": ""},
    "a negative number of volumes to keep": {"keep": -1},
    "an unknown way of collecting garbage": {"garbageCollect": "Sometimes"},
    "a quantity that is none": {"storage": {"size": "1GiB"}},
    "no size": {"storage": {"size": "0"}},
    "a url with its scheme": {"repository": "docker://golden/rhel9"},
    "an unknown way of pulling": {"pullMethod": "fetch"},
    "an unknown field": {"colour": "blue"},
}


def test_a_spec_never_changes_so_another_spec_is_another_cron(site: Site) -> None:
    updates = answers("update ")
    specs = {what: answer for what, answer in updates.items() if "spec" in answer.request["body"]}
    assert len(specs) >= 6
    assert {refusal(answer) for answer in specs.values()} == {IMMUTABLE}
    assert {refusal(updates[what]) for what in ("update labels", "update digest")} == {None}
    site.deliver(A)
    site.converged(A)
    first = site.cron
    for answer in updates.values():
        here = answer.request | {"path": answer.request["path"].replace(CRON, first)}
        assert site.ask(here) == refusal(answer)
    same_name = of_kind(site.manifests, "DataImportCron")
    same_name["spec"]["template"]["spec"]["storage"]["resources"]["requests"]["storage"] = "2Gi"
    assert site.admits(same_name) == IMMUTABLE
    site.deliver(A, storage={"size": "2Gi"})
    assert site.cron != first
    assert site.play.get("DataImportCron", first) == {}
    site.converged(A)


@pytest.mark.from_code("that CDI appends the digest to the one that is there; the recordings end at admission")
def test_a_digest_in_the_url_is_admitted_and_breaks_the_import(site: Site) -> None:
    assert refusal(answers()["digest in url"]) is None
    cron = of_kind(site.manifests_of(site.rendered(A)), "DataImportCron")
    url = cron["spec"]["template"]["spec"]["source"]["registry"]["url"]
    cron["spec"]["template"]["spec"]["source"]["registry"]["url"] = f"{url}@{A}"
    site.play.create("DataImportCron", "twice", {"annotations": {DIGEST: A}}, cron["spec"])
    site.play.crashed(A, times=1)
    volume = last(site.play.timeline(), "DataVolume", "rhel9-aaaaaaaaaaaa")
    assert volume
    assert volume["spec"]["source"]["registry"]["url"].endswith(f"@{A}@{A}")
    assert "@" not in url
    for repository in (f"{REPOSITORY}@{A}", f"{REPOSITORY}:9@{A}"):
        with pytest.raises(InputErrors):
            site.rendered(A, repository=repository)
    with pytest.raises(InputErrors):
        site.rendered(A, tag=A)


def test_what_is_admitted_and_never_works_is_never_rendered(site: Site) -> None:
    for what in BROKEN_LATER:
        assert refusal(answers()[what]) is None, what
        assert site.ask(answers()[what].request) is None, what
    with pytest.raises(InputError, match="no release is locked"):
        site.rendered(None)
    with pytest.raises(InputErrors):
        site.rendered(A, retention="Sometimes")
    for settings in ({}, {"retention": "None"}, {"garbageCollect": "Never"}, {"pullMethod": "node"}, {"keep": 0}):
        cron = of_kind(site.manifests_of(site.rendered(A, **settings)), "DataImportCron")
        assert site.admits(cron) is None
        assert cron["spec"]["retentionPolicy"] in ("All", "None")
        assert "@" not in cron["spec"]["template"]["spec"]["source"]["registry"]["url"]


def test_what_is_refused_at_admission_is_refused_in_the_policy_already(site: Site) -> None:
    refused = {what: of for what, of in answers().items() if refusal(of) and not what.startswith("update ")}
    assert len(refused) > 15
    for what, answer in refused.items():
        assert site.ask(answer.request) == refusal(answer), what
    for settings in NEVER_RENDERED.values():
        with pytest.raises(InputErrors):
            site.rendered(A, **settings)


@pytest.mark.parametrize("schedule", ["@daily", "@every 1h", "*/15 0-6 1,15 jan-mar mon", "0 3 ? * 0"])
def test_schedules_that_the_policy_takes_are_admitted(site: Site, schedule: str) -> None:
    files = site.rendered(None, update={"tracking": {"schedule": schedule}})
    assert [site.admits(item) for item in site.manifests_of(files)] == [None] * len(site.manifests_of(files))


def test_odd_schedules_names_and_sources_are_admitted_too(site: Site) -> None:
    for what in ALSO_ADMITTED:
        assert refusal(answers()[what]) is None, what
        assert site.ask(answers()[what].request) is None, what
    dotted = "rhel9.4"
    assert served(recorded("dotted_names"), dotted)[-1] == "rhel9.4-aaaaaaaaaaaa"
    site.deliver(A, image=dotted)
    site.converged(A, image=dotted)
    assert served(site.seen(), dotted)[-1] == "rhel9.4-aaaaaaaaaaaa"


def test_no_webhook_guards_datasources_but_a_source_is_required(site: Site) -> None:
    sources = answers(of="datasources")
    passing = {what for what, answer in sources.items() if refusal(answer) is None}
    assert passing == {f"DataSource {what}" for what in ADMITTED_SOURCES}
    for what in passing:
        assert site.ask(sources[what].request) is None, what
    assert "Required value" in str(refusal(sources["DataSource no source"]))
    assert "Required value" in str(site.ask(sources["DataSource no source"].request))
    source = of_kind(site.manifests_of(site.rendered(A)), "DataSource")
    assert source["spec"] == {"source": {}}
    assert site.admits(source) is None


def test_an_engine_that_is_refused_is_told_so_and_prunes_nothing(site: Site) -> None:
    files = site.rendered(A)
    site.apply(files)
    name = next(name for name in files if name.startswith("image-"))
    with pytest.raises(SyncError, match=IMMUTABLE):
        site.apply(files | {name: files[name].replace(b"1Gi", b"2Gi")})
