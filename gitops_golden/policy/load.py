"""A policy file or folder to a ``Policy``, or to every problem that it has.

What a cluster therefore holds is decided in ``plan``, as are the warnings about rules that choose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.documents import Mapping, Scalar, examine
from gitops_golden.errors import InputError, InputErrors, Location, Problem
from gitops_golden.policy import access, files, guardrails, names, sections
from gitops_golden.policy.beside import Beside
from gitops_golden.policy.fields import Reader, nearest, shown
from gitops_golden.policy.members import DOCUMENT, METADATA, Members
from gitops_golden.policy.model import EVERY_USER, DeliveryTarget, Layer, Policy, Registry
from gitops_golden.policy.objective import objective
from gitops_golden.policy.vendor_images import vendor_images

if TYPE_CHECKING:
    from pathlib import Path

    from gitops_golden.documents import Document, Node
    from gitops_golden.policy.files import Folder, Found
    from gitops_golden.policy.model import Objective, Source, VendorImages

GROUP: Final = "gitops-golden/"
API_VERSION: Final = "gitops-golden/v1alpha1"
INVENTORY_KINDS: Final = ("Inventory", "Cluster")
KINDS: Final = ("FleetPolicy", "Image", "Placement", "Override", "Guardrail", *INVENTORY_KINDS)
_SUGGESTIONS: Final = 20
"""How many unknown names get a suggestion: comparing thousands with thousands of clusters takes minutes."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy without errors, and what is worth a warning."""

    policy: Policy
    warnings: tuple[Problem, ...] = ()


def load(fleet: Path) -> Loaded:
    """Read a policy from a file, or from the folder that holds its documents.

    Files are named in locations as ``fleet`` names them. Raises InputErrors with everything that is wrong.
    """
    try:
        is_folder = files.is_folder(fleet)
    except InputError as error:
        problem = Problem(error.problem.what, Location(str(fleet)), "name a policy file, or the folder that holds it")
        raise InputErrors([problem]) from error
    loading = _Loading(files.Folder(fleet if is_folder else fleet.parent), fleet)
    loading.read_all()
    return loading.finish()


