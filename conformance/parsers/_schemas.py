"""Validates documents with positions against JSON schemas."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from conformance.examining.nodes import Node
from conformance.parsers._judges import MOST_FINDINGS, finding


def findings(validator: Any, document: Node) -> Iterator[dict[str, Any]]:
    """Yield what the validator says of the document: the keyword as the rule, all of it errors."""
    from jsonschema.exceptions import best_match  # late: only judges need it, and it is slow to import

    for error in islice(validator.iter_errors(document.plain()), MOST_FINDINGS):
        best = best_match([error]) or error
        keys = list(best.absolute_path)
        place = ".".join(str(key) for key in keys)
        message = f"{place}: {best.message[:300]}" if place else best.message[:300]
        yield finding(best.validator, "error", message, _line(document, keys, best))


def _line(document: Node, keys: list[Any], error: Any) -> int:
    """Return the line of the node at these keys, or of what is nearest above it."""
    node = document
    for key in keys:
        if not node[key]:
            break
        node = node[key]
    if error.validator == "additionalProperties" and isinstance(error.schema, dict):
        known = error.schema.get("properties", {})
        return next((child.line for key, child in node.items() if key not in known), node.line)
    return node.line
