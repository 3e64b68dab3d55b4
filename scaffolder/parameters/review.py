"""How the answers read back before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scaffolder.parameters.effective import effective_page
from scaffolder.parameters.fields import choices, plain, spoken
from scaffolder.parameters.pickers import ENTITIES

_MASK = "••••••"


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the review: on which page (from 1) it was asked, what was asked, what was answered."""

    page: int
    key: str
    label: str
    text: str


def review(pages: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> list[Answer]:
    """Return the answers in the order of the form; `ui:backstage.review` hides, masks and renames as in Backstage."""
    return [
        Answer(number, key, label, text)
        for number, page in enumerate(pages, 1)
        for key, label, text in _page(effective_page(page, values), values)
    ]


def _page(page: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for key, schema in page["properties"].items():
        hints = schema.get("ui:backstage", {}).get("review", {})
        if key not in values or hints.get("show") is False:
            continue
        label = hints.get("name") or schema.get("title") or spoken(key)
        masked = hints.get("mask")
        yield key, str(label), str(masked or _MASK) if masked is not None else _text(schema, values[key])


def _text(schema: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, list):
        return (
            ", ".join(_text({**schema, "type": "string", **schema.get("items", {})}, item) for item in value) or "none"
        )
    if schema.get("ui:field") in ENTITIES and isinstance(value, str):
        return value.rpartition("/")[2]
    names = {choice.value: choice.label for choice in choices(schema)}
    if isinstance(value, bool):
        return names.get(plain(value)) or ("Yes" if value else "No")
    return names.get(plain(value)) or plain(value)
