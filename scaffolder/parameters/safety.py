"""Limits on values that hold for every template, whatever its schema says."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from portal.foundation.errors import FieldError

MAX_TEXT = 10_000
MAX_TOTAL = 200_000
MAX_ITEMS = 500
MAX_DEPTH = 8
MAX_NUMBER = 2**53
_LINES = frozenset("\n\t")
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


def unsafe(values: Mapping[str, Any], multiline: frozenset[str]) -> list[FieldError]:
    """Return what no template may be given: control characters, endless text, deep nesting, numbers beyond JSON.

    Template syntax is not among it: such text is data and stays as it is. Line breaks are kept for the keys in
    `multiline`. Characters that reorder text are refused because values end up in source code.
    """
    errors: list[FieldError] = []
    total = 0
    for path, value in _walk(values, ()):
        message = _problem(value, len(path), lines=bool(path) and path[0] in multiline)
        if message:
            errors.append(FieldError(path, message, keyword="safety"))
        total += len(value) if isinstance(value, str) else 1
        if total > MAX_TOTAL or len(errors) >= MAX_ITEMS:
            errors.append(FieldError((), "The answers are too long taken together.", keyword="safety"))
            break
    return errors


def _walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    if len(path) > MAX_DEPTH:
        return
    if isinstance(value, Mapping) and len(value) <= MAX_ITEMS:
        for key, child in value.items():
            yield from _walk(child, (*path, _printable(key)))
    elif isinstance(value, list) and len(value) <= MAX_ITEMS:
        for index, child in enumerate(value):
            yield from _walk(child, (*path, index))


def _problem(value: Any, depth: int, *, lines: bool) -> str:
    if depth > MAX_DEPTH:
        return "This is nested too deeply."
    if isinstance(value, str):
        return text_problem(value, lines=lines)
    if isinstance(value, Mapping | list):
        return _container_problem(value)
    if isinstance(value, bool) or value is None:
        return ""
    return _number_problem(value)


def _container_problem(value: Mapping[Any, Any] | list[Any]) -> str:
    if len(value) > MAX_ITEMS:
        return f"Give at most {MAX_ITEMS} entries."
    if isinstance(value, Mapping) and any(not isinstance(key, str) or text_problem(key) for key in value):
        return "A key here is not plain text."
    return ""


def _number_problem(value: Any) -> str:
    if not isinstance(value, int | float):
        return "This is not a JSON value."
    fits = abs(value) <= MAX_NUMBER if isinstance(value, int) else math.isfinite(value)
    return "" if fits else "This number is out of range."


def text_problem(text: str, *, lines: bool = False) -> str:
    """Return why `text` cannot be a value, or ""; `lines` allows line breaks and tabs."""
    if len(text) > MAX_TEXT:
        return f"Use at most {MAX_TEXT:,} characters; this has {len(text):,}."
    for character in text:
        if character in _DIRECTION or unicodedata.category(character) in {"Cc", "Cs"}:
            if lines and character in _LINES:
                continue
            if character in "\r\n":
                return "Keep this on one line."
            return f"This holds a control character (U+{ord(character):04X}). Remove it."
    return ""


def _printable(key: Any) -> str:
    return "".join(character if character.isprintable() else "?" for character in str(key)[:100])
