"""Values to YAML scalars that read back as the same values, whatever they hold.

Values come from people and registries; a value that could end its YAML field could add objects to every cluster.
"""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import Final

_INTEGER: Final = 1 << 63


def quoted(value: object) -> str:
    """Return a value as a YAML scalar: text in double quotes, whole numbers and booleans plain.

    JSON's strings are YAML's double-quoted ones, except that YAML takes no raw control characters above ASCII and no
    surrogate pairs: those are escaped YAML's way. The result is one line of printable characters. ``TypeError`` for
    what is no scalar, ``ValueError`` for a number that Kubernetes has no room for.
    """
    if isinstance(value, str):
        text = encode_basestring(value)
        return text if text.isprintable() else "".join(map(_escaped, text))
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int):
        raise TypeError(f"only text, whole numbers, true and false can be written, not {kind_of(value)}")
    if not -_INTEGER <= value < _INTEGER:
        raise ValueError("a number of more than 64 bits can't be written")
    return str(value)


def kind_of(value: object) -> str:
    """Return what a value is, in the words of who writes a template."""
    for types, word in _KINDS:
        if isinstance(value, types):
            return word
    return _OWN.get(type(value).__name__, "something else")


_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (str, "text"),
    (bool, "a boolean"),
    (int, "a number"),
    (type(None), "none"),
    (dict, "a map"),
    ((list, tuple), "a list"),
)


_OWN: Final = {
    "Macro": "a macro",
    "BlockReference": "a block",
    "LoopContext": "the loop itself",
    "TemplateModule": "an imported template",
    "Method": "a method: call it with ()",
    "Rendered": "what a macro or block wrote",
    "float": "a fraction",
}
"""What else a template may come across, by the names of types of Jinja and of the sandbox."""


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"
