"""The filter patterns of GitHub workflows, matched in time that grows with their length and no faster.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

_Token = tuple[str, str]
"""What one place of a pattern takes ("is" and a character, "in" or "but" and a class, "any", "name"), and how often."""
_LONGEST = 500


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
    states = _closed({0}, tokens)
    for character in name[:_LONGEST]:
        states = _closed(_stepped(states, tokens, character), tokens)
        if not states:
            return False
    return len(tokens) in states


def _stepped(states: Iterable[int], tokens: tuple[tuple[_Token, str], ...], character: str) -> set[int]:
    after: set[int] = set()
    for state in states:
        if state < len(tokens) and _takes(tokens[state][0], character):
            after.add(state + 1)
            if tokens[state][1] in "*+":
                after.add(state)
    return after


def _closed(states: set[int], tokens: tuple[tuple[_Token, str], ...]) -> set[int]:
    """Add the places that are reached by taking nothing."""
    for state in sorted(states):
        at = state
        while at < len(tokens) and tokens[at][1] in "*?":
            at += 1
            states.add(at)
    return states


def _takes(token: _Token, character: str) -> bool:
    kind, what = token
    if kind == "is":
        return character == what
    if kind == "in":
        return character in what
    return kind == "any" or character != "/"


@lru_cache(maxsize=1024)
def _tokens(pattern: str) -> tuple[tuple[_Token, str], ...]:
    found: list[tuple[_Token, str]] = []
    at = 0
    while at < len(pattern):
        token, repeat, at = _token(pattern, at)
        if at < len(pattern) and pattern[at] in "?+" and repeat == "1":
            repeat = pattern[at]
            at += 1
        found.append((token, repeat))
    return tuple(found)


def _token(pattern: str, at: int) -> tuple[_Token, str, int]:
    character = pattern[at]
    if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
        # `**/x` also takes `x`: the slash goes with the folders.
        return ("any", ""), "*", at + 3 if pattern[at + 3 :] else at + 2
    if character == "*":
        is_double = pattern.startswith("**", at)
        return ("any" if is_double else "name", ""), "*", at + (2 if is_double else 1)
    if character == "[" and "]" in pattern[at + 2 :]:
        end = pattern.index("]", at + 2)
        return ("in", _class(pattern[at + 1 : end])), "1", end + 1
    if character == "\\" and at + 1 < len(pattern):
        return ("is", pattern[at + 1]), "1", at + 2
    return ("is", character), "1", at + 1


def _class(inner: str) -> str:
    """Return the characters of a class; a range may be of letters or digits."""
    found: list[str] = []
    at = 0
    while at < len(inner):
        if inner[at + 1 : at + 2] == "-" and at + 2 < len(inner):
            found.extend(chr(code) for code in range(ord(inner[at]), min(ord(inner[at + 2]), ord(inner[at]) + 200) + 1))
            at += 3
        else:
            found.append(inner[at])
            at += 1
    return "".join(found)
