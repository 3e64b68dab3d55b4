"""JSON with positions: it is read as YAML, of which JSON is all but a part (https://yaml.org/spec/1.2.2/)."""

from __future__ import annotations

import json
import math
from typing import Any

from conformance.examining.parser import ParseError
from conformance.parsers._text import decode, keepable
from conformance.parsers.yaml import MOST_DEPTH, MOST_NODES, parse


def parse_json(path: str, content: bytes) -> dict[str, Any]:
    """Return the document as a stored node of `conformance.examining.nodes`; ParseError when it is not JSON.

    Lines are 0 where YAML cannot read what JSON can: characters that are written as two escapes.
    """
    data = _loaded(content)
    try:
        documents: list[dict[str, Any]] = parse(path, content)["documents"]
    except ParseError:
        return _Stored().of(data, 0)
    return documents[0]


def _loaded(content: bytes) -> Any:
    try:
        return json.loads(decode(content), parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise ParseError(f"It is not valid JSON: {error.msg}.", error.lineno) from None
    except RecursionError:
        raise ParseError("It is nested too deeply.") from None
    except ValueError:
        raise ParseError("It is not valid JSON: a number is too long.") from None


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text[:40])


def _refuse(name: str) -> Any:
    raise ParseError(f"It is not valid JSON: {name} is no number.")


class _Stored:
    """Makes stored nodes of plain values, as many and as deep as YAML's may be."""

    def __init__(self) -> None:
        self._count = 0

    def of(self, data: Any, depth: int) -> dict[str, Any]:
        """Return the stored node of `data`."""
        self._count += 1
        if self._count > MOST_NODES or depth > MOST_DEPTH:
            raise ParseError(f"It holds more than {MOST_NODES} values, or is nested more than {MOST_DEPTH} deep.")
        if isinstance(data, dict):
            return {"l": 0, "m": {keepable(key): self.of(value, depth + 1) for key, value in data.items()}}
        if isinstance(data, list):
            return {"l": 0, "s": [self.of(value, depth + 1) for value in data]}
        return {"l": 0, "v": keepable(data, len(data)) if isinstance(data, str) else data}
