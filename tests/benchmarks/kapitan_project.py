"""The same fleet for Kapitan: its inventory and template, made from what we render, and its output, compared with ours.

Kapitan is spared what can be spared: one template writes one file for each cluster, what never varies is literal text
in it, and values, names of crons included, are given ready to be written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML

from tests.benchmarks.fleets import CLASSES, class_of, cluster_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from gitops_golden.render.tree import Folder, Tree

_ABSENT: Final = object()
_IMAGES: Final = "inventory.parameters.images.values()"


def write_project(folder: Path, clusters: int, tree: Tree) -> None:
    """Write inventory and template for a fleet that was rendered to ``tree``."""
    template = _Template()
    folders = dict(zip(CLASSES, (held for _, held in tree.folders), strict=False))
    text = template.text(folders)
    for path in ("templates", "inventory/classes", "inventory/targets"):
        (folder / path).mkdir(parents=True)
    (folder / "templates" / "golden.yaml").write_text(text)
    classes = folder / "inventory" / "classes"
    compiled = {"input_type": "jinja2", "output_path": ".", "input_paths": ["templates/golden.yaml"]}
    _write_class(classes / "fleet.yml", (), {"kapitan": {"compile": [compiled]}, "images": template.common()})
    for name in folders:
        _write_class(classes / f"{name}.yml", ("fleet",), {"images": template.particular(name)})
    for number in range(clusters):
        name = cluster_name(number)
        (folder / "inventory" / "targets" / f"{name}.yml").write_text(
            f"classes:\n  - {class_of(number)}\nparameters:\n  kapitan:\n    vars:\n      target: {name}\n"
        )


def require_same_objects(project: Path, tree: Tree, step: int) -> None:
    """Make sure that every cluster was compiled, and that each ``step``-th got the objects that ``tree`` gives it."""
    compiled = project / "compiled"
    names = [path.rpartition("/")[2] for path, _ in tree.folders]
    assert sorted(folder.name for folder in compiled.iterdir()) == sorted(names)
    for name, (_, held) in list(zip(names, tree.folders, strict=True))[::step]:
        ours = _by_name(_objects(held))
        theirs = _by_name(_read((compiled / name / "golden.yaml").read_bytes()))
        assert ours == theirs, f"{name} means something else"


def _write_class(path: Path, classes: Sequence[str], parameters: Mapping[str, Any]) -> None:
    path.write_text(json.dumps({"classes": list(classes), "parameters": parameters}, indent=1))


@dataclass
class _Template:
    """The one template, and what it is given: values by image, class of clusters and their names in the template."""

    values: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def text(self, folders: Mapping[str, Folder]) -> str:
        """Return the template: what all clusters have alike, then a loop over images with what differs left open."""
        images = {
            (file.name, name): tuple(_read(file.content))
            for name, folder in folders.items()
            for file in folder.files
            if file.name.startswith("image-")
        }
        others = {f for folder in folders.values() for f in folder.files if not f.name.startswith("image-")}
        beside = "".join(f"---\n{file.content.decode()}" for file in sorted(others, key=lambda file: file.name))
        for image, name in images:
            self.values.setdefault(image, {})[name] = {}
        documents = zip(*images.values(), strict=True)
        loop = "".join("---\n" + "".join(self._map(tuple(images), each, "")) for each in documents)
        return f"{beside}{{% for image in {_IMAGES} %}}{loop}{{% endfor %}}"

    def common(self) -> dict[str, dict[str, str]]:
        """Return what an image has in every class."""
        return {image: dict(set.intersection(*map(_items, each.values()))) for image, each in self.values.items()}

    def particular(self, name: str) -> dict[str, dict[str, str]]:
        """Return what an image has in this class and not in all."""
        common = self.common()
        return {image: dict(_items(each[name]) - _items(common[image])) for image, each in self.values.items()}

    def _map(self, whose: Sequence[tuple[str, str]], maps: Sequence[Any], indent: str) -> Iterator[str]:
        """Yield the lines of many maps as one: what differs as an expression, what some lack under a condition."""
        for key in dict.fromkeys(key for each in maps if each is not _ABSENT for key in each):
            values = [_ABSENT if each is _ABSENT else each.get(key, _ABSENT) for each in maps]
            present = [value for value in values if value is not _ABSENT]
            nested = all(isinstance(value, dict) and value for value in present)
            optional = any(each is not _ABSENT and key not in each for each in maps)
            start = f"{indent}{json.dumps(key)}:"
            if nested:
                lines = f"{start}\n" + "".join(self._map(whose, values, f"{indent}  "))
                given = self._give(whose, [value if value is _ABSENT else 1 for value in values]) if optional else ""
            elif not optional and all(value == present[0] for value in present):
                lines, given = f"{start} {json.dumps(present[0])}\n", ""
            else:
                given = self._give(whose, values)
                lines = f"{start} {{{{ image.{given} }}}}\n"
            yield f"{{% if image.{given} is defined %}}{lines}{{% endif %}}" if optional else lines

    def _give(self, whose: Sequence[tuple[str, str]], values: Sequence[Any]) -> str:
        """Note the value that each image has in each class, as it is to be written, and return its name."""
        name = f"v{len({each for given in self.values.values() for held in given.values() for each in held})}"
        for (image, cluster_class), value in zip(whose, values, strict=True):
            if value is not _ABSENT:
                self.values[image][cluster_class][name] = json.dumps(value)
        return name


def _items(values: Mapping[str, str]) -> set[tuple[str, str]]:
    return set(values.items())


def _objects(folder: Folder) -> Iterator[dict[str, Any]]:
    for file in folder.files:
        yield from _read(file.content)


def _read(text: bytes) -> Iterator[dict[str, Any]]:
    return (each for each in YAML(typ="safe", pure=False).load_all(text) if each is not None)


def _by_name(objects: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], dict[str, Any]]:
    found = list(objects)
    named = {(each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each for each in found}
    assert len(named) == len(found)
    return named
