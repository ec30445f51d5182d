"""Fleets that can't be or look odd once policy, lock, guardrails and templates meet, as data.

A refused one ends every command that would make something of it; a warned one is told of and goes on.
"""

from __future__ import annotations

from tests.unit.policy.good_fleet import (
    ADDED,
    FLEET,
    HEX_A,
    TEMPLATED,
    BadFleet,
    added,
    changed,
    extra,
    guarded,
    imported_for,
    template,
)

_KEY = b"-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n"
_ARM = "architecture: arm64"

NAMES = (
    BadFleet(
        "image whose architecture's name is too long",
        imported_for("amd64", FLEET.replace("name: rhel9", f"name: rhel9{'-long' * 11}")),
        "fleet.yaml:14:",
        "would be longer than 63 characters",
    ),
    added("channel of an image's name", "channels: [{name: fedora, image: rhel9}]", 14, "both be DataSource fedora in"),
    added("channel of its image's name", "channels: [{name: rhel9, image: rhel9}]", 14, "both be DataSource rhel9 in"),
    BadFleet(
        "image of an architecture's name",
        imported_for("amd64").replace("name: fedora", "name: rhel9-amd64"),
        "fleet.yaml:15:7",
        "both be DataSource rhel9-amd64 in golden-images",
    ),
    added(
        "channel of an architecture's name",
        "channels: [{name: rhel9-amd64, image: fedora}]",
        14,
        "both be DataSource rhel9-amd64 in golden-images",
        fleet=imported_for("amd64"),
    ),
    added(
        "two channels of one name",
        "channels: [{name: a, image: rhel9}, {name: a, image: fedora}]",
        46,
        f'two channels named "a".*fleet.yaml:{ADDED}:21',
    ),
)

POINTERS = (
    added("channel of itself", "channels: [{name: a, image: a}]", 31, '"a" is a channel, not an image'),
    added("circular channels", "channels: [{name: a, image: b}, {name: b, image: a}]", 31, '"b" is a channel, not an'),
    added("channel of a channel", "channels: [{name: a, image: b}, {name: b, image: rhel9}]", 31, '"b" is a channel'),
)

ARCHITECTURES = (
    BadFleet(
        "image for an architecture that its cluster lacks",
        imported_for("amd64", FLEET.replace("architecture: amd64", _ARM)),
        "fleet.yaml:14:22",
        "image 'rhel9' is for amd64, and edge runs arm64",
    ),
    changed(
        "override that takes away what the cluster runs",
        "  placements:",
        "  overrides: [{name: o, images: [rhel9], set: {architectures: [arm64]}}]\n  placements:",
        "21:63",
        "image 'rhel9' is for arm64, and edge runs amd64",
    ),
)

REACH = (
    changed(
        "mirror with a tag",
        "    storage",
        "    registry: {mirror: 'm.example/golden:9.6'}\n    storage",
        "9:24",
        "registry.mirror .* holds a tag",
    ),
    changed(
        "mirror with a digest",
        "    storage",
        f"    registry: {{mirror: 'm.example/golden@sha256:{HEX_A}'}}\n    storage",
        "9:24",
        "registry.mirror .* holds a digest",
    ),
    BadFleet(
        "private key in caBundle",
        FLEET.replace("    pullSecret", "    caBundle: ca.pem\n    pullSecret"),
        "fleet.yaml:7:15",
        "registry.caBundle holds a private key in line 1",
        (("ca.pem", _KEY),),
    ),
    changed(
        "annotation that we own",
        "    storage",
        "    metadata: {annotations: {gitops-golden/attempt: '1'}}\n    storage",
        "9:30",
        "the key .* is gitops-golden's own",
    ),
    changed(
        "annotation that pins",
        "    storage",
        "    metadata: {annotations: {cdi.kubevirt.io/storage.import.sourceDesiredDigest: x}}\n    storage",
        "9:30",
        "the key .* is CDI's or gitops-golden's own",
    ),
    changed(
        "annotation that engines track by",
        "    storage",
        "    metadata: {annotations: {argocd.argoproj.io/tracking-id: x}}\n    storage",
        "9:30",
        "is written by what applies manifests",
    ),
)

VENDOR = (
    added("vendor's image that is unknown", "vendorImages: {keep: [fedroa]}", 17, "'fedroa', which no vendor provides"),
    added("removed image that is unknown", "vendorImages: {remove: [win11]}", 17, "'win11', which no vendor provides"),
    added("replaced image of no vendor", "vendorImages: {replace: [fedora, suse]}", 36, 'no image is named "suse"'),
    added(
        "template of a vendor twice",
        "vendorImages: {templates: [{metadata: {name: a}}, {metadata: {name: a}}]}",
        71,
        f'there are two templates named "a".*fleet.yaml:{ADDED}:30',
    ),
)

