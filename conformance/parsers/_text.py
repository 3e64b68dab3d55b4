"""Texts as parsers take them in and give them out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from conformance.examining.parser import ParseError

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


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of the text with their numbers, from 1."""
    yield from enumerate(text.split("\n"), 1)


def with_package(own: str, package: str) -> str:
    """Return a parser's version: its own, and that of the library whose reading it stands on."""
    try:
        return f"{own} {package} {version(package)}"
    except PackageNotFoundError:
        return f"{own} {package} absent"
