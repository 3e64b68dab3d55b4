"""How capabilities are said."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], word: str = "and") -> str:
    """Return names as a sentence lists them: `REST, gRPC and GraphQL`."""
    given = list(names)
    if len(given) < 2:
        return "".join(given)
    return f"{', '.join(given[:-1])} {word} {given[-1]}"


def needed_by(titles: Iterable[str]) -> str:
    """Return why something comes along: `RBAC needs it`, `RBAC and rate limit need it`."""
    given = list(titles)
    return f"{listed(given)} {'needs' if len(given) == 1 else 'need'} it"
