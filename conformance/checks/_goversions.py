"""Go versions, made comparable (https://go.dev/doc/toolchain#version)."""

from __future__ import annotations

Version = tuple[int, int, int]

NEWEST_PATCH = 999
"""Stands for the newest patch release, which tools take when none is named."""


def parsed(text: str, patch: int = 0) -> Version | None:
    """Return a version such as `1.26`, `1.26.4` or `go1.27rc1`; `patch` where none is named, None when it is none."""
    parts = text.strip().removeprefix("go").split(".")
    numbers = [_number(part) for part in parts]
    if len(numbers) not in (2, 3) or any(number is None for number in numbers):
        return None
    found = [number or 0 for number in numbers]
    return found[0], found[1], found[2] if len(found) > 2 else patch


def _number(part: str) -> int | None:
    """Return the number at the beginning of a part: `27rc1` is 27."""
    digits = part[: len(part) - len(part.lstrip("0123456789"))]
    rest = part[len(digits) :]
    is_number = digits and len(digits) < 6 and (not rest or rest.startswith(("rc", "beta")))
    return int(digits) if is_number else None
