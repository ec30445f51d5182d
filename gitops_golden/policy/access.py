"""How clusters reach the registry and consumers reach images, out of nodes: CA, external secret, channels, subjects."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Final

from gitops_golden.documents import Mapping, Scalar
from gitops_golden.errors import InputError
from gitops_golden.policy import names
from gitops_golden.policy.fields import Shape
from gitops_golden.policy.model import CaBundle, Channel, ExternalSecret, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from pathlib import Path

    from gitops_golden.documents import Node
    from gitops_golden.errors import Location
    from gitops_golden.policy.fields import Reader

EXTERNAL_SECRET: Final = Shape(
    "registry.externalSecret",
    frozenset({"store", "storeKind", "key"}),
    ("store", "key"),
    path="registry.externalSecret.",
)
STORE_KINDS: Final = ("ClusterSecretStore", "SecretStore")
CHANNEL: Final = Shape("A channel", frozenset({"image"}), ("image",))
SUBJECT: Final = Shape("A consumer", frozenset({"group", "user", "serviceAccount"}))
_KINDS: Final = {"group": "Group", "user": "User", "serviceAccount": "ServiceAccount"}
_BLOCK: Final = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----", re.ASCII)
_BEGIN: Final = re.compile(r"-----BEGIN ([^-\n]*)-----")
_CERTIFICATE: Final = "CERTIFICATE"
MOST_CERTIFICATES: Final = 1_000_000
"""Bytes of one bundle: Kubernetes takes 1 MiB for all data of a ConfigMap (apimachinery, MaxSecretSize)."""


def external_secret(reader: Reader, node: Node) -> ExternalSecret:
    """Return where the external-secrets operator finds the registry's account."""
    path = EXTERNAL_SECRET.path
    fields = reader.fields(node, EXTERNAL_SECRET)
    return ExternalSecret(
        store=reader.text(fields["store"], f"{path}store", names.subdomain) if "store" in fields else "",
        key=reader.text(fields["key"], f"{path}key", names.free_text) if "key" in fields else "",
        store_kind=reader.word(fields["storeKind"], f"{path}storeKind", STORE_KINDS)
        if "storeKind" in fields
        else STORE_KINDS[0],
    )


def channel(reader: Reader, name: str, fields: Map[str, Node], where: Location) -> Channel:
    """Return a channel whose name is already checked; its image is left as a mention."""
    node = fields.get("image")
    image = reader.text(node, "a channel's image", names.free_text) if node else ""
    if image and isinstance(node, Scalar):
        reader.mentions.append(("images", node))
    return Channel(name, image, where)


def consumers(reader: Reader, node: Node) -> tuple[Subject, ...]:
    """Return who may clone, sorted, each once; an empty list is nobody beside those whom clusters let by themselves."""
    found = [_subject(reader, item) for item in reader.items(node, "consumers")]
    return tuple(sorted({subject for subject in found if subject}))


def _subject(reader: Reader, node: Node) -> Subject | None:
    fields = reader.fields(node, SUBJECT)
    if len(fields) != 1:
        if isinstance(node, Mapping):
            reader.note(node, "a consumer is one of group, user or serviceAccount", "write each as an item of its own")
        return None
    (field, leaf), *_ = fields.items()
    text = reader.text(leaf, field, _service_account if field == "serviceAccount" else names.free_text)
    namespace, _, name = text.rpartition("/") if field == "serviceAccount" else ("", "", text)
    return Subject(_KINDS[field], name, namespace)


def _service_account(text: str) -> str | None:
    namespace, slash, name = text.partition("/")
    if not slash:
        return "is written NAMESPACE/NAME"
    return names.label_name(namespace) or names.subdomain(name)


def ca_bundle(content: bytes, file: Path) -> CaBundle:
    """Return the certificates of a file, without the remarks that may stand between them.

    Raises InputError for a private key, for anything else that is no certificate, and for a file without any.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InputError("is no text of PEM blocks", remedy="convert it to PEM") from error
    for begun in _BEGIN.finditer(text):
        if begun[1] != _CERTIFICATE:
            line = text.count("\n", 0, begun.start()) + 1
            secret = "PRIVATE KEY" in begun[1]
            raise InputError(
                f"holds {'a private key' if secret else 'a block that is no certificate'} in line {line}",
                remedy="take it out of the file and of Git's history" if secret else "name public certificates alone",
            )
    blocks = [block[0] for block in _BLOCK.finditer(text)]
    if not blocks or len(blocks) != len(_BEGIN.findall(text)):
        raise InputError("holds no complete certificate", remedy="name a file of CERTIFICATE blocks")
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    certificates = "".join(f"{line}\n" for line in lines if line)
    if len(certificates) > MOST_CERTIFICATES:
        what = f"holds {len(certificates):,} bytes of certificates, more than the {MOST_CERTIFICATES:,} of a ConfigMap"
        raise InputError(what, remedy="name only the authorities that the registry is trusted by")
    try:
        ssl.create_default_context(cadata=certificates)
    except ssl.SSLError as error:
        raise InputError("holds a certificate that can't be read", remedy="export it again as PEM") from error
    return CaBundle(file, certificates)
