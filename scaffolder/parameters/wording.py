"""Says in plain words why a value does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "a group of answers",
    "null": "nothing",
}
_FORMATS = {
    "email": "an e-mail address, like name@example.com",
    "uri": "a full address, like https://example.com/page",
    "date": "a date, like 2026-11-22",
    "date-time": "a date and time, like 2026-11-22T12:00:00Z",
    "hostname": "a host name, like api.example.com",
    "ipv4": "an IPv4 address, like 192.0.2.1",
    "uuid": "a UUID",
}


def sentence(error: ValidationError) -> str:
    """Return one sentence for the person who gave the value: what is wrong and what would fit."""
    argument: Any = error.validator_value
    instance: Any = error.instance
    plain: dict[str, Callable[[], str]] = {
        "type": lambda: f"This must be {_type(argument)}.",
        "enum": lambda: f"Choose one of: {', '.join(map(_shown, argument))}.",
        "const": lambda: f"This must be {_shown(argument)}.",
        "minLength": lambda: f"Use {_count(argument, 'character')} or more.",
        "maxLength": lambda: f"Use at most {_count(argument, 'character')}; this has {len(instance)}.",
        "pattern": lambda: _pattern(error),
        "format": lambda: f"This must be {_FORMATS.get(argument, f'in the form “{argument}”')}.",
        "minimum": lambda: f"This must be {argument} or more.",
        "maximum": lambda: f"This must be {argument} or less.",
        "exclusiveMinimum": lambda: f"This must be more than {argument}.",
        "exclusiveMaximum": lambda: f"This must be less than {argument}.",
        "multipleOf": lambda: f"This must be a multiple of {argument}.",
        "minItems": lambda: "Choose at least one." if argument == 1 else f"Give at least {argument}.",
        "maxItems": lambda: f"Give at most {argument}.",
        "uniqueItems": lambda: "Give each of these only once.",
    }
    words = plain.get(str(error.validator))
    return words() if words else "These answers do not fit together."


def _pattern(error: ValidationError) -> str:
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    hint = schema.get("ui:help") or schema.get("description")
    start = "This is not in the form that is asked for."
    return f"{start} {hint}" if hint else f"{start} It has to match {error.validator_value}"


def _type(argument: Any) -> str:
    names = argument if isinstance(argument, list) else [argument]
    return " or ".join(_TYPES.get(name, str(name)) for name in names)


def _count(number: Any, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
