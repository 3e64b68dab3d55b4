"""Shell scripts: which commands they run, which variables they set. See `conformance.examining.shell`."""

from __future__ import annotations

from typing import Any

from conformance.examining import shell
from conformance.examining.parser import ParseError, Parser
from conformance.parsers._text import decode, lines_of, with_package

_SUFFIXES = (".sh", ".bash")
_FOLDERS = frozenset({"bin", "build", "ci", ".ci", "dev", "hack", "script", "scripts"})
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})


def wants(path: str) -> bool:
    """Tell whether a path is that of a script: by its suffix, or without one in a folder where scripts lie."""
    folder, _, name = path.rpartition("/")
    return name.endswith(_SUFFIXES) or ("." not in name and folder.rpartition("/")[2] in _FOLDERS)


def parse(_path: str, content: bytes) -> Any:
    """Return `{"commands": [...], "variables": [...]}`; nothing of either when another interpreter reads the file.

    ParseError when it is not text, or longer or wider than anybody's script.
    """
    text = decode(content)
    if len(text) > shell.MOST_CHARACTERS:
        raise ParseError(f"It is longer than {shell.MOST_CHARACTERS // 1024} KiB.")
    lines_of(text)
    return (shell.read(text) if _is_shell(text) else shell.Script()).to_json()


def _is_shell(text: str) -> bool:
    """Tell by the first line whether a shell reads the script; a file without `#!` is taken for one."""
    first = text.partition("\n")[0]
    if not first.startswith("#!"):
        return True
    words = [word for word in first[2:].split() if not word.startswith("-") and not word.endswith("/env")]
    return bool(words) and words[0].rpartition("/")[2] in _SHELLS


PARSER = Parser(
    name="shellscript",
    version=with_package("1", "tree-sitter-bash"),
    wants=wants,
    parse=parse,
)
