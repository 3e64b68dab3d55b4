"""Subjects for checks: made from texts, with the real parsers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from conformance import parsers
from conformance.examining.parser import MOST_BYTES, ParseError, Parser, ToolMissingError
from conformance.examining.subject import File, Subject

LINK = "120000"


def subject(texts: Mapping[str, str | bytes], *, links: frozenset[str] = frozenset(), **known: Any) -> Subject:
    """Return a subject with these files; `links` names those that are symbolic links, `known` sets other fields."""
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in texts.items()}
    files = {
        path: File(path, hashlib.sha1(content).hexdigest(), LINK if path in links else "100644", len(content))
        for path, content in contents.items()
    }
    omitted = {path: "it is larger than 1 MB" for path, content in contents.items() if len(content) > MOST_BYTES}
    read = {path: content for path, content in contents.items() if path not in omitted and path not in links}
    facts = {parser.name: _Facts(parser, read) for parser in parsers.registry().values()}
    return Subject(files=files, facts=facts, omitted=omitted, **known)


class _Facts(Mapping[str, Any]):
    """What one parser says of the files that it wants; asked only when a check asks, for judges are slow."""

    def __init__(self, parser: Parser, contents: Mapping[str, bytes]) -> None:
        self._parser = parser
        self._contents = {path: content for path, content in contents.items() if parser.wants(path)}
        self._known: dict[str, Any] = {}

    def __getitem__(self, path: str) -> Any:
        if path not in self._known:
            self._known[path] = _fact(self._parser, path, self._contents[path])
        return self._known[path]

    def __contains__(self, path: object) -> bool:
        return path in self._contents

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents)

    def __len__(self) -> int:
        return len(self._contents)


def _fact(parser: Parser, path: str, content: bytes) -> Any:
    try:
        return parser.parse(path, content)
    except ParseError as error:
        return {"error": str(error), "line": error.line}
    except ToolMissingError as error:
        return {"error": f"tool missing: {error}"}
