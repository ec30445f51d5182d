"""Plays a scenario on a cluster: what a scenario's steps are made of, and the timeline that comes of them.

The scenarios themselves are in scenarios/, what people do in them in actions.py.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.testbed.api import ApiError, path, wait_until
from tests.testbed.cdi.recorder import Recorder
from tests.testbed.cdi.timeline import Answer, Step, Timeline, renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.testbed.api import Api, Object
    from tests.testbed.cdi.standin import StandIn

CDI = "cdi.kubevirt.io/v1beta1"
OWNER = "cdi.kubevirt.io/dataImportCron"
DIGEST = "cdi.kubevirt.io/storage.import.sourceDesiredDigest"
SETTLE_SECONDS = 0.4
REAL_SETTLE_SECONDS = 4.0
SUCCESS = 200
NAMESPACE = "NAMESPACE"


class Play:
    """One scenario being played in a namespace of its own."""

    def __init__(
        self,
        api: Api,
        namespace: str,
        steps: tuple[str, ...],
        *,
        stand_in: StandIn | None = None,
        names: Mapping[str, str] | None = None,
        patience: float = 60.0,
    ) -> None:
        """Prepare it; ``steps`` are the texts of the recorded steps, ``stand_in`` is None where real CDI runs.

        ``names`` has what stands in the recording and what stands here for it: digests, the registry, a storage class.
        ``patience`` is for how many seconds it waits for something to come.
        """
        self.api = api
        self.namespace = namespace
        self.stand_in = stand_in
        self._names = dict(names or {})
        self._patience = patience
        self._wanted = list(steps)
        self._steps: list[Step] = []
        self._answers: list[Answer] = []
        self._recorder = Recorder(api, namespace)
        self._acted = time.monotonic()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Have the namespace, and watch it, for the time being."""
        place = path("v1", "namespaces")
        self.api.create(place, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        self._recorder.start()
        try:
            yield
        finally:
            self._recorder.stop()
            self._clean()

    def timeline(self) -> Timeline:
        """Return what was seen, in the recording's words."""
        whole = Timeline(self._recorder.seen(), tuple(self._steps), tuple(self._answers))
        return renamed(whole, {self.namespace: NAMESPACE} | {here: there for there, here in self._names.items()})

    def meant(self, text: str) -> str:
        """Return what stands here for what stands in a recording."""
        for there, here in self._names.items():
            text = text.replace(there, here)
        return text

    def step(self, text: str, *, still: bool = True) -> None:
        """Come to a recorded step, which begins with ``text``; if ``still``, once all that came before has settled."""
        wanted = self._wanted[len(self._steps)]
        assert wanted.startswith(text), f"the recording's next step is {wanted!r}, not {text!r}"
        if still:
            self.settle()
        self._steps.append(Step(time.monotonic(), wanted))

    def pause(self) -> None:
        """Settle after something that was done beside the play's own actions."""
        self._acted = time.monotonic()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing changes any more, a while after what was done last."""
        wait_until(self._settled, seconds=self._patience, what=f"{self.namespace} settles")

    def _settled(self) -> bool:
        if self.stand_in is None:
            return self._quiet(REAL_SETTLE_SECONDS)
        whole = self._quiet(SETTLE_SECONDS) and self.stand_in.idle(self.namespace) and self._recorder.current()
        return whole and self._quiet(SETTLE_SECONDS)

    def _quiet(self, seconds: float) -> bool:
        # what was done last may not have been seen yet
        return min(self._recorder.quiet_for(), time.monotonic() - self._acted) > seconds

    def ask(self, request: Object) -> None:
        """Make a recorded request and note the answer."""
        told = json.loads(
            self.meant(json.dumps(request)).replace(_namespace_of(request.get("path", "")), self.namespace)
        )
        method, body, kind = told.get("method", "PATCH"), told.get("body") or told["apply"], "application/json"
        if "apply" in told:
            kind = "application/apply-patch+yaml"
            place = self.place(body["kind"], body["metadata"]["name"]) + "?fieldManager=gitops"
        else:
            place = told["path"]
            kind = "application/merge-patch+json" if method == "PATCH" else kind
        try:
            self.api.request(method, place, body, kind=kind)
            answer = Answer(request, SUCCESS, None)
        except ApiError as error:
            answer = Answer(request, error.code, error.message)
        self._answers.append(answer)
        self._acted = time.monotonic()

    def create(self, kind: str, name: str, metadata: Object, spec: Object) -> None:
        """Create one of CDI's objects; recorded digests, urls and classes in it become this run's."""
        named = metadata | {"name": name, "namespace": self.namespace}
        body = {"apiVersion": CDI, "kind": kind, "metadata": named, "spec": spec}
        self.api.create(self.place(kind), json.loads(self.meant(json.dumps(body))))
        self._acted = time.monotonic()

    def patch(self, kind: str, name: str, change: Object) -> None:
        """Change an object; recorded digests become this run's."""
        self.api.patch(self.place(kind, name), json.loads(self.meant(json.dumps(change))))
        self._acted = time.monotonic()

    def delete(self, kind: str, name: str) -> None:
        """Delete an object."""
        self.api.delete(self.place(kind, name))
        self._acted = time.monotonic()

    def volume(self, digest: str) -> str:
        """Return the name of a recorded digest's volume here."""
        return f"rhel9-{self.meant(digest)[7:19]}"

    def hold(self) -> None:
        """Let no import of this namespace begin."""
        if self.stand_in:
            self.stand_in.hold(namespace=self.namespace)

    def release(self) -> None:
        """Let them begin."""
        if self.stand_in:
            self.stand_in.release(namespace=self.namespace)
        self._acted = time.monotonic()

    def crash(self, digest: str, message: str) -> None:
        """Let a digest's importer crash: real CDI's does, since no registry has the digest."""
        if self.stand_in:
            self.stand_in.crash(digest, message, namespace=self.namespace)

    def never_bind(self, digest: str) -> None:
        """Let a digest's volume never bind."""
        if self.stand_in:
            self.stand_in.never_bind(digest, namespace=self.namespace)

    def crashed(self, digest: str, *, times: int) -> None:
        """Wait until a digest's importer crashed and was started again, and stands crashed."""

        def stands() -> bool:
            status = self.get("DataVolume", self.volume(digest)).get("status", {})
            conditions = {of["type"]: of for of in status.get("conditions", [])}
            running = conditions.get("Running", {})
            return bool(running.get("reason") == "Error" and status.get("restartCount", 0) >= times)

        self.wait(f"importer of {digest} crashed", stands)

    def place(self, kind: str, name: str = "") -> str:
        """Return the path of one of CDI's objects or of a claim."""
        resources = {
            "DataImportCron": (CDI, "dataimportcrons"),
            "DataSource": (CDI, "datasources"),
            "DataVolume": (CDI, "datavolumes"),
            "PersistentVolumeClaim": ("v1", "persistentvolumeclaims"),
        }
        return path(*resources[kind], self.namespace, name)

    def get(self, kind: str, name: str) -> Object:
        """Return an object as it is now, or an empty one."""
        return self.api.find(self.place(kind, name)) or {}

    def wait(self, what: str, predicate: Callable[[], Any]) -> None:
        """Wait until something is so. Raises AssertionError when patience ends."""
        wait_until(predicate, seconds=self._patience, what=f"{self.namespace}: {what}")

    def _clean(self) -> None:
        """Remove the namespace and, since a cron's pollers are outside of it, the crons first."""
        for cron in self.api.items(self.place("DataImportCron")):
            self.api.delete(self.place("DataImportCron", cron["metadata"]["name"]))
        self.api.delete(path("v1", "namespaces", name=self.namespace))


def _namespace_of(place: str) -> str:
    return place.partition("/namespaces/")[2].partition("/")[0] or NAMESPACE
