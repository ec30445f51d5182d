"""What becomes of the vendor's boot images, out of a node: a word, or a map that names some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gitops_golden.documents import Mapping, Scalar, scalars
from gitops_golden.policy import names
from gitops_golden.policy.fields import Shape, shown
from gitops_golden.policy.model import VendorImages, VendorTemplate

if TYPE_CHECKING:
    from gitops_golden.documents import Node
    from gitops_golden.policy.fields import Reader

WORDS: Final = {"keep": True, "remove": False}
VENDOR_IMAGES: Final = Shape(
    "vendorImages", frozenset({"keep", "remove", "replace", "templates"}), path="vendorImages."
)
TEMPLATE: Final = Shape("A template in vendorImages", frozenset({"metadata", "spec", "status"}), ("metadata",))
_COPY: Final = "copy it from the HyperConverged"
_LARGEST: Final = 1 << 63


def vendor_images(reader: Reader, node: Node) -> VendorImages:
    """Return what the policy says of the vendor's images.

    ``keep`` switches the import off, so that what the vendor adds later stays out.
    """
    if not isinstance(node, Mapping):
        word = reader.word(node, "vendorImages", (*WORDS, "{keep: [NAME]}"))
        return VendorImages(WORDS.get(word), node.where)
    fields = reader.fields(node, VENDOR_IMAGES)
    named = {field: _names(reader, fields, field) for field in ("keep", "remove", "replace")}
    if not fields:
        reader.note(node, "vendorImages says nothing", "write keep, remove, or a map that names images")
    if "keep" in fields and "remove" in fields:
        reader.note(fields["remove"], "vendorImages.remove is not needed beside keep, which leaves all others out")
    listed: dict[str, str] = {}
    for field, members in named.items():
        for name in members:
            if name in listed:
                reader.note(fields[field], f'vendorImages names "{name}" in {listed[name]} and in {field}')
            listed[name] = field
    return VendorImages(
        imports=False if "keep" in fields else None,
        where=node.where,
        templates=_templates(reader, fields["templates"]) if "templates" in fields else (),
        **named,
    )


def _names(reader: Reader, fields: dict[str, Node], field: str) -> tuple[str, ...]:
    if field not in fields:
        return ()
    path = f"vendorImages.{field}"
    items = reader.items(fields[field], path)
    found = tuple(sorted({reader.text(item, f"a name in {path}", names.short_subdomain) for item in items}))
    if field == "replace":
        reader.mentions += [("images", item) for item in items if isinstance(item, Scalar)]
    return found


def _templates(reader: Reader, node: Node) -> tuple[VendorTemplate, ...]:
    """Return the templates of clusters' admins: HyperConverged's list is one value, so it must hold them in full."""
    found: dict[str, VendorTemplate] = {}
    for item in reader.items(node, "vendorImages.templates"):
        fields = reader.fields(item, TEMPLATE)
        metadata = fields.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        if not isinstance(name, Scalar):
            reader.note(item, "a template in vendorImages has no metadata.name", _COPY)
            continue
        _sound(reader, fields)
        text = reader.text(name, "a template's name", names.short_subdomain)
        if text in found:
            reader.note(name, f'there are two templates named "{text}"', f"the first is at {found[text].where}")
        data: dict[str, Any] | None = reader.data(item, "a template in vendorImages")
        template = {field: value for field, value in (data or {}).items() if field != "status"}
        found[text] = VendorTemplate(text, template, item.where)
    return tuple(found[name] for name in sorted(found))


def _sound(reader: Reader, template: dict[str, Node]) -> None:
    """Note what no HyperConverged can hold, for what is copied is applied as it stands."""
    metadata, spec = template["metadata"], template.get("spec")
    for field in ("labels", "annotations"):
        texts = metadata.get(field) if isinstance(metadata, Mapping) else None
        if texts is None:
            continue
        path = f"metadata.{field} of a template in vendorImages"
        if not isinstance(texts, Mapping):
            reader.note(texts, f"{path} must be a map of text", _COPY)
            continue
        for key, value in texts.entries:
            reader.text(value, f'"{shown(key.text)}" in {path}')
    if spec is not None and not isinstance(spec, Mapping):
        reader.note(spec, "spec of a template in vendorImages must be a map of fields", _COPY)
    for scalar in scalars(spec) if spec is not None else ():
        if isinstance(scalar.value, float) or (isinstance(scalar.value, int) and abs(scalar.value) >= _LARGEST):
            what = f"a template in vendorImages holds {shown(scalar.text)}, which is no whole number of at most 64 bits"
            reader.note(scalar, what, _COPY)
