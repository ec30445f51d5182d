"""What a schema finds, in a person's words: which property, what it is, what it should be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from gitops_golden.guardrails.amounts import amount
from gitops_golden.policy.fields import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jsonschema.exceptions import ValidationError

_PLAIN: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_BYTES: Final = ("storage", "bytes")
_SIZE: Final = ("storage", "size")
_COMPOUND: Final = frozenset({"not", "anyOf", "oneOf", None})
_MOST_WORDS: Final = 5
_MOST_TEXT: Final = 400
_TYPES: Final = {"null": "empty", "object": "a map", "array": "a list", "string": "text", "boolean": "true or false"}


def dotted(path: Iterable[str | int]) -> str:
    """Return the path of a property as people write it: ``storage.size``, ``labels["a.example/b"]``, ``modes[0]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f'["{shown(step)}"]'
    return text


def told(error: ValidationError, whole: str) -> str:
    """Return what is wrong, as a sentence without its end; ``whole`` names the instance itself."""
    path = tuple(error.absolute_path)
    if path == _BYTES:
        subject, value = dotted(_SIZE), _amounts
    else:
        subject, value = dotted(path) or whole, _value
    say = _WORDS.get(str(error.validator))
    found = "is not set" if error.instance is None else f"is {value(error.instance)}"
    if path and say:
        return f"{subject} {found}, {say(error.validator_value, value)}"
    if say or error.validator in _COMPOUND:
        scalar = not isinstance(error.instance, dict | list)
        if scalar and not path:
            # Under false and propertyNames the library doesn't tell which property it is about.
            return f"{whole} holds {value(error.instance)}, which is not allowed"
        return f"{subject} {found}, which is not allowed" if scalar else f"{subject} is not allowed"
    return f"{subject}: {_clean(error.message)}"


def advice(error: ValidationError, schema: dict[str, Any]) -> str:
    """Return what the schema says of the rule that was broken: its nearest description, else the schema's title."""
    node: Any = schema
    said = [schema.get("description") or schema.get("title")]
    for step in tuple(error.absolute_schema_path)[:-1]:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            # A path that goes through a reference can't be followed in the text.
            break
        if isinstance(node, dict):
            said.append(node.get("description"))
    last = next((text for text in reversed(said) if isinstance(text, str) and text), "")
    return _clean(last)


def _value(value: Any) -> str:
    return shown(value) if isinstance(value, str) and value else shown(json.dumps(value, ensure_ascii=False))


def _amounts(value: Any) -> str:
    return amount(value) if isinstance(value, int | float) else _value(value)


def _kinds(kinds: Any, _: Callable[[Any], str]) -> str:
    names = [kinds] if isinstance(kinds, str) else kinds
    return f"not {' or '.join(_TYPES.get(str(name), f'a number ({name})') for name in names)}"


def _one_of(values: Any, value: Callable[[Any], str]) -> str:
    listed = ", ".join(value(each) for each in values[:_MOST_WORDS])
    return f"not {'one of ' if len(values) > 1 else ''}{listed}{', …' if len(values) > _MOST_WORDS else ''}"


def _clean(text: str) -> str:
    """Return text that neither forges lines nor drives a terminal, cut where it gets long."""
    one_line = " ".join(text.split())
    safe = one_line if one_line.isprintable() else ascii(one_line)[1:-1]
    return safe if len(safe) <= _MOST_TEXT else f"{safe[:_MOST_TEXT]}…"


_WORDS: Final[dict[str, Callable[[Any, Callable[[Any], str]], str]]] = {
    "const": lambda const, value: f"not {value(const)}",
    "enum": _one_of,
    "type": _kinds,
    "minimum": lambda least, value: f"less than {value(least)}",
    "maximum": lambda most, value: f"more than {value(most)}",
    "exclusiveMinimum": lambda least, value: f"not more than {value(least)}",
    "exclusiveMaximum": lambda most, value: f"not less than {value(most)}",
    "multipleOf": lambda step, value: f"no multiple of {value(step)}",
    "pattern": lambda pattern, _: f"which does not match {shown(pattern)}",
    "minLength": lambda least, _: f"shorter than {least} characters",
    "maxLength": lambda most, _: f"longer than {most} characters",
    "format": lambda name, _: f"no {'regular expression' if name == 'regex' else shown(str(name))}",
}
