"""Makefiles as make reads them: which recipe lines a goal runs, with their variables filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.examining.subject import Subject

_LONGEST = 4096
_DEEPEST = 20
_MOST_REFERENCES = 200
_MOST_TARGETS = 500
_BUILT_IN = {"MAKE": "make", "CURDIR": ".", "$": "$"}
_NAMES = ("GNUmakefile", "makefile", "Makefile")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's unexpanded value and where it is set."""

    value: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Line:
    """One recipe line, expanded; `is_tolerated` when make ignores its failure (`-`), `settings` what it stands on."""

    text: str
    path: str
    line: int
    is_tolerated: bool
    settings: tuple[Variable, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What a makefile says of a target."""

    path: str
    needs: tuple[str, ...]
    recipe: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Makefile:
    """The makefile of a folder, with all `*.mk` at or below it."""

    rules: Mapping[str, tuple[Rule, ...]]
    variables: Mapping[str, Variable]
    default: str = ""


@dataclass(slots=True)
class _Run:
    """One call of make: its makefile, what the caller set, the rules by their names, and the targets that are done."""

    makefile: Makefile
    given: Mapping[str, str]
    rules: Mapping[str, tuple[Rule, ...]]
    done: set[str] = field(default_factory=set)


def makefile(subject: Subject, folder: str = "") -> Makefile | None:
    """Return the makefile of a folder, or None; UnreadableError when a part of it cannot be read."""
    inside = f"{folder}/" if folder else ""
    main = next((inside + name for name in _NAMES if subject.has(inside + name)), "")
    if not main:
        return None
    parts = [main, *sorted(subject.paths(f"{inside}*.mk", f"{inside}**/*.mk"))]
    return _merged([(path, subject.fact("makefile", path)) for path in parts])


def _merged(parts: Sequence[tuple[str, Any]]) -> Makefile:
    rules: dict[str, tuple[Rule, ...]] = {}
    variables: dict[str, Variable] = {}
    for path, fact in parts:
        for name, found in fact["variables"].items():
            variables.setdefault(name, Variable(str(found["value"]), path, int(found["line"])))
    default = ""
    for path, fact in parts:
        for target in fact["targets"]:
            recipe = tuple((str(each["text"]), int(each["line"])) for each in target["recipe"])
            rule = Rule(path, tuple(target["needs"]), recipe)
            name = str(target["name"])
            rules[name] = (*rules.get(name, ()), rule)
            default = default or ("" if name.startswith(".") else name)
    stated = variables.get(".DEFAULT_GOAL")
    return Makefile(rules, variables, stated.value if stated else default)


def lines(makefile: Makefile, goals: Sequence[str], given: Mapping[str, str]) -> Iterator[Line]:
    """Yield the recipe lines that `make GOALS` runs, prerequisites first, each target once.

    `given` holds the variables of the command line, which win over those of the makefile.
    """
    run = _Run(makefile, given, _named(makefile, given))
    for goal in goals or [_filled(makefile.default, makefile.variables, given)]:
        yield from _target(run, goal, 0)


def _target(run: _Run, name: str, depth: int) -> Iterator[Line]:
    if name in run.done or depth > _DEEPEST or len(run.done) > _MOST_TARGETS:
        return
    run.done.add(name)
    for rule, stem in _rules_of(run.rules, name):
        needs = [_filled(need, run.makefile.variables, run.given).replace("%", stem) for need in rule.needs]
        needs = [word for need in needs for word in need.split()]
        for need in needs:
            yield from _target(run, need, depth + 1)
        automatic = {"@": name, "<": needs[0] if needs else "", "^": " ".join(needs), "*": stem}
        yield from _recipe(run, rule, automatic)


def _named(makefile: Makefile, given: Mapping[str, str]) -> dict[str, tuple[Rule, ...]]:
    """Return the rules by their names, filled in."""
    named: dict[str, tuple[Rule, ...]] = {}
    for raw, rules in makefile.rules.items():
        name = _filled(raw, makefile.variables, given) if "$" in raw else raw
        named[name] = (*named.get(name, ()), *rules)
    return named


def _rules_of(rules: Mapping[str, tuple[Rule, ...]], name: str) -> Iterator[tuple[Rule, str]]:
    """Yield the rules of a target with their stem: its own, else those of the first pattern that fits."""
    if name in rules:
        yield from ((rule, "") for rule in rules[name])
        return
    for pattern, fitting in rules.items():
        before, percent, after = pattern.partition("%")
        if percent and len(name) >= len(before) + len(after) and name.startswith(before) and name.endswith(after):
            yield from ((rule, name[len(before) : len(name) - len(after)]) for rule in fitting)
            return


def _recipe(run: _Run, rule: Rule, automatic: Mapping[str, str]) -> Iterator[Line]:
    for text, line in rule.recipe:
        bare = text.lstrip()
        prefix = bare[: len(bare) - len(bare.lstrip("@-+ \t"))]
        expansion = _Expansion(run.makefile.variables, {**run.given, **automatic})
        filled = expansion.of(bare[len(prefix) :])
        yield Line(filled, rule.path, line, "-" in prefix, tuple(expansion.used))


def _filled(text: str, variables: Mapping[str, Variable], given: Mapping[str, str]) -> str:
    return _Expansion(variables, given).of(text)


@dataclass(slots=True)
class _Expansion:
    """Fills `$(NAME)` in, and `$$` as a dollar; functions and unknown names give nothing.

    `used` are the makefile's variables that were asked for. `left` counts references down, so that definitions which
    name each other cannot multiply.
    """

    variables: Mapping[str, Variable]
    given: Mapping[str, str]
    used: list[Variable] = field(default_factory=list)
    left: int = _MOST_REFERENCES

    def of(self, text: str) -> str:
        """Return the text, filled in."""
        parts: list[str] = []
        at = 0
        while (dollar := text.find("$", at)) >= 0 and dollar + 1 < len(text):
            parts.append(text[at:dollar])
            following = text[dollar + 1]
            at = dollar + 2 if following == "$" else _end(text, dollar + 1)
            name = text[dollar + 2 : at - 1] if following in "({" else following
            parts.append(self._value(name))
        parts.append(text[at:])
        return "".join(parts)[:_LONGEST]

    def _value(self, name: str) -> str:
        name = name.partition(":")[0]  # $(NAME:.c=.o)
        self.left -= 1
        if name in self.given:
            return self.given[name]
        if name in _BUILT_IN:
            return _BUILT_IN[name]
        found = self.variables.get(name)
        if found is None or self.left <= 0:
            return ""
        self.used.append(found)
        return self.of(found.value)


def _end(text: str, start: int) -> int:
    """Return the index after a reference that begins at `start`, after its dollar."""
    opening = text[start]
    if opening not in "({":
        return start + 1
    closing = ")" if opening == "(" else "}"
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == opening) - (text[index] == closing)
        if depth == 0:
            return index + 1
    return len(text) + 1
