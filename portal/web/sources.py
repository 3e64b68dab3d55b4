"""Shows source files: highlighted, line by line, and as a tree of folders."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

MAX_HIGHLIGHTED = 50_000
MAX_LINES = 5_000
MAX_SECONDS = 0.25
_LEXERS = {
    "go": "go", "yaml": "yaml", "yml": "yaml", "json": "json", "sh": "bash", "toml": "toml", "ini": "ini",
    "sql": "sql", "proto": "protobuf", "dockerfile": "docker", "makefile": "make",
}  # fmt: skip
# On long lines and runs of spaces, expressions of lexers take quadratic time.
_SLOW = re.compile(r"[^\n]{401}|\s{80}")
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number and its HTML."""

    number: int
    html: SafeString


@dataclass(slots=True)
class Folder:
    """A folder of a tree, with what is in it; `path` ends without a slash."""

    name: str
    path: str
    folders: dict[str, Folder] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)

    @property
    def subfolders(self) -> list[Folder]:
        """The folders in it, by name."""
        return [self.folders[name] for name in sorted(self.folders)]


def lines(path: str, content: bytes) -> list[Line]:
    """Return the lines of a text file, highlighted by what its name says; what is not UTF-8 is shown with marks."""
    text = content.decode("utf-8", errors="replace").replace("\r\n", "\n")
    html = _highlighted(_language(path), text) if len(text) <= MAX_HIGHLIGHTED else str(escape(text))
    rows = html.removesuffix("\n").split("\n")[:MAX_LINES]
    return [Line(number, mark_safe(row)) for number, row in enumerate(rows, 1)]  # noqa: S308 - made by Pygments or escaped


def _language(path: str) -> str:
    name = PurePosixPath(path).name.lower()
    return _LEXERS.get(name.rpartition(".")[2], "")


@lru_cache(maxsize=32)
def _highlighted(language: str, text: str) -> str:
    """Return the HTML of a text: plain when it is in none of the languages, or made to keep a lexer busy."""
    tokens = None if not language or _SLOW.search(text) else _tokens(language, text)
    if tokens is None:
        return str(escape(text))
    page = io.StringIO()
    _FORMATTER.format(iter(tokens), page)
    return page.getvalue()


def _tokens(language: str, text: str) -> list[tuple[Any, str]] | None:
    """Return the tokens of a text, None when they take more than MAX_SECONDS of this thread's time."""
    lexer: Lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    end = time.thread_time() + MAX_SECONDS
    found = []
    for token in lexer.get_tokens(text):
        found.append(token)
        if time.thread_time() > end:
            return None
    return found


def is_binary(content: bytes) -> bool:
    """Tell whether a file is no text, as git does: a zero byte near its start."""
    return b"\0" in content[:8000]


def tree(paths: Iterable[str]) -> Folder:
    """Return the folders that a flat list of paths makes up."""
    root = Folder("", "")
    for path in sorted(paths):
        *parents, name = path.split("/")
        folder = root
        for part in parents:
            below = f"{folder.path}/{part}".lstrip("/")
            folder = folder.folders.setdefault(part, Folder(part, below))
        folder.files.append((name, path))
    return root
