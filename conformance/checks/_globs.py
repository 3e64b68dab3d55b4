"""The filter patterns of GitHub workflows, matched in time that grows with their length and no faster.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class _Token:
    """One place of a pattern: which characters it takes (None for all), all but a slash, and how often.

    `repeat` is 1, `?`, `*` or `+`. A `>` and the `<` after it stand for any number of whole folders.
    """

    characters: str | None
    is_name: bool = False
    repeat: str = "1"

    def takes(self, character: str) -> bool:
        """Tell whether the place takes a character."""
        if self.characters is not None:
            return character in self.characters
        return not (self.is_name and character == "/")


def lets_through(patterns: Sequence[str], name: str) -> bool:
    """Tell whether a list of patterns takes a name: the last pattern that fits decides, `!` takes back."""
    taken = False
    for pattern in patterns:
        is_negative = pattern.startswith("!")
        if taken is is_negative and fits(pattern[1:] if is_negative else pattern, name):
            taken = not is_negative
    return taken


def fits(pattern: str, name: str) -> bool:
    """Tell whether one pattern takes the whole name: `*` no slash, `**` all, `?` and `+` repeat, `[]` a class."""
    tokens = _tokens(pattern[:_LONGEST])
    places = _closed({0}, tokens)
    for character in name[:_LONGEST]:
        places = _closed({after for place in places for after in _after(tokens, place, character)}, tokens)
        if not places:
            return False
    return len(tokens) in places


def _after(tokens: tuple[_Token, ...], place: int, character: str) -> tuple[int, ...]:
    """Return the places that a place leads to by taking a character."""
    if place == len(tokens):
        return ()
    token = tokens[place]
    if token.repeat == "<" and character == "/":
        return (place - 1,)
    if not token.takes(character):
        return ()
    return {"<": (place,), "*": (place,), "+": (place, place + 1)}.get(token.repeat, (place + 1,))


def _closed(places: set[int], tokens: tuple[_Token, ...]) -> set[int]:
    """Add the places that are reached by taking nothing."""
    for start in sorted(places):
        place = start
        while place < len(tokens) and tokens[place].repeat in "*?>":
            place += 2 if tokens[place].repeat == ">" else 1
            places.add(place)
    return places


@lru_cache(maxsize=1024)
def _tokens(pattern: str) -> tuple[_Token, ...]:
    found: list[_Token] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            found += [_Token(None, True, ">"), _Token(None, True, "<")]
            at += 3
            continue
        characters, is_name, at = _place(pattern, at)
        repeat = "*" if characters is None else "1"
        if characters is not None and at < len(pattern) and pattern[at] in "?+":
            repeat = pattern[at]
            at += 1
        found.append(_Token(characters, is_name, repeat))
    return tuple(found)


def _place(pattern: str, at: int) -> tuple[str | None, bool, int]:
    """Return the characters that a place takes, None for all; whether a slash is left out; where the next begins."""
    character = pattern[at]
    if character == "*":
        is_double = pattern.startswith("**", at)
        return None, not is_double, at + (2 if is_double else 1)
    if character == "[" and "]" in pattern[at + 2 :]:
        end = pattern.index("]", at + 2)
        return _class(pattern[at + 1 : end]), False, end + 1
    if character == "\\" and at + 1 < len(pattern):
        return pattern[at + 1], False, at + 2
    return character, False, at + 1


def _class(inner: str) -> str:
    """Return the characters of a class; a range may be of letters or digits."""
    found: list[str] = []
    at = 0
    while at < len(inner):
        if inner[at + 1 : at + 2] == "-" and at + 2 < len(inner):
            last = min(ord(inner[at + 2]), ord(inner[at]) + 200)
            found.extend(chr(code) for code in range(ord(inner[at]), last + 1))
            at += 3
        else:
            found.append(inner[at])
            at += 1
    return "".join(found)
