"""Documents for people: found where they usually are, and told from stubs by what Markdown says of itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.checks._problems import Problem
from conformance.checks._words import counted


def mentions(text: str, words: Iterable[str]) -> bool:
    """Tell whether the text holds one of the words or phrases as whole words, whatever their case."""
    spaced = f" {' '.join(_plain(text).split())} "
    return any(f" {word} " in spaced for word in words)


def headings_with(fact: Any, words: Iterable[str]) -> list[Any]:
    """Return the headings of a Markdown fact that mention one of the words."""
    wanted = list(words)
    return [heading for heading in fact["headings"] if mentions(heading["text"], wanted)]


def stubs(path: str, fact: Any, fewest: int) -> list[Problem]:
    """Return a problem when the prose of a Markdown fact has fewer words than `fewest`."""
    if fact["words"] >= fewest:
        return []
    return [Problem(f"{path} is a stub of {counted(fact['words'], 'word')}; {fewest} are the least", path)]


def _plain(text: str) -> str:
    """Return the text in lower case with a space for everything that is neither letter nor digit."""
    return "".join(character if character.isalnum() else " " for character in text.casefold())