GUARDRAILS = (
    added("missing schema", "guardrails: [{schema: guard.json}]", 25, '"guard.json" does not exist'),
    guarded("schema that is no JSON", '{"type": ', "guard.json:2:1", "not YAML"),
    guarded("schema of an unknown type", '{\n  "type": "text"\n}\n', "guard.json:2:11", "type"),
    guarded("schema of a wrong shape", '{"properties": {"keep": 3}}', "guard.json:1:25", "properties.keep"),
    guarded("schema with a bad pattern", '{"properties": {"tag": {"pattern": "("}}}', "guard.json:1:36", "pattern"),
    guarded("reference that leads nowhere", '{"$ref": "#/$defs/none"}', "guard.json:1:10", r"\$ref .* leads nowhere"),
    guarded(
        "reference that leads out",
        '{"$ref": "https://schemas.example/a.json"}',
        "guard.json:1:10",
        "leads out of the file, and nothing is fetched",
    ),
    guarded("schema that never ends", '{"$ref": "#"}', "guard.json:1:1", "without coming to an end"),
    guarded(
        "delivery that a guardrail denies",
        '{"properties": {"keep": {"minimum": 5}}}',
        "fleet.yaml:11:7",
        "keep is 3, less than 5",
        code=1,
    ),
)

_SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: golden-images}\ndata: {a: Yg==}\n"
_LOOP = "{% for a in range(99999) %}"
TEMPLATES = (
    added("missing templates", "templates: templates", 14, '"templates" does not exist'),
    added("templates that climb", "templates: ../templates", 14, "leads out of the policy's folder"),
    template("template of an unknown name", "a: b\n", 0, "mean cron.yaml.j2", "crom.yaml.j2"),
    template("template that is no template", "# x\na: {{ cron.name\n", 2, "not a template"),
    template("template that loops without end", f"# x\n{_LOOP * 2}{'{% endfor %}' * 2}", 2, "more than .* steps"),
    template(
        "template that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}\na: {{ m() }}\n", 1, "nested deeper"
    ),
    template("template that brings itself in", "# x\n{% include 'cron.yaml.j2' %}\n", 2, "brings itself in"),
    template("template that allocates text", "# x\na: {{ 'x' * 999999999 }}\n", 2, "takes whole numbers"),
    template("template that allocates a number", "# x\na: {{ 9 ** 99999999 }}\n", 2, "exponent from 0 to"),
    template("template that reads a file", "# x\n{% include '/etc/passwd' %}\n", 2, 'no template "/etc/passwd"'),
    template("template that reads the policy", "# x\n{% include '../fleet.yaml' %}\n", 2, "no template"),
    template("template that reaches into Python", "# x\na: {{ ''.__class__.__mro__ }}\n", 2, "__class__ can't be used"),
    template("template that reaches by a filter", "# x\na: {{ ''|attr('__class__') }}\n", 2, "no filter attr"),
    template("template of unknown values", "# x\na: {{ crom.name }}\n", 2, "'crom' is undefined"),
    template("template of chance", "# x\na: {{ [1, 2]|random }}\n", 2, "no filter random"),
    BadFleet(
        "template of a field that its kind lacks",
        TEMPLATED,
        "templates/cron.yaml.j2",
        r"image-fedora\.yaml:\d+:3: DataImportCron has no field spec.bogus, in: bogus: x",
        (("templates/cron.yaml.j2", b"{% include 'builtin/cron.yaml.j2' %}\n  bogus: x\n"),),
    ),
    BadFleet(
        "templates that write the same file",
        TEMPLATED,
        "templates/image/about.yaml.j2",
        "it would write extra-about-rhel9.yaml, as templates/cluster/about-rhel9.yaml.j2 does",
        tuple(
            (
                f"templates/{name}.yaml.j2",
                f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {kind}, namespace: x}}\n".encode(),
            )
            for name, kind in (("cluster/about-rhel9", "a"), ("image/about", "b"))
        ),
    ),
    extra("template that renders a Secret", _SECRET, r"extra-extra\.yaml:2:\d+: a Secret, in: kind: Secret"),
    extra("template that renders no YAML", "a: [\n", r"not YAML"),
    extra("template that renders no object", "a: b\n", "extra-extra.yaml:1:1: apiVersion must be text"),
)

REFUSED: tuple[BadFleet, ...] = (*NAMES, *POINTERS, *ARCHITECTURES, *REACH, *VENDOR, *GUARDRAILS, *TEMPLATES)

WARNED: tuple[BadFleet, ...] = (
    guarded(
        "delivery that a guardrail warns of",
        '{"properties": {"keep": {"minimum": 5}}}',
        "fleet.yaml:11:7",
        "keep is 3, less than 5",
        mode="warn",
    ),
    changed(
        "release without the cluster's platform",
        "architecture: amd64",
        _ARM,
        "11:7",
        "image 'rhel9' has no linux/arm64, which edge needs; it has linux/amd64",
    ),
    BadFleet(
        "release without one of the image's architectures",
        imported_for("amd64, arm64"),
        "fleet.yaml:11:7",
        "image 'rhel9' has no linux/arm64",
    ),
    added(
        "vendor images on a cluster without HyperConverged",
        "vendorImages: remove",
        17,
        "vendorImages says nothing to edge: there is no HyperConverged",
        fleet=FLEET.replace("platform: openshift", "platform: cdi"),
    ),
    added(
        "vendor's image that the platform lacks",
        "vendorImages: {keep: [rhel8]}",
        17,
        "'rhel8', which platform kubevirt doesn't provide, as on edge",
        fleet=FLEET.replace("platform: openshift", "platform: kubevirt"),
    ),
    changed(
        "DataSource that the vendor's operator keeps",
        "    storage",
        "    namespace: openshift-virtualization-os-images\n    storage",
        "12:7",
        "DataSource rhel9 in openshift-virtualization-os-images is kept by SSP",
    ),
)
