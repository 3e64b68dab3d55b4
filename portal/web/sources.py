"""Shows source files: highlighted, line by line, and as a tree of folders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

MAX_HIGHLIGHTED = 200_000
MAX_LINES = 5_000
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
    html = _highlighted(path, text) if len(text) <= MAX_HIGHLIGHTED else str(escape(text))
    rows = html.removesuffix("\n").split("\n")[:MAX_LINES]
    return [Line(number, mark_safe(row)) for number, row in enumerate(rows, 1)]  # noqa: S308 - made by Pygments or escaped


@lru_cache(maxsize=32)
def _highlighted(path: str, text: str) -> str:
    return highlight(text, _lexer(path), _FORMATTER)


def _lexer(path: str) -> Lexer:
    try:
        lexer: Lexer = get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False, ensurenl=False)
    return lexer


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
