"""Markdown, read as CommonMark with tables: headings, links, code and how many words of prose there are."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from conformance.examining.parser import Parser
from conformance.parsers._text import decode, keepable, with_package

MOST_CHARACTERS = 100_000
MOST_PARAGRAPH = 20_000
MOST_ITEMS = 2000
MOST_CODE = 500

_DOCUMENT = re.compile(
    r"(?:\.github/|docs/(?:operations/|runbooks/)?)?(?:readme|contributing|security|runbook)\.md", re.IGNORECASE
)
_RECORD = re.compile(r"(?:docs?/adr|docs/adrs|docs/(?:architecture/)?decisions|adr)/[^/]+\.md")
_WORD = re.compile(r"\w[\w'\u2019.-]*")


def parse(_path: str, content: bytes) -> Any:
    """Return title, headings, words, code and links of the first 100,000 characters.

    The title is the first heading of level 1. Images count as links. The words are those of paragraphs, lists and
    tables.
    """
    known: dict[str, Any] = {}
    reader = _Reader(known)
    for token in _block_parser().parse(decode(content)[:MOST_CHARACTERS], known):
        reader.take(token)
    return reader.facts()


@lru_cache(maxsize=1)
def _block_parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").disable("inline")


@lru_cache(maxsize=1)
def _inline_parser() -> MarkdownIt:
    return MarkdownIt("commonmark")


class _Reader:
    """Takes block tokens in and keeps what is asked of them. `known` holds the addresses of reference links."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known
        self._headings: list[dict[str, Any]] = []
        self._code: list[dict[str, Any]] = []
        self._links: list[dict[str, Any]] = []
        self._words = 0
        self._level = 0

    def facts(self) -> dict[str, Any]:
        """Return the facts."""
        title = next((each["text"] for each in self._headings if each["level"] == 1), "")
        return {
            "title": title,
            "headings": self._headings[:MOST_ITEMS],
            "words": self._words,
            "code": self._code[:MOST_ITEMS],
            "links": self._links[:MOST_ITEMS],
        }

    def take(self, token: Token) -> None:
        """Take the next block token in."""
        line = token.map[0] + 1 if token.map else 0
        if token.type == "heading_open":
            self._level = int(token.tag[1])
        elif token.type == "heading_close":
            self._level = 0
        elif token.type == "inline":
            self._inline(token.content[:MOST_PARAGRAPH], line)
        elif token.type in ("fence", "code_block"):
            language = (token.info.split() or [""])[0]
            text = keepable(token.content, MOST_CODE)
            self._code.append({"language": keepable(language, 60), "line": line, "text": text})

    def _inline(self, content: str, line: int) -> None:
        if not self._level and "[" not in content and "<" not in content:
            # Prose without a link: its words are the same with its markup, and most of the time is saved.
            self._words += len(_WORD.findall(content))
            return
        texts: list[str] = []
        for child in self._children(content):
            if child.type in ("softbreak", "hardbreak"):
                line += 1
                texts.append(" ")
            elif child.type in ("text", "code_inline"):
                texts.append(child.content)
            elif child.type == "image":
                texts.append(child.content)
                self._link(child.attrGet("src"), line)
            elif child.type == "link_open":
                self._link(child.attrGet("href"), line)
        text = "".join(texts)
        if self._level:
            self._headings.append({"level": self._level, "text": keepable(text.strip(), 200), "line": line})
        else:
            self._words += len(_WORD.findall(text))

    def _children(self, content: str) -> list[Token]:
        return _inline_parser().parseInline(content, self._known)[0].children or []

    def _link(self, url: str | float | None, line: int) -> None:
        if url:
            self._links.append({"url": keepable(str(url), 1000), "line": line})


def _wants(path: str) -> bool:
    """Tell whether some check may read the file: most Markdown of a repository is for people alone."""
    return path.endswith(".md") and (_DOCUMENT.fullmatch(path) or _RECORD.fullmatch(path)) is not None


PARSER = Parser(
    name="markdown",
    version=with_package("3", "markdown-it-py"),
    wants=_wants,
    parse=parse,
)
