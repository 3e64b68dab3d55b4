"""Makefiles: targets with their needs and recipes, and variables (https://www.gnu.org/software/make/manual/make.html).

Nothing is run and nothing is expanded: names and values are as written, both branches of a condition count, included
files are not read. A target of several rules is one target, with the needs of all and the line of the rule that has
the recipe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._text import decode, keepable, numbered

MOST_TARGETS = 2000
MOST_NAMES = 500
MOST_RECIPE_LINES = 5000
MOST_VALUE = 2000

_ASSIGNMENT = re.compile(r"(?:(?:export|override|private)\s+)*([^\s:#=+?!$]+)\s*(\+|\?|!|:{1,3})?=\s*(.*)", re.DOTALL)
_OTHER = re.compile(
    r"(?:-?include|sinclude|ifeq|ifneq|ifdef|ifndef|else|endif|export|unexport|override|private|undefine|vpath|load)\b|\$[({]"
)
_RULE = re.compile(r"((?:\$[({][^)}]*[)}]|[^:=#])+?)\s*&?::?(?!=)(.*)", re.DOTALL)
_CONTINUED = re.compile(r"[ \t]*\\\n[ \t]*")
_COMMENT = re.compile(r"(?<!\\)#.*", re.DOTALL)
_WORD = re.compile(r"(?:\$\([^)]*\)|\$\{[^}]*\}|\\.|\S)+")


def parse(_path: str, content: bytes) -> Any:
    """Return targets and variables; ParseError where make would say that a separator is missing."""
    reader = _Reader()
    for line, text in _logical_lines(decode(content)):
        reader.take(line, text)
    if reader.defining:
        raise ParseError("A define is not ended by endef.", reader.defining)
    return {"targets": list(reader.targets.values()), "variables": reader.variables}


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines with continued ones joined by a newline, and the number of the first."""
    parts: list[str] = []
    start = 0
    for line, row in numbered(text):
        start = start if parts else line
        parts.append(row)
        if not row.endswith("\\"):
            yield start, "\n".join(parts)
            parts = []
    if parts:
        yield start, "\n".join(parts)


class _Reader:
    """Takes logical lines in and keeps targets and variables."""

    def __init__(self) -> None:
        self.targets: dict[str, dict[str, Any]] = {}
        self.variables: dict[str, dict[str, Any]] = {}
        self.defining = 0
        self._current: list[dict[str, Any]] | None = None
        self._count = 0

    def take(self, line: int, text: str) -> None:
        """Take one logical line in."""
        bare = text.strip()
        if self.defining:
            self.defining = 0 if bare.split(" ")[0] == "endef" else self.defining
        elif text.startswith("\t") and self._current is not None:
            self._recipe(text[1:], line)
        elif not bare or bare.startswith("#"):
            return
        elif re.match(r"(?:override\s+|export\s+)?define\b", bare):
            self.defining = line
        else:
            self._statement(_joined(_COMMENT.sub("", text)), line)

    def _recipe(self, text: str, line: int) -> None:
        self._count += 1
        if text.strip() and self._count <= MOST_RECIPE_LINES:
            for target in self._current or []:
                target["recipe"].append({"text": keepable(_joined(text), MOST_VALUE), "line": line})

    def _statement(self, text: str, line: int) -> None:
        assignment = _ASSIGNMENT.fullmatch(text)
        if assignment:
            self._assign(assignment, line)
            return
        rule = None if re.match(r"(?:if|else|endif|-?include|export)\b", text) else _RULE.fullmatch(text)
        if rule:
            self._rule(rule[1], rule[2], line)
        elif not _OTHER.match(text):
            raise ParseError("It is not a valid Makefile: a separator (: or =) is missing.", line)

    def _assign(self, match: re.Match[str], line: int) -> None:
        name, operator, value = keepable(match[1], 200), match[2], keepable(match[3].strip(), MOST_VALUE)
        known = self.variables.get(name)
        if operator == "+" and known is not None:
            known["value"] = keepable(f"{known['value']} {value}".strip(), MOST_VALUE)
        elif (operator != "?" or known is None) and len(self.variables) < MOST_TARGETS:
            self.variables[name] = {"value": value, "line": line}
        self._current = None

    def _rule(self, names: str, rest: str, line: int) -> None:
        needs, has_recipe, recipe = rest.partition(";")
        if _ASSIGNMENT.fullmatch(needs.strip()):
            needs = ""
        wanted = [keepable(word, 200) for word in _WORD.findall(needs) if word != "|" and word[-1] != ":"][:MOST_NAMES]
        self._current = []
        for name in _WORD.findall(names)[:MOST_NAMES]:
            target = self._target(keepable(name, 200), line)
            if target is not None:
                target["needs"].extend(need for need in wanted if need not in target["needs"])
                self._current.append(target)
        if has_recipe:
            self._recipe(recipe, line)

    def _target(self, name: str, line: int) -> dict[str, Any] | None:
        known = self.targets.get(name)
        if known is None and len(self.targets) < MOST_TARGETS:
            known = self.targets[name] = {"name": name, "line": line, "needs": [], "recipe": []}
        if known is not None and not known["recipe"]:
            known["line"] = line
        return known


def _joined(text: str) -> str:
    """Return a logical line as one line."""
    return _CONTINUED.sub(" ", text).strip()


def _wants(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in ("Makefile", "GNUmakefile", "makefile") or name.endswith(".mk")


PARSER = Parser(name="makefile", version="1", wants=_wants, parse=parse)
