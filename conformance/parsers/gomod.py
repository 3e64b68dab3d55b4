"""go.mod: the module, its Go version and what it requires (https://go.dev/ref/mod#go-mod-file)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._text import decode, keepable, numbered

MOST_DIRECTIVES = 20_000

_TOKEN = re.compile(r'//.*|"(?:[^"\\]|\\.)*"|`[^`]*`|=>|[()\[\],]|(?:(?!//|=>)[^\s()\[\],"`])+')
_SPACE = re.compile(r"[ \t\r]*")
_UNESCAPE = re.compile(r"\\(.)")
_SINGLE = ("module", "go", "toolchain")
_MANY = ("require", "exclude", "replace", "retract", "tool", "godebug", "ignore")

Facts = dict[str, Any]


def parse(_path: str, content: bytes) -> Any:
    """Return the directives with their lines; ParseError where the go command would refuse the syntax."""
    facts: Facts = {"module": "", "moduleLine": 0, "go": "", "goLine": 0, "toolchain": "", "toolchainLine": 0}
    facts.update({kind: [] for kind in ("require", "replace", "exclude", "retract", "tool")})
    for count, (line, verb, words, comment) in enumerate(_directives(decode(content)), 1):
        if count > MOST_DIRECTIVES:
            raise ParseError(f"It holds more than {MOST_DIRECTIVES} directives.", line)
        if verb in _SINGLE:
            _single(facts, verb, words, line)
        elif verb in _READERS:
            facts[verb].append({**_READERS[verb](words, comment, line), "line": line})
        elif verb not in _MANY:
            raise ParseError(f"Unknown directive: {keepable(verb, 60)}.", line)
    return facts


def _directives(text: str) -> Iterator[tuple[int, str, list[str], str]]:
    """Yield line, verb, words and comment of every directive; blocks are taken apart."""
    block = ""
    opened = 0
    for line, row in numbered(text):
        words, comment = _tokens(row, line)
        if not words:
            continue
        if block and words == [")"]:
            block = ""
        elif block:
            yield line, block, words, comment
        elif len(words) == 2 and words[1] == "(":
            block, opened = words[0], line
        elif len(words) == 3 and words[1:] == ["(", ")"]:
            continue
        else:
            yield line, words[0], words[1:], comment
    if block:
        raise ParseError(f"The block of {keepable(block, 60)} is not closed.", opened)


def _tokens(row: str, line: int) -> tuple[list[str], str]:
    words: list[str] = []
    at = _end_of_space(row, 0)
    while at < len(row):
        match = _TOKEN.match(row, at)
        if match is None:
            raise ParseError("A string is not closed.", line)
        token = match[0]
        if token.startswith("//"):
            return words, token[2:].strip()
        words.append(_unquoted(token))
        at = _end_of_space(row, match.end())
    return words, ""


def _end_of_space(row: str, at: int) -> int:
    match = _SPACE.match(row, at)
    return match.end() if match else at


def _unquoted(token: str) -> str:
    if token[0] == '"':
        return keepable(_UNESCAPE.sub(r"\1", token[1:-1]))
    return keepable(token[1:-1] if token[0] == "`" else token)


def _single(facts: Facts, verb: str, words: list[str], line: int) -> None:
    if len(words) != 1:
        raise ParseError(f"{verb} takes one word.", line)
    if facts[f"{verb}Line"]:
        raise ParseError(f"{verb} is there twice.", line)
    facts[verb], facts[f"{verb}Line"] = words[0], line


def _require(words: list[str], comment: str, line: int) -> Facts:
    path, version = _pair("require", words, line)
    is_indirect = comment == "indirect" or comment.startswith("indirect;")
    return {"path": path, "version": version, "indirect": is_indirect}


def _exclude(words: list[str], _comment: str, line: int) -> Facts:
    path, version = _pair("exclude", words, line)
    return {"path": path, "version": version}


def _pair(verb: str, words: list[str], line: int) -> tuple[str, str]:
    if len(words) != 2:
        raise ParseError(f"{verb} takes a module's path and a version.", line)
    return words[0], words[1]


def _replace(words: list[str], _comment: str, line: int) -> Facts:
    arrow = words.index("=>") if "=>" in words else 0
    old, new = words[:arrow], words[arrow + 1 :]
    if not (1 <= len(old) <= 2 and 1 <= len(new) <= 2):
        raise ParseError("replace takes the form: path [version] => path [version].", line)
    is_local = len(new) == 1
    if is_local and not _is_local(new[0]):
        raise ParseError("replace names a module without a version.", line)
    return {
        "old": old[0], "oldVersion": "".join(old[1:]), "new": new[0], "newVersion": "".join(new[1:]), "local": is_local,
    }  # fmt: skip


def _is_local(path: str) -> bool:
    """Tell whether a replacement is a folder, as golang.org/x/mod/modfile.IsDirectoryPath does."""
    return path in (".", "..") or path.startswith(("./", "../", "/", ".\\", "..\\", "\\")) or path[1:2] == ":"


def _retract(words: list[str], comment: str, line: int) -> Facts:
    versions = [word for word in words if word not in ("[", ",", "]")]
    if len(versions) not in (1, 2):
        raise ParseError("retract takes a version or a range of two.", line)
    return {"low": versions[0], "high": versions[-1], "rationale": keepable(comment, 200)}


def _tool(words: list[str], _comment: str, line: int) -> Facts:
    if len(words) != 1:
        raise ParseError("tool takes the path of one package.", line)
    return {"path": words[0]}


_READERS = {"require": _require, "exclude": _exclude, "replace": _replace, "retract": _retract, "tool": _tool}

PARSER = Parser(
    name="gomod",
    version="1",
    wants=lambda path: path.rpartition("/")[2] == "go.mod",
    parse=parse,
)
