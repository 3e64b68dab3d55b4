"""Cursors on the wire: JSON in base64, opaque to clients."""

from __future__ import annotations

import base64
import json
from typing import Any

from portal.foundation.errors import InputError


def pack(data: Any) -> str:
    """Return `data` as the text of a cursor."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def unpack(text: str) -> Any:
    """Return what a cursor holds; ValueError for what is none."""
    try:
        return json.loads(base64.b64decode(text, validate=True))
    except RecursionError:
        raise ValueError("nested too deep") from None


def malformed() -> InputError:
    """Return the error for a cursor that no page gave."""
    return InputError("Malformed cursor: take it from the page before, unchanged")
