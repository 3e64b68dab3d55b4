"""What a parser is: it turns one file's content into facts, whatever service the file belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 1024 * 1024
"""Larger files are not given to parsers."""


class ParseError(Exception):
    """The content is not what the parser reads; the message says why, `line` (from 1) where."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class ToolMissingError(Exception):
    """The external judge behind a parser is not installed; the message names it. Never stored."""


@dataclass(frozen=True, slots=True)
class Parser:
    """Reads one kind of file.

    `version` changes whenever the facts of the same content would: facts are kept by content and version. `wants` says
    by path which files it reads. `parse(path, content)` returns facts as JSON, the same for the same content;
    `ParseError` says that the content is wrong, `ToolMissingError` that the tool is absent. `seconds` bounds one call.
    `is_external` marks a judge that is a program or a large library of its own: it is counted and timed apart.
    `is_module_blind` says that the module's own path may be replaced by `conformance.examining.parser.MODULE` before
    parsing, so that the same file of two services gives the same facts.
    """

    name: str
    version: str
    wants: Callable[[str], bool]
    parse: Callable[[str, bytes], Any]
    seconds: float = 2.0
    is_external: bool = False
    is_module_blind: bool = False


def facts_in(answer: Mapping[str, Any]) -> Any:
    """Return the facts in an examiner's answer; what was not parsed (`missing`, `failed`) has an error for them."""
    return answer["facts"] if "facts" in answer else {"error": answer.get("missing") or answer["failed"]}


MODULE = "module.invalid/service"
"""Stands for the service's own Go module path in the facts of module-blind parsers."""
