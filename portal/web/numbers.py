"""Numbers from addresses."""

from __future__ import annotations

MAX_DIGITS = 15


def whole(text: str, default: int) -> int:
    """Return `text` as a whole number, or `default` when it is none or absurdly long: addresses are typed by anyone."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else default
