"""Binds `${{ path }}` in a template's steps: whole-path lookups, no logic, never applied to what people typed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from portal.foundation.errors import InputError

_PATH = r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*"
_EXPRESSION = re.compile(r"\$\{\{\s*(" + _PATH + r")\s*\}\}")
_OPENING = re.compile(r"\$\{\{")
_ROOTS = frozenset({"parameters", "steps", "user"})


def bind(value: Any, context: Mapping[str, Any]) -> Any:
    """Return `value` with every expression looked up in `context`.

    A string that is exactly one expression keeps the type of what it finds; inside a longer string the found value
    becomes text. What is not there is None, and a key of an object whose value is None falls away, as on Backstage.
    """
    if isinstance(value, str):
        return _bind_text(value, context)
    if isinstance(value, Mapping):
        bound = {key: bind(item, context) for key, item in value.items()}
        return {key: item for key, item in bound.items() if item is not None}
    if isinstance(value, list):
        return [bind(item, context) for item in value]
    return value


def problems(value: Any, steps: frozenset[str]) -> list[str]:
    """Return what is wrong with the expressions in `value`; `steps` are the ids that it may refer to."""
    if isinstance(value, str):
        return _text_problems(value, steps)
    if isinstance(value, Mapping):
        return [problem for item in value.values() for problem in problems(item, steps)]
    if isinstance(value, list):
        return [problem for item in value for problem in problems(item, steps)]
    return []


def is_true(condition: Any, context: Mapping[str, Any]) -> bool:
    """Tell whether a step's `if` holds: absent is true; "false", "" and what is not there are not."""
    if condition is None:
        return True
    found = bind(condition, context)
    if isinstance(found, str):
        return found.strip().lower() not in {"", "false", "0", "no"}
    return bool(found)


def _bind_text(text: str, context: Mapping[str, Any]) -> Any:
    whole = _EXPRESSION.fullmatch(text.strip())
    if whole:
        return _look_up(whole[1], context)
    bound = _EXPRESSION.sub(lambda match: _as_text(_look_up(match[1], context)), text)
    if _OPENING.search(_EXPRESSION.sub("", text)):
        raise InputError(f"The template holds an expression that is not a plain path: {text!r}.")
    return bound


def _look_up(path: str, context: Mapping[str, Any]) -> Any:
    found: Any = context
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _text_problems(text: str, steps: frozenset[str]) -> list[str]:
    found = []
    for match in _EXPRESSION.finditer(text):
        root, *rest = match[1].split(".")
        if root not in _ROOTS:
            found.append(f"{match[0]} starts with {root}: use parameters, steps or user")
        elif root == "steps" and (len(rest) < 2 or rest[0] not in steps or rest[1] != "output"):
            found.append(f"{match[0]} does not name the output of an earlier step")
    if _OPENING.search(_EXPRESSION.sub("", text)):
        found.append(f"{text!r} holds an expression that is not a plain path")
    return found
