"""Texts as parsers take them in and give them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from conformance.examining.parser import ParseError

MOST_LINES = 50_000
MOST_LINE = 20_000

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def decode(content: bytes) -> str:
    """Return the content as text with plain line ends, without a byte order mark; ParseError when it is not UTF-8."""
    if b"\0" in content:
        raise ParseError("It is not UTF-8 text: it holds NUL bytes.", content.count(b"\n", 0, content.index(b"\0")) + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError("It is not UTF-8 text.", content.count(b"\n", 0, error.start) + 1) from None
    return text.replace("\r\n", "\n")


def keepable(text: str, most: int = 500) -> str:
    """Return the text as a database can keep it: at most `most` characters, without NUL and lone surrogates."""
    text = text[:most]
    return text if text.isascii() and "\0" not in text else _UNKEEPABLE.sub("\ufffd", text)


def lines_of(text: str) -> list[str]:
    """Return the lines of the text; ParseError when they are too many, or one is too long, for any sensible file."""
    count = text.count("\n")
    if count > MOST_LINES:
        raise ParseError(f"It has more than {MOST_LINES:,} lines.", MOST_LINES)
    lines = text.split("\n")
    if len(text) - count > MOST_LINE:
        for number, line in enumerate(lines, 1):
            if len(line) > MOST_LINE:
                raise ParseError(f"A line has more than {MOST_LINE:,} characters.", number)
    return lines


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of the text with their numbers, from 1; ParseError as `lines_of`."""
    yield from enumerate(lines_of(text), 1)


def with_package(own: str, package: str) -> str:
    """Return a parser's version: its own, and that of the library whose reading it stands on."""
    try:
        return f"{own} {package} {version(package)}"
    except PackageNotFoundError:
        return f"{own} {package} absent"
