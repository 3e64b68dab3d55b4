"""Licences, known by their texts: the words of the file are compared with the words of each licence.

The texts are those of choosealicense.com, as the package `identify` carries them. The measure is Dice's, over runs of
five words; an added copyright line changes it little, a changed paragraph much.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from conformance.examining.parser import Parser
from conformance.parsers._text import decode, with_package

LIKE_ENOUGH = 0.9
MOST_CHARACTERS = 200_000
RUN = 5

_COPYRIGHT = re.compile(r"(?im)^[ \t]*(?:copyright\b|\(c\) ).*$|^[ \t]*all rights reserved\.?[ \t]*$")
_WORD = re.compile(r"[a-z0-9]+")
_APPENDIX = re.compile(r"(?i)how to apply (?:the|these)|appendix: how to apply")
_FOLDERLESS = re.compile(r"(?i)(?:LICEN[CS]E|COPYING)(?:[-._][A-Za-z0-9._-]+)?")


def parse(_path: str, content: bytes) -> Any:
    """Return the SPDX identifier of the licence, empty when no known text is like it, and how like (0 to 1)."""
    runs = _runs(decode(content)[:MOST_CHARACTERS])
    best, similarity = "", 0.0
    for spdx, known in _known():
        likeness = 2 * len(runs & known) / (len(runs) + len(known)) if runs else 0.0
        if likeness > similarity:
            best, similarity = spdx, likeness
    return {"spdx": best if similarity >= LIKE_ENOUGH else "", "similarity": round(similarity, 3)}


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[str, frozenset[int]], ...]:
    from identify.vendor.licenses import LICENSES  # 300 KB of texts, read when the first licence is met

    return tuple((spdx, _runs(text)) for spdx, text in LICENSES)


def _runs(text: str) -> frozenset[int]:
    """Return the runs of words: without copyright lines, and without the advice on how to apply the licence."""
    advice = _APPENDIX.search(text)
    words = _WORD.findall(_COPYRIGHT.sub("", text[: advice.start()] if advice else text).lower())
    return frozenset(hash(tuple(words[at : at + RUN])) for at in range(max(len(words) - RUN + 1, 0)))


PARSER = Parser(
    name="license",
    version=with_package("1", "identify"),
    wants=lambda path: _FOLDERLESS.fullmatch(path) is not None,
    parse=parse,
)