class _Loading:
    """One run over the files of a policy: what was read, and which kinds of things are ``missing`` some files."""

    def __init__(self, folder: Folder, fleet: Path) -> None:
        self._folder = folder
        self._fleet = fleet
        self._reader = Reader()
        self._warnings: list[Problem] = []
        self._files: dict[str, str] = {}
        self._missing: set[str] = set()
        self._head: tuple[str, Location] | None = None
        self._inventory: list[Scalar] = []
        self._beside = Beside(self._reader, folder)
        self._registry = Registry("")
        self._delivery = DeliveryTarget()
        self._defaults = Layer("defaults")
        self._consumers = EVERY_USER
        self._vendor_images: VendorImages | None = None
        self._objective: Objective | None = None
        self._templates: tuple[tuple[str, Source], ...] = ()
        self._images = Members("image", sections.IMAGE, names.short_subdomain, sections.image)
        self._clusters = Members("cluster", sections.CLUSTER, names.subdomain, sections.cluster)
        self._placements = Members("placement", sections.PLACEMENT, names.free_text, sections.placement)
        self._overrides = Members("override", sections.OVERRIDE, names.free_text, sections.override)
        self._channels = Members("channel", access.CHANNEL, names.short_subdomain, access.channel)
        built_in = frozenset(guardrails.built_in_files())
        self._guardrails = Members(
            "guardrail",
            guardrails.GUARDRAIL,
            names.free_text,
            partial(guardrails.guardrail, beside=self._beside, built_in=built_in),
            named_by="schema",
        )

        self._lists: dict[str, Members[Any]] = {
            "images": self._images,
            "clusters": self._clusters,
            "placements": self._placements,
            "overrides": self._overrides,
            "channels": self._channels,
            "guardrails": self._guardrails,
        }

    def read_all(self) -> None:
        """Read the policy's own files, then those that its ``inventory`` names."""
        if self._fleet == self._folder.path:
            self._folder_files()
        else:
            self._file(files.single(self._fleet), KINDS)
        for pattern in self._inventory:
            self._inventory_files(pattern)

    def _folder_files(self) -> None:
        try:
            paths = self._folder.own_files()
        except InputError as error:
            self._broken(error, Location(str(self._fleet)), KINDS)
            return
        for path in paths:
            try:
                self._file(self._folder.found(path), KINDS)
            except InputError as error:
                self._broken(error, Location(str(path)), KINDS)
        for name in self._folder.passed_over():
            advice = "name it *.yaml if it belongs to the policy"
            self._warnings.append(Problem("the file is not read", Location(name), advice, "warning"))

    def finish(self) -> Loaded:
        """Return the policy, or raise InputErrors.

        A name is looked up only if every file that could hold it was read.
        """
        self._look_up_names()
        if self._head is None and "FleetPolicy" not in self._missing:
            problem = Problem("there is no FleetPolicy here", Location(str(self._fleet)), self._advice())
            self._reader.problems.append(problem)
        if self._reader.problems:
            raise InputErrors(self._reader.problems)
        assert self._head is not None
        name, where = self._head
        policy = Policy(
            name=name,
            registry=self._registry,
            delivery=self._delivery,
            defaults=self._defaults,
            images=tuple(sorted(self._images.values, key=lambda image: image.name)),
            clusters=tuple(sorted(self._clusters.values, key=lambda cluster: cluster.name)),
            placements=tuple(self._placements.values),
            overrides=tuple(self._overrides.values),
            folder=self._folder.path,
            where=where,
            files=tuple(sorted(self._folder.sums.items())),
            channels=tuple(sorted(self._channels.values, key=lambda channel: channel.name)),
            consumers=self._consumers,
            vendor_images=self._vendor_images,
            guardrails=tuple(self._guardrails.values),
            templates=self._templates,
            objective=self._objective,
        )
        return Loaded(policy, tuple(self._warnings))

    def _advice(self) -> str:
        skipped = ", ".join(str(warning.where) for warning in self._warnings[:3] if warning.where)
        return f"it needs one document of kind: FleetPolicy{f'; skipped were {skipped}' if skipped else ''}"

    def _look_up_names(self) -> None:
        suggestions = 0
        for path, node in self._reader.mentions:
            kind, names_of = ("Image", self._images.names) if path == "images" else ("Cluster", self._clusters.names)
            if node.text not in names_of and kind not in self._missing:
                suggestions += 1
                close = nearest(node.text, names_of) if suggestions <= _SUGGESTIONS else None
                if path == "images" and node.text in self._channels.names:
                    # A pointer that points at a pointer is refused by CDI (MaxReferenceDepthReached).
                    self._reader.note(node, f'"{node.text}" is a channel, not an image', "name the image itself")
                    continue
                remedy = f"did you mean {close}?" if close else f"add it to {path}, or take it away"
                self._reader.note(node, f'no {path[:-1]} is named "{node.text}"', remedy)

    def _broken(self, error: InputError, where: Location, kinds: tuple[str, ...]) -> None:
        """Note that a file could not be read, and what might have been in it."""
        self._missing.update(kinds)
        problem = error.problem
        self._reader.problems.append(Problem(problem.what, problem.where or where, problem.remedy))

    def _file(self, file: Found, kinds: tuple[str, ...]) -> None:
        """Read the documents of a file, unless that was done already under whatever name."""
        if file.real in self._files:
            return
        self._files[file.real] = file.shown
        try:
            text = examine(self._folder.read(file), file.shown)
        except InputError as error:
            self._broken(error, Location(file.shown), kinds)
            return
        if text.problems:
            self._missing.update(kinds)
            self._reader.problems += text.problems
        for document in text.documents:
            self._document(document, kinds)

    def _inventory_files(self, pattern: Scalar) -> None:
        try:
            found = self._folder.expand(pattern.text)
        except InputError as error:
            self._broken(error, pattern.where, INVENTORY_KINDS)
            return
        if not found:
            what = f'"{pattern.text}" matches no file'
            self._warnings.append(Problem(what, pattern.where, severity="warning"))
        for file in found:
            self._file(file, INVENTORY_KINDS)

    def _document(self, document: Document, kinds: tuple[str, ...]) -> None:
        root, reader = document.root, self._reader
        version = root.get("apiVersion") if isinstance(root, Mapping) else None
        if isinstance(version, Scalar) and isinstance(version.value, str) and not version.text.startswith(GROUP):
            what = f"a document of apiVersion {shown(version.text)} is skipped"
            self._warnings.append(Problem(what, version.where, severity="warning"))
            return
        reader.problems += document.problems
        name = ""
        if not isinstance(root, Mapping):
            reader.note(root, "a document must be a map of fields", f"start with apiVersion: {API_VERSION}")
        elif version is None:
            reader.note(root, "the document has no apiVersion", f"add apiVersion: {API_VERSION}, or move the file away")
        elif reader.word(version, "apiVersion", (API_VERSION,)):
            kind = root.get("kind")
            if kind is None:
                reader.note(root, "the document has no kind", f"it may be {', '.join(kinds)}")
            else:
                name = reader.word(kind, "kind", kinds)
        if name and isinstance(root, Mapping):
            self._kind(name, root)
        else:
            self._missing.update(kinds)

    def _kind(self, kind: str, root: Mapping) -> None:
        match kind:
            case "FleetPolicy":
                self._fleet_policy(root)
            case "Image":
                self._images.take_document(self._reader, root)
            case "Cluster":
                self._clusters.take_document(self._reader, root)
            case "Placement":
                self._placements.take_document(self._reader, root)
            case "Override":
                self._overrides.take_document(self._reader, root)
            case "Guardrail":
                self._guardrails.take_document(self._reader, root)
            case _:
                fields = self._reader.fields(root, sections.INVENTORY)
                if "clusters" in fields:
                    self._clusters.take_list(self._reader, fields["clusters"], "clusters")

    def _fleet_policy(self, root: Mapping) -> None:
        reader = self._reader
        document = reader.fields(root, DOCUMENT)
        metadata = reader.fields(document["metadata"], METADATA) if "metadata" in document else {}
        name = reader.text(metadata["name"], "metadata.name", names.short_subdomain) if "name" in metadata else ""
        if self._head is not None:
            reader.note(root, "there are two FleetPolicy documents", f"the first is at {self._head[1]}")
            return
        self._head = (name, root.where)
        if "spec" in document:
            self._spec(reader, reader.fields(document["spec"], sections.SPEC))

    def _spec(self, reader: Reader, spec: dict[str, Node]) -> None:
        if "registry" in spec:
            self._registry = sections.registry(reader, spec["registry"], self._beside)
        if "delivery" in spec:
            self._delivery = sections.delivery(reader, spec["delivery"])
        if "defaults" in spec:
            self._defaults = sections.defaults(reader, spec["defaults"])
        if "inventory" in spec:
            self._inventory = self._patterns(spec["inventory"])
        if "vendorImages" in spec:
            self._vendor_images = vendor_images(reader, spec["vendorImages"])
        if "consumers" in spec:
            self._consumers = access.consumers(reader, spec["consumers"])
        if "templates" in spec:
            self._templates = self._beside.templates(spec["templates"])
        self._objective = objective(reader, spec.get("objective"))
        for field, members in self._lists.items():
            if field in spec:
                members.take_list(reader, spec[field], field)

    def _patterns(self, node: Node) -> list[Scalar]:
        items = self._reader.items(node, "inventory")
        sound = [item for item in items if self._reader.text(item, "a file in inventory", names.free_text)]
        return [item for item in sound if isinstance(item, Scalar)]
