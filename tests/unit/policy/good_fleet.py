"""A fleet that is right, with its lock, and what makes odd ones of it: one thing changed or added."""

from __future__ import annotations

from dataclasses import dataclass

FLEET = """\
apiVersion: gitops-golden/v1alpha1
kind: FleetPolicy
metadata: {name: acme}
spec:
  registry:
    address: registry.acme.example
    pullSecret: golden-registry
  defaults:
    storage: {size: 30Gi}
  images:
    - name: rhel9
      repository: golden/rhel9
      tag: "9.6"
    - name: fedora
      repository: golden/fedora
      tag: "42"
  clusters:
    - name: edge
      platform: openshift
      architecture: amd64
  placements:
    - {name: all, images: {}, clusters: {}}
"""
TEMPLATED = f"{FLEET}  templates: templates\n"
ADDED = len(FLEET.splitlines()) + 1
"""The line that the first addition to the specification stands in."""
HEX_A, HEX_B = "a" * 64, "b" * 64
LOCK = f"""\
apiVersion: gitops-golden/v1alpha1
kind: FleetLock
images:
  fedora:
    repository: golden/fedora
    releases:
      - digest: sha256:{HEX_A}
        tag: "42"
        firstSeen: "2026-11-21T10:00:00Z"
        checked: layout
        size: 20
        platforms:
          - {{platform: linux/amd64, digest: "sha256:{HEX_A}", size: 20}}
    waves:
      all: sha256:{HEX_A}
  rhel9:
    repository: golden/rhel9
    releases:
      - digest: sha256:{HEX_B}
        tag: "9.6"
        firstSeen: "2026-11-21T10:00:00Z"
        checked: layout
        size: 20
        platforms:
          - {{platform: linux/amd64, digest: "sha256:{HEX_B}", size: 20}}
    waves:
      all: sha256:{HEX_B}
"""


@dataclass(frozen=True, slots=True)
class BadFleet:
    """One fleet. ``says`` is a pattern and ``at`` begins the place; ``files`` stand beside the policy.

    ``code`` is what commands end with.
    """

    name: str
    fleet: str
    at: str
    says: str
    files: tuple[tuple[str, bytes], ...] = ()
    code: int = 2


def changed(name: str, old: str, new: str, at: str, says: str) -> BadFleet:
    """``FLEET`` with one text replaced; ``at`` is a place in it."""
    assert FLEET.count(old) == 1, f"{name}: {old!r} stands {FLEET.count(old)} times"
    return BadFleet(name, FLEET.replace(old, new), f"fleet.yaml:{at}", says)


def added(name: str, text: str, column: int, says: str, *, fleet: str = FLEET) -> BadFleet:
    """``FLEET``, or a variant of it, with one more line in its specification, wrong at a column of it."""
    line = len(fleet.splitlines()) + 1
    return BadFleet(name, f"{fleet}  {text}\n", f"fleet.yaml:{line}:{column}", says)


def imported_for(architectures: str, fleet: str = FLEET) -> str:
    """``FLEET`` with architectures of rhel9, in line 14."""
    return fleet.replace('"9.6"', f'"9.6"\n      architectures: [{architectures}]')


def guarded(name: str, schema: str, at: str, says: str, *, mode: str = "deny", code: int = 2) -> BadFleet:
    """``FLEET`` with a guardrail of this schema, wrong at a place in it."""
    rule = f"  guardrails: [{{schema: guard.json, mode: {mode}}}]\n"
    return BadFleet(name, FLEET + rule, at, says, (("guard.json", schema.encode()),), code)


def template(name: str, text: str, line: int, says: str, file: str = "cron.yaml.j2") -> BadFleet:
    """``FLEET`` with a template of the user's, wrong in a line of it; line 0 is the file as a whole."""
    place = f"templates/{file}:{line}:1" if line else f"templates/{file}"
    return BadFleet(name, TEMPLATED, place, says, ((f"templates/{file}", text.encode()),))


def extra(name: str, text: str, says: str) -> BadFleet:
    """``FLEET`` with a template for one more file per cluster, which makes something that can't be published."""
    files = (("templates/cluster/extra.yaml.j2", text.encode()),)
    return BadFleet(name, TEMPLATED, "templates/cluster/extra.yaml.j2", says, files)
