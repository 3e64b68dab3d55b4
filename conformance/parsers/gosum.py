"""go.sum: the modules whose content is pinned (https://go.dev/ref/mod#go-sum-files)."""

from __future__ import annotations

from typing import Any

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._text import decode, keepable, numbered


def parse(_path: str, content: bytes) -> Any:
    """Return `{"entries": ["path version", ...]}`, versions with their `/go.mod`; ParseError for any other line."""
    entries: list[str] = []
    for line, text in numbered(decode(content)):
        fields = text.split()
        if len(fields) == 3:
            entries.append(keepable(f"{fields[0]} {fields[1]}"))
        elif fields:
            raise ParseError("It is not a go.sum: a line has not the three fields path, version and hash.", line)
    return {"entries": entries}


PARSER = Parser(
    name="gosum",
    version="1",
    wants=lambda path: path.rpartition("/")[2] == "go.sum",
    parse=parse,
)
