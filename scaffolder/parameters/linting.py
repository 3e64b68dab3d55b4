"""What is wrong with a template's form, for its author: all of it at once."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

from portal.foundation.errors import InputError
from scaffolder.parameters import pickers
from scaffolder.parameters.effective import possible_properties

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
_WIDGETS = frozenset(
    {"textarea", "radio", "select", "checkbox", "checkboxes", "text", "email", "uri", "date", "updown", "hidden"}
)
_HINTS = frozenset(
    {
        "autofocus", "backstage", "disabled", "enumNames", "field", "help", "options", "order", "placeholder",
        "readonly", "widget", "title", "description", "autocomplete",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: where, what, and whether the form cannot be used because of it."""

    path: str
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.path} {self.message}"


def lint(pages: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    """Return every problem of the form; errors make a template unusable, warnings cost it some looks."""
    return _lint(json.dumps(pages, sort_keys=True))


def refuse_unusable(pages: Sequence[Mapping[str, Any]]) -> None:
    """Raise InputError with all errors of the form, if it has any."""
    errors = [problem for problem in lint(pages) if problem.is_error]
    if errors:
        found = " ".join(f"{problem}." for problem in errors)
        raise InputError(f"The form of this template cannot be used. {found}")


@functools.lru_cache(maxsize=128)
def _lint(text: str) -> tuple[Problem, ...]:
    pages = json.loads(text)
    problems = [problem for number, page in enumerate(pages, 1) for problem in _page(f"page {number}", page)]
    times = Counter(key for page in pages if isinstance(page, dict) for key in possible_properties(page))
    problems += [Problem(key, "is asked on more than one page") for key, count in times.items() if count > 1]
    if sum(bool(capability_questions([page])) for page in pages) > 1:
        problems.append(
            Problem("form", f"every {pickers.CAPABILITY} must stand on one page: they depend on each other")
        )
    return tuple(problems)


def capability_questions(pages: Iterable[Any]) -> list[str]:
    """Return the keys of the questions that choose capabilities."""
    found = [item for page in pages for item in possible_properties(page).items()]
    return [key for key, schema in found if isinstance(schema, dict) and schema.get("ui:field") == pickers.CAPABILITY]


def _page(where: str, page: Any) -> Iterator[Problem]:
    if not isinstance(page, dict):
        yield Problem(where, "must be an object")
        return
    try:
        Draft7Validator.check_schema(page)
    except SchemaError as error:
        yield Problem(where, f"is not a JSON Schema: {error.message}")
        return
    if "oneOf" in page or "anyOf" in page:
        yield Problem(where, "oneOf and anyOf of a whole page cannot be shown; put them under dependencies")
    if page.get("additionalProperties") is False:
        yield Problem(where, "additionalProperties: false refuses the answers of every other page")
    yield from _references(where, page)
    for key, schema in possible_properties(page).items():
        yield from _property(f"{where}, {key}", key, schema)


def _references(where: str, node: Any) -> Iterator[Problem]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield Problem(where, "$ref is not supported; write the schema out")
        for child in node.values():
            yield from _references(where, child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(where, child)


def _property(where: str, key: str, schema: Any) -> Iterator[Problem]:
    if not _KEY.fullmatch(key):
        yield Problem(where, "a key is letters, digits, - and _, and starts with a letter or _")
    if not isinstance(schema, dict):
        return
    yield from _looks(where, schema)
    for name in schema:
        if name.startswith("ui:") and name[3:] not in _HINTS:
            yield Problem(where, f"{name} is not known; it is ignored", is_error=False)
    for child, below in schema.get("properties", {}).items():
        yield from _property(f"{where}.{child}", child, below)
        if isinstance(below, dict) and below.get("ui:field") == pickers.CAPABILITY:
            yield Problem(f"{where}.{child}", f"ui:field {pickers.CAPABILITY} must stand at the top of a page")


def _looks(where: str, schema: Mapping[str, Any]) -> Iterator[Problem]:
    field, widget = schema.get("ui:field"), schema.get("ui:widget")
    if field in pickers.REFUSED:
        yield Problem(where, f"ui:field {field} {pickers.REFUSED[field]}")
    elif field is not None and field not in pickers.KNOWN:
        yield Problem(where, f"ui:field {field} is not known; shown as plain text", is_error=False)
    if field == pickers.CAPABILITY and schema.get("type") != "boolean":
        yield Problem(where, f"ui:field {field} is for yes or no: its type must be boolean")
    if widget == "password":
        yield Problem(where, "ui:widget password asks for a secret; secrets never go through a form here")
    elif widget is not None and widget not in _WIDGETS:
        yield Problem(where, f"ui:widget {widget} is not known; shown as plain text", is_error=False)
