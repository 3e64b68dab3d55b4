"""What a check sees of a service: one commit's files, what parsers learned from them, and what the portal knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conformance.examining.nodes import Node


class UnreadableError(Exception):
    """A file that a check needs cannot be read: the verdict is an error with this message."""

    def __init__(self, message: str, path: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.path, self.line = path, line


@dataclass(frozen=True, slots=True)
class File:
    """A file of the tree. `mode` is git's (100644, 100755, 120000 for a link), `size` in bytes."""

    path: str
    blob: str
    mode: str
    size: int

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, which no parser follows."""
        return self.mode == "120000"


@dataclass(frozen=True, slots=True)
class FileDrift:
    """One file that departed from the path, or is behind it."""

    path: str
    drift: str
    is_guard: bool = False
    renamed_to: str = ""


@dataclass(frozen=True, slots=True)
class LockState:
    """The lock file as committed, beside what the portal recorded.

    `problem` says in words why the committed lock is not believed (missing, edited, from the future, of another
    service); it is empty when lock and record agree. `document` is the committed lock, `{}` when it cannot be read.
    """

    document: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    template_ref: str = ""
    version: str = ""
    newest_version: str = ""
    versions_behind: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """One commit of one service.

    `files` by path. `facts[parser][path]` is what a parser said of a file: `{"error": ...}` when it could not read it.
    `entity` is the catalog's component (ref, owner, system, type, lifecycle, tags), `teams` the references of all
    groups, `forge` what the forge enforces (`isProtected`, `defaultBranch`), `codeowners_org` the organisation in
    CODEOWNERS. `omitted` counts the files that were too many or too large to be parsed.
    """

    files: Mapping[str, File]
    facts: Mapping[str, Mapping[str, Any]]
    drift: tuple[FileDrift, ...] = ()
    lock: LockState = LockState()
    entity: Mapping[str, Any] = field(default_factory=dict)
    teams: frozenset[str] = frozenset()
    forge: Mapping[str, Any] = field(default_factory=dict)
    codeowners_org: str = ""
    omitted: Mapping[str, str] = field(default_factory=dict)
    _found: dict[tuple[str, ...], list[str]] = field(default_factory=dict, repr=False, compare=False)

    def has(self, path: str) -> bool:
        """Tell whether there is a regular file at `path`."""
        return path in self.files and not self.files[path].is_link

    def paths(self, *patterns: str) -> list[str]:
        """Return the paths of the regular files that fit one of the patterns (`*` within a folder, `**` across)."""
        if patterns not in self._found:
            match, ends = _expression(patterns).match, _ends(patterns)
            self._found[patterns] = [
                path for path in self.files if path.endswith(ends) and match(path) and self.has(path)
            ]
        return list(self._found[patterns])

    def fact(self, parser: str, path: str) -> Any:
        """Return what `parser` learned from the file; UnreadableError when it could not read it."""
        found = self.facts.get(parser, {}).get(path)
        if found is None:
            raise UnreadableError(self._why_absent(path), path)
        if isinstance(found, dict) and "error" in found:
            raise UnreadableError(str(found["error"]), path, int(found.get("line", 0)))
        return found

    def yaml(self, path: str) -> list[Node]:
        """Return the documents of a YAML file; UnreadableError when it is none."""
        return [Node(document) for document in self.fact("yaml", path)["documents"]]

    def yamls(self, *patterns: str) -> Iterator[tuple[str, Node]]:
        """Yield path and document of every YAML document in the files that fit; UnreadableError as `yaml`."""
        for path in self.paths(*patterns):
            for document in self.yaml(path):
                yield path, document

    def facts_of(self, parser: str, *patterns: str) -> Iterator[tuple[str, Any]]:
        """Yield path and fact of every file that fits and that the parser read; UnreadableError as `fact`."""
        for path in self.paths(*patterns):
            yield path, self.fact(parser, path)

    def _why_absent(self, path: str) -> str:
        if path in self.omitted:
            return f"{path} was not read: {self.omitted[path]}."
        if path in self.files and self.files[path].is_link:
            return f"{path} is a symbolic link, which is not followed."
        return f"{path} was not read." if path in self.files else f"There is no {path}."


@lru_cache(maxsize=512)
def _expression(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return the expression of some patterns: `**/` any folders, `*` anything but a slash."""
    return re.compile("|".join(f"(?:{_translated(pattern)})" for pattern in patterns) or r"(?!)")


@lru_cache(maxsize=512)
def _ends(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return how the paths end that may fit: what follows the last wildcard of each pattern, and its slash."""
    return tuple(pattern.rpartition("*")[2].removeprefix("/") for pattern in patterns)


def _translated(pattern: str) -> str:
    wild = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*"}
    parts = re.split(r"(\*\*/|\*\*|\*)", pattern)
    return "".join(wild.get(part, re.escape(part)) for part in parts) + r"\Z"
