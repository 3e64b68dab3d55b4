"""Reads the answers out of a sent form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scaffolder.parameters.effective import possible_properties
from scaffolder.parameters.fields import control, main_type, plain

Sent = Callable[[str], Sequence[str]]


def read_form(page: Mapping[str, Any], sent: Sent, present: Sequence[str]) -> dict[str, Any]:
    """Return what the sent form answers to the questions of `page`, as JSON values.

    `sent(name)` gives the texts sent under a control's name. `present` names the controls that the form showed, so
    that an unticked box is told from a question that was not asked. Emptied answers are left out. What is no number
    or no JSON stays text, for validation to refuse beside its field.
    """
    return _read(possible_properties(page), sent, (), frozenset(present))


def _read(properties: Mapping[str, Any], sent: Sent, path: tuple[str, ...], present: frozenset[str]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for key, schema in properties.items():
        name = ".".join((*path, key))
        kind = control(schema) if isinstance(schema, Mapping) else "text"
        if kind == "group":
            below = _read(schema["properties"], sent, (*path, key), present)
            if below:
                answers[key] = below
        elif name in present:
            value = _value(kind, schema, [_lines(text) for text in sent(name)])
            if value is not None:
                answers[key] = value
    return answers


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _value(kind: str, schema: Any, texts: Sequence[str]) -> Any:
    if kind == "checkbox":
        return bool(texts)
    if kind in {"checkboxes", "select-many"}:
        return [_member(schema["items"]["enum"], text) for text in texts]
    if kind == "entities":
        return [text for text in texts if text] or None
    text = texts[-1] if texts else ""
    if kind == "list":
        return [line.strip() for line in text.split("\n") if line.strip()] or None
    if kind == "tags":
        return [part.strip() for part in text.split(",") if part.strip()] or None
    if kind != "textarea":
        text = text.strip()
    return _scalar(kind, schema, text) if text.strip() else None


def _scalar(kind: str, schema: Any, text: str) -> Any:
    if kind in {"select", "radio"}:
        return _member(schema.get("enum", [True, False]), text)
    if kind == "number":
        return _number(text, whole=main_type(schema) == "integer")
    if kind == "json":
        return _json(text)
    return text


def _member(members: Sequence[Any], text: str) -> Any:
    return next((member for member in members if plain(member) == text), text)


def _number(text: str, *, whole: bool) -> Any:
    try:
        return int(text) if whole or text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
