"""Ignore files: one pattern a line (https://git-scm.com/docs/gitignore, https://docs.docker.com/build/concepts/context/)."""

from __future__ import annotations

from typing import Any

from conformance.examining.parser import Parser
from conformance.parsers._text import decode, keepable, numbered

MOST_PATTERNS = 5000


def parse(_path: str, content: bytes) -> Any:
    """Return `{"patterns": [{"text", "line"}]}` without comments and blank lines, in order."""
    patterns = [
        {"text": keepable(text.strip()), "line": line}
        for line, text in numbered(decode(content))
        if text.strip() and not text.startswith("#")
    ]
    return {"patterns": patterns[:MOST_PATTERNS]}


def _wants(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in (".dockerignore", ".gitignore") or name.endswith(".dockerignore")


PARSER = Parser(name="ignorefile", version="1", wants=_wants, parse=parse)
