"""What would clean up as a shell script, cluster by cluster, with the reasons beside it. It is printed, never run.

The world may have moved on by the time that somebody runs it: so each deletion asks its cluster once more, and leaves
alone what a DataSource serves by then, in whatever namespace, what a cron asks for, or what was changed since it was
read. Lines that are pasted without the cluster and the namespace that they stand under do nothing.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from gitops_golden.drift.model import Command
from gitops_golden.fleet.kinds import resource
from gitops_golden.render.cdi import DIGEST_ANNOTATION
from gitops_golden.report.words import clean, counted, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitops_golden.drift.model import ClusterDrift, DriftReport, Note

SOURCES: Final = ("spec.source.pvc", "spec.source.snapshot", "status.source.pvc", "status.source.snapshot")
ASKED: Final = DIGEST_ANNOTATION.replace(".", "\\.")
FUNCTIONS: Final = (
    """\
set -u
failed=0

ask() { kubectl --context "${context:?}" -n "${namespace:?}" get "$@"; }

delete() { kubectl --context "${context:?}" -n "${namespace:?}" delete "$@" || failed=1; }

# leave WHAT WHY: says what is left alone
leave() { echo "left alone: $namespace/$1: $2" >&2; }

# served NAME: whether a DataSource of any namespace serves a volume of this name; yes if that cannot be told
served() {
    names=$(kubectl --context "${context:?}" get datasources.cdi.kubevirt.io --all-namespaces -o \\
        'jsonpath={range .items[*]}"""
    + "".join(f'{{.{each}.name}}{{"\\n"}}' for each in SOURCES)
    + """{end}') || return 0
    printf '%s\\n' "$names" | grep -qxF -e "$1"
}

# asked NAME: whether a cron asks for the digest that a volume is called after; yes if that cannot be told
asked() {
    digests=$(ask dataimportcrons.cdi.kubevirt.io -o \\
        'jsonpath={range .items[*]}"""
    + f"{{.metadata.annotations.{ASKED}}}"
    + """{"\\n"}{end}') || return 0
    printf '%s\\n' "$digests" | grep -qF -e ":${1##*-}"
}

# given CRON: whether a DataSource's label names the cron; yes if that cannot be told
given() {
    names=$(ask datasources.cdi.kubevirt.io -l "cdi.kubevirt.io/dataImportCron=$1" -o name) || return 0
    [ -n "$names" ]
}

# goes_with CRON: whether CDI deletes a volume together with the cron that is served, or asked for; yes if in doubt
goes_with() {
    label="cdi.kubevirt.io/dataImportCron=$1,cdi.kubevirt.io/dataImportCron.cleanup=true"
    volumes=$(ask datavolumes.cdi.kubevirt.io,persistentvolumeclaims -l "$label" -o name) || return 0
    snapshots=$(ask volumesnapshots.snapshot.storage.k8s.io -l "$label" -o name 2>&1) ||
        case $snapshots in *"have a resource type"*) snapshots="" ;; *) return 0 ;; esac
    for volume in $volumes $snapshots; do
        if served "${volume##*/}" || asked "${volume##*/}"; then return 0; fi
    done
    return 1
}

# drop_volume RESOURCE NAME VOLUME-RESOURCE VERSION: deletes a claim or snapshot, or the DataVolume that owns it
drop_volume() {
    now=$(ask "$3" "$2" --ignore-not-found -o 'jsonpath={.metadata.resourceVersion}') || now=unknown
    if [ -z "$now" ]; then leave "$2" "it is gone"
    elif [ "$now" = unknown ]; then leave "$2" "it could not be read"
    elif [ -n "$4" ] && [ "$now" != "$4" ]; then leave "$2" "it was changed since it was read"
    elif served "$2"; then leave "$2" "a DataSource serves it"
    elif asked "$2"; then leave "$2" "a cron asks for its digest"
    else delete --wait=false "$1" "$2"; fi
}

# drop_import NAME: deletes a DataVolume that has not succeeded
drop_import() {
    phase=$(ask datavolumes.cdi.kubevirt.io "$1" --ignore-not-found -o 'jsonpath={.status.phase}') || phase=unknown
    if [ "$phase" = Succeeded ] || [ "$phase" = unknown ]; then leave "$1" "its phase is $phase"
    elif served "$1"; then leave "$1" "a DataSource serves it"
    elif asked "$1"; then leave "$1" "a cron asks for its digest"
    else delete --wait=false --ignore-not-found datavolumes.cdi.kubevirt.io "$1"; fi
}

# drop_cron NAME: deletes a cron that no DataSource is given to
drop_cron() {
    if given "$1"; then leave "$1" "a DataSource is given to it"
    elif goes_with "$1"; then leave "$1" "a volume would go with it that is served or asked for"
    else delete --timeout=60s --ignore-not-found dataimportcrons.cdi.kubevirt.io "$1"; fi
}"""
)


def as_script(report: DriftReport) -> str:
    """Return the script; without anything to do it says so, and does nothing."""
    commit = f", commit {report.commit[:12]}" if report.commit else ""
    head = [
        "#!/bin/sh",
        f"# What would clean up the fleet {clean(report.fleet)}, as of {rfc3339(report.at)}{commit}.",
        "# Nothing of it was run. Read it first: it deletes storage. Each deletion asks its cluster once more;",
        "# what a DataSource serves by then, a cron asks for, or was changed since it was read, is left alone.",
    ]
    told = [cluster for cluster in report.clusters if not (cluster.answered and all(map(_only_sync, cluster.steps)))]
    if synced := sum(1 for cluster in report.clusters if cluster.steps and cluster not in told):
        head.append(f"# {counted(synced, 'cluster')} need nothing but to be synced by the GitOps engine.")
    parts = ["\n".join(_cluster(cluster)) for cluster in told]
    if any(isinstance(step, Command) for cluster in report.clusters for step in cluster.steps):
        head.append(FUNCTIONS)
        parts.append('exit "$failed"')
    else:
        head.append("# There is nothing to run.")
    return "\n\n".join(("\n".join(head), *parts)) + "\n"


def _only_sync(step: Command | Note) -> bool:
    return not isinstance(step, Command) and step.sync


def _cluster(cluster: ClusterDrift) -> Iterator[str]:
    commands = sum(isinstance(step, Command) for step in cluster.steps)
    yield f"# {clean(cluster.cluster)}: {counted(commands, 'command')}"
    if not cluster.answered:
        yield f"# could not be read, so nothing is said of it: {cluster.reason}: {clean(cluster.message)}"
        return
    if commands:
        yield f"context={shlex.quote(clean(cluster.context))}"
    namespace = ""
    for step in cluster.steps:
        if isinstance(step, Command) and step.namespace != namespace:
            namespace = step.namespace
            yield f"namespace={shlex.quote(namespace)}"
        yield from _step(step)


def _step(step: Command | Note) -> Iterator[str]:
    if not isinstance(step, Command):
        yield f"# {clean(step.text)}"
        return
    yield f"# {clean(step.why)}"
    yield shlex.join(_words(step)) if step.action.startswith("delete") else _taken_off(step)


def _words(step: Command) -> list[str]:
    if step.action == "delete-cron":
        return ["drop_cron", step.name]
    if step.action == "delete-import":
        return ["drop_import", step.name]
    return ["drop_volume", resource(step.kind), step.name, resource(step.volume_kind), step.version]


def _taken_off(step: Command) -> str:
    verb = "label" if step.action == "unlabel" else "annotate"
    words = [verb, resource(step.kind), step.name, *(f"{key}-" for key in step.keys)]
    return f'kubectl --context "${{context:?}}" -n "${{namespace:?}}" {shlex.join(words)} || failed=1'
