"""Tells whether a document is an entity that the catalog can take."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema
from jsonschema.protocols import Validator

from catalog.choices import Kind
from catalog.schemas import schema
from portal.foundation.errors import FieldError, InputError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_PROBLEMS = 20
MAX_NUMBER = 2**63
LINK_SCHEMES = frozenset({"http", "https", "mailto", "ssh", "git", "slack", "msteams", "tel"})

Path = tuple[str | int, ...]
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def validate(document: Mapping[str, Any]) -> Kind:
    """Return the kind of an entity document, or raise InputError with every problem found, by path."""
    problems = list(_unsafe(document, ()))
    if problems:
        raise _refusal(document, problems)
    _refuse_too_large(document)
    kind = _kind(document)
    problems = [_field(error) for error in _validator(kind).iter_errors(document)]
    problems = problems or list(_bad_links(document))
    if problems:
        raise _refusal(document, problems)
    return kind


def describe(document: Any) -> str:
    """Return how to call a document in a message, whatever it holds."""
    metadata = document.get("metadata") if isinstance(document, Mapping) else None
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    kind = document.get("kind") if isinstance(document, Mapping) else None
    words = [word[:63] for word in (kind, name) if isinstance(word, str) and word.isprintable()]
    return " ".join(words) or "The entity"


def _refusal(document: Any, problems: list[FieldError]) -> InputError:
    first = [f"{_dotted(problem.path)}{problem.message}" for problem in problems[:3]]
    more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
    return InputError(f"{describe(document)} is not valid: {'; '.join(first)}{more}", problems[:MAX_PROBLEMS])


def _dotted(path: Path) -> str:
    return f"{'.'.join(str(part) for part in path)}: "[:120] if path else ""


def _kind(document: Mapping[str, Any]) -> Kind:
    try:
        return Kind(str(document.get("kind")))
    except ValueError:
        problem = FieldError(("kind",), f"must be one of {', '.join(Kind.values)}", "enum")
        raise _refusal(document, [problem]) from None


@cache
def _validator(kind: Kind) -> Validator:
    return jsonschema.Draft202012Validator(schema(kind))


def _field(error: jsonschema.ValidationError) -> FieldError:
    path = tuple(error.absolute_path)
    return FieldError(path, _message(error), str(error.validator), error.validator_value)


def _message(error: jsonschema.ValidationError) -> str:
    wanted: Any = error.validator_value
    words = [str(each) for each in wanted] if isinstance(wanted, list) else [str(wanted)]
    known = {
        "pattern": "has characters that are not allowed there",
        "maxLength": f"is longer than {words[0]} characters",
        "minLength": "must not be empty",
        "minItems": "must not be empty",
        "enum": f"must be one of {', '.join(words)}",
        "type": f"must be of type {' or '.join(words)}",
        "required": error.message[:200],
        "additionalProperties": error.message[:200],
    }
    return known.get(str(error.validator), f"fails the rule {error.validator}")


def _bad_links(document: Mapping[str, Any]) -> Iterator[FieldError]:
    for index, link in enumerate(document["metadata"].get("links", [])):
        try:
            scheme = urlsplit(link["url"]).scheme
        except ValueError:
            scheme = ""
        if scheme not in LINK_SCHEMES:
            message = f"must be an address that starts with one of {', '.join(sorted(LINK_SCHEMES))}"
            yield FieldError(("metadata", "links", index, "url"), message, "format")


def _unsafe(value: Any, path: Path) -> Iterator[FieldError]:
    """Find what cannot be stored or shown safely, before anything else looks at the document."""
    if len(path) > MAX_DEPTH:
        yield FieldError(path[:4], f"is nested more than {MAX_DEPTH} levels deep", "depth")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str) and is_safe_text(key):
                yield from _unsafe(inner, (*path, key))
            else:
                yield FieldError(path, "has a key that is not plain text", "characters")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _unsafe(inner, (*path, index))
    else:
        yield from _unsafe_scalar(value, path)


def _unsafe_scalar(value: Any, path: Path) -> Iterator[FieldError]:
    if isinstance(value, str):
        if not is_safe_text(value):
            yield FieldError(path, "holds control characters", "characters")
    elif not _is_plain(value):
        yield FieldError(path, f"holds a {type(value).__name__} that cannot be kept; put it in quotes", "type")


def _is_plain(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) < MAX_NUMBER
    return value is None or (isinstance(value, float) and math.isfinite(value))


def is_safe_text(text: str) -> bool:
    """Tell whether `text` has no control characters, but line ends and tabs, and no half characters."""
    return text.isprintable() or _UNSAFE.search(text) is None


def _refuse_too_large(document: Mapping[str, Any]) -> None:
    size = len(json.dumps(document, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        raise InputError(f"{describe(document)} is {size:,} bytes long; an entity may have {MAX_BYTES:,}.")
