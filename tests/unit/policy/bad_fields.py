"""Policies that must be refused for what they say of storage, of reaching the registry, of metadata and of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.policy.good_policy import GOOD, Link, bad, setting, spec, swap

if TYPE_CHECKING:
    from tests.unit.policy.good_policy import BadPolicy


def ca_bundle(name: str, content: bytes, says: str) -> BadPolicy:
    """``GOOD`` with a bundle of certificates for its registry."""
    fleet = GOOD.replace("    plainHTTP: false", "    caBundle: ca.pem").encode()
    return bad(name, "fleet.yaml:9:15", says, files={"ca.pem": content}, fleet=fleet)


_HEX = "a" * 64
_KEY = b"-----BEGIN EC PRIVATE KEY-----\nbm90IGEga2V5\n-----END EC PRIVATE KEY-----\n"
_NO_CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"

STORAGE = (
    setting("access mode", "storage: {accessModes: [RWX]}", 29, 'accessModes "RWX" is unknown'),
    setting("access mode twice", "storage: {accessModes: [ReadWriteOnce, ReadWriteOnce]}", 28, "names one twice"),
    setting("no access mode", "storage: {accessModes: []}", 28, "storage.accessModes is an empty list"),
    setting("access mode for a list", "storage: {accessModes: ReadWriteMany}", 28, "accessModes must be a list"),
    setting("volume mode", "storage: {volumeMode: block}", 27, 'volumeMode "block" is unknown .*mean Block'),
    setting("pull method", "pullMethod: cluster", 17, "known are pod, node"),
    setting("garbage collection", "garbageCollect: true", 21, "garbageCollect must be text, but true is a boolean"),
    setting("retention", "retention: none", 16, 'retention "none" is unknown .*mean None'),
    setting("immediate binding", 'immediateBinding: "true"', 23, "immediateBinding must be true or false"),
    setting("architecture in another's words", "architectures: [x86_64]", 21, 'architectures "x86_64" is unknown'),
    setting("architecture twice", "architectures: [arm64, arm64]", 20, "architectures names one twice"),
    setting("no architecture", "architectures: []", 20, "architectures is an empty list"),
)

REACH = (
    setting("mirror with a tag", "registry: {mirror: 'm.example/golden:9.6'}", 24, "mirror .* holds a tag"),
    setting("mirror with a digest", f"registry: {{mirror: 'm.example@sha256:{_HEX}'}}", 24, "mirror .* holds a digest"),
    setting("mirror with a scheme", "registry: {mirror: 'https://m.example'}", 24, "has a scheme"),
    setting("mirror without a host", "registry: {mirror: golden}", 24, "Docker Hub"),
    setting(
        "mirror with an account", "registry: {mirror: 'me:hunter2@m.example'}", 24, '"…@m.example" holds .* account'
    ),
    setting("registry of an image", "registry: {address: m.example}", 16, "unknown field registry.address"),
    swap("mirror of the registry", "plainHTTP: false", "mirror: a.example", "9:5", "unknown field registry.mirror"),
    ca_bundle("private key in a bundle", _KEY, "registry.caBundle holds a private key in line 1"),
    ca_bundle("private key after certificates", _NO_CERTIFICATE + _KEY, "holds a private key in line 4"),
    ca_bundle("bundle of no certificates", b"registry.example\n", "holds no complete certificate"),
    ca_bundle("bundle that is no certificate", _NO_CERTIFICATE, "holds a certificate that can't be read"),
    ca_bundle("bundle in DER", b"\x30\x82\x03\xe8", "no text of PEM blocks"),
    swap("missing bundle", "plainHTTP: false", "caBundle: ca.pem", "9:15", '"ca.pem" does not exist'),
    swap("bundle that climbs", "plainHTTP: false", "caBundle: ../ca.pem", "9:15", "leads out of"),
    swap(
        "external secret of no pull secret",
        "    pullSecret: golden-registry\n",
        "    externalSecret: {store: a, key: b}\n",
        "10:21",
        "there is no registry.pullSecret",
    ),
    swap("external secret without a key", "plainHTTP: false", "externalSecret: {store: a}", "9:21", "has no key"),
    swap(
        "kind of a secret store",
        "plainHTTP: false",
        "externalSecret: {store: a, storeKind: Vault, key: b}",
        "9:43",
        "known are ClusterSecretStore, SecretStore",
    ),
    swap("unknown platform", "architecture: amd64", "platform: okd", "36:17", "known are openshift, kubevirt, cdi"),
    swap(
        "platform of no kind", "architecture: amd64", "platform: {cdiNamespace: cdi}", "36:17", "platform has no kind"
    ),
    swap(
        "version of HyperConverged",
        "architecture: amd64",
        "platform: {kind: openshift, hyperConverged: {apiVersion: v1}}",
        "36:64",
        'apiVersion "v1" is unknown',
    ),
)

METADATA = (
    setting("label of ours", "metadata: {labels: {gitops-golden/fleet: x}}", 25, "is gitops-golden's own"),
    setting(
        "annotation that pins",
        "metadata: {annotations: {cdi.kubevirt.io/storage.import.sourceDesiredDigest: x}}",
        30,
        "is CDI's or gitops-golden's own",
    ),
    setting(
        "annotation that binds",
        'metadata: {annotations: {cdi.kubevirt.io/storage.bind.immediate.requested: "true"}}',
        30,
        "decided by the setting immediateBinding",
    ),
    setting(
        "label of a preference",
        "metadata: {labels: {instancetype.kubevirt.io/default-preference: x}}",
        25,
        "decided by the settings preference and instancetype",
    ),
    setting("annotation's key", "metadata: {annotations: {a/b/c: x}}", 30, 'key "a/b/c" in metadata.annotations'),
    setting("annotation as a number", "metadata: {annotations: {a: 1}}", 33, "must be text, but 1 is a number"),
    setting("annotation too long", f"metadata: {{annotations: {{a: {'x' * 65_537}}}}}", 30, "more than 65,536"),
    setting("label's value in metadata", "metadata: {labels: {a: b c}}", 25, 'key "a" .* has a value that may hold'),
)

RULES = (
    spec("channel without an image", "channels: [{name: stable}]", 14, "A channel has no image"),
    spec(
        "channel of an unknown image", "channels: [{name: stable, image: rhel8}]", 36, "no image is named .*mean rhel9"
    ),
    spec("channel of itself", "channels: [{name: stable, image: stable}]", 36, '"stable" is a channel, not an image'),
    spec(
        "channel of a channel",
        "channels: [{name: a, image: b}, {name: b, image: rhel9}]",
        31,
        '"b" is a channel, not an image',
    ),
    spec(
        "channels in a circle", "channels: [{name: a, image: b}, {name: b, image: a}]", 52, '"a" is a channel, not an'
    ),
    spec("channel twice", "channels: [{name: a, image: rhel9}, {name: a, image: rhel9}]", 46, "two channels named"),
    spec("consumer of no kind", "consumers: [{}]", 15, "one of group, user or serviceAccount"),
    spec("service account without a namespace", "consumers: [{serviceAccount: a}]", 32, "written NAMESPACE/NAME"),
    spec("word for vendor images", "vendorImages: none", 17, "known are keep, remove"),
    spec("vendor images kept and removed", "vendorImages: {keep: [], remove: []}", 36, "not needed beside keep"),
    spec(
        "template of a vendor twice",
        "vendorImages: {templates: [{metadata: {name: a}}, {metadata: {name: a}}]}",
        71,
        'two templates named "a".*31:30',
    ),
    spec("replaced image that is unknown", "vendorImages: {replace: [fedora]}", 28, 'no image is named "fedora"'),
    spec("guardrail of nothing", "guardrails: [{mode: deny}]", 16, "neither name nor schema"),
    spec("guardrail that is not built in", "guardrails: [{name: x}]", 16, "none is built in under this name"),
    spec("guardrail's mode", "guardrails: [{schema: a.json, mode: block}]", 39, "known are deny, warn, off"),
    spec("missing schema", "guardrails: [{schema: a.json}]", 25, '"a.json" does not exist'),
    spec("schema that climbs", "guardrails: [{schema: ../a.json}]", 25, "leads out of"),
    spec("schema that is a device", "guardrails: [{schema: a}]", 25, "leads out of", files={"a": Link("/dev/zero")}),
    bad(
        "schema in broken JSON",
        "a.json:2:1",
        "not YAML",
        files={"a.json": b'{"type": '},
        fleet=GOOD.replace("  inventory:", "  guardrails: [{schema: a.json}]\n  inventory:").encode(),
    ),
    bad(
        "schema that is a list",
        "a.json:1:1",
        "must be a map",
        files={"a.json": b"[]"},
        fleet=GOOD.replace("  inventory:", "  guardrails: [{schema: a.json}]\n  inventory:").encode(),
    ),
    bad(
        "guardrail document without a specification",
        "fleet.yaml:48:1",
        "A document has no spec",
        fleet=f"{GOOD}---\napiVersion: gitops-golden/v1alpha1\nkind: Guardrail\nmetadata: {{name: a}}\n".encode(),
    ),
)

BAD: tuple[BadPolicy, ...] = (*STORAGE, *REACH, *METADATA, *RULES)
