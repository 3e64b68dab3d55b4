"""Where CI compares test coverage with a threshold: in shell texts, by tools and by actions that are known for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.checks._ci import ci
from conformance.checks._commands import Command, Text, Use
from conformance.checks._presence import starts_by_itself
from conformance.checks._tools import options
from conformance.examining import shell
from conformance.examining.check import Evidence
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject

_TOKEN = re.compile(r"[\w.]+|[<>]=?|-(?:lt|le|gt|ge)\b|\S")
_COMPARISONS = frozenset({"<", ">", "<=", ">=", "-lt", "-le", "-gt", "-ge"})
_INTERPRETERS = frozenset({"awk", "gawk", "mawk", "perl", "python", "python3", "ruby", "node"})
_TESTS = frozenset({"[", "[[", "((", "test"})
_FLAGS = frozenset({
    "--threshold-total", "--threshold", "-threshold", "--fail-under", "-fail-under", "--min-coverage",
    "--minimum-coverage", "-min", "--min", "--minimum",
})  # fmt: skip
_INPUTS = frozenset({
    "threshold-total", "threshold", "minimum-coverage", "minimum_coverage", "min-coverage", "min_coverage",
    "coverage-threshold", "coverage_threshold", "fail-below", "fail-under", "limit-coverage",
})  # fmt: skip
_SETTINGS = {
    "go-test-coverage": ((".testcoverage.yml", ".testcoverage.yaml"), "threshold.total"),
    "octocov": ((".octocov.yml", ".octocov.yaml"), "coverage.acceptable"),
    "codecov": (("codecov.yml", ".codecov.yml", ".github/codecov.yml"), "coverage.status.project.default.target"),
}
"""Tools, the files in which they look for their threshold, and where it stands there."""
_ACTIONS = {
    "vladopajic/go-test-coverage": "go-test-coverage",
    "k1low/octocov-action": "octocov",
    "codecov/codecov-action": "codecov",
}
_LEAST_FRACTION = 0.3
_MOST = 100.0


@dataclass(frozen=True, slots=True)
class Gate:
    """A threshold in percent below which CI fails, and the places that say so, the threshold's own first."""

    threshold: float
    places: tuple[Evidence, ...]


def measured(subject: Subject) -> list[Command]:
    """Return the commands by which CI measures coverage."""
    return [each for each in ci(subject).commands if _measures(each)]


def gates(subject: Subject) -> list[Gate]:
    """Return every threshold that CI holds coverage against; UnreadableError when a file on the way cannot be read."""
    found = [gate for text in ci(subject).texts for gate in _of_text(text)]
    for each in ci(subject).commands:
        if not each.is_tolerated and starts_by_itself(each.origin.workflow):
            found.extend(_of_tool(subject, each))
    for use in ci(subject).uses:
        if not use.is_tolerated and starts_by_itself(use.origin.workflow):
            found.extend(_of_action(subject, use))
    return found


def _measures(command: Command) -> bool:
    """Tell whether a command measures coverage, or reads what was measured."""
    arguments = command.go_test()
    if arguments is not None:
        return any(word.lstrip("-").startswith("cover") and word.startswith("-") for word in arguments)
    return command.tool == "cover"


def _of_text(text: Text) -> Iterator[Gate]:
    binding = [each for each in text.commands if not each.is_tolerated and starts_by_itself(each.origin.workflow)]
    if not any(_measures(each) for each in binding):
        return
    has_bc = any(each.is_any("bc") for each in binding)
    for each in binding:
        is_sum = has_bc and each.tool in ("echo", "printf", "bc")
        if each.tool in _INTERPRETERS or each.tool in _TESTS or is_sum:
            yield from (_gate(text, each, number) for number in _compared(text, each) if _can_fail(binding, each))


def _can_fail(commands: Sequence[Command], comparing: Command) -> bool:
    """Tell whether a comparison can end what it is part of with a failure."""
    if comparing.tool in _INTERPRETERS:
        return any("exit" in _TOKEN.findall(program) for program in comparing.arguments)
    ends = [each for each in commands if each.line >= comparing.line and each.tool in ("exit", "return", "false")]
    return any(each.arguments[:1] != ("0",) for each in ends) or comparing is commands[-1]


def _compared(text: Text, command: Command) -> list[str]:
    """Return the numbers, as they are written or set, that a command compares something with."""
    names = {**text.variables, **_awk_variables(command.arguments)}
    words = command.arguments if command.tool in _INTERPRETERS else (" ".join(command.arguments),)
    found: list[str] = []
    for tokens in (_TOKEN.findall(word) for word in words):
        for index, token in enumerate(tokens):
            if token in _COMPARISONS:
                beside = [*_operand(tokens[:index][::-1]), *_operand(tokens[index + 1 :])]
                found.extend(names.get(each, each) for each in beside)
    return [each for each in found if _percent(each) is not None]


def _operand(tokens: Sequence[str]) -> list[str]:
    """Return the name or number that stands next to a comparison, behind quotes, brackets and the dollar."""
    return [each for each in tokens[:3] if each[0].isalnum() or each[0] == "_"][:1]


def _awk_variables(arguments: Sequence[str]) -> dict[str, str]:
    """Return what `-v name=value` sets."""
    given = [word[2:] for word in arguments if word.startswith("-v") and "=" in word]
    parts = [each.partition("=") for each in (*given, *options(arguments, "-v"))]
    return {name: value for name, is_set, value in parts if is_set}


def _percent(text: str) -> float | None:
    """Return a threshold in percent; a fraction of one becomes percent, and what can be neither is None."""
    bare = text.strip().removesuffix("%").strip()
    if not bare or not set(bare) <= set("0123456789.") or len(bare) > 8 or bare.count(".") > 1 or bare == ".":
        return None
    number = float(bare)
    number = number * 100 if _LEAST_FRACTION <= number < 1 else number
    return number if 1 < number <= _MOST else None


def _gate(text: Text, command: Command, number: str) -> Gate:
    """Return a gate with its places: where the number is set, who hands it in, and where it is compared."""
    places = [Evidence(each.path, each.line, "the threshold") for each in text.settings if each.value == number]
    is_handed_in = text.caller is not None and number in text.caller.arguments
    places += [
        Evidence(text.path, text.first_line + each.line - 1, "the threshold")
        for each in text.assignments
        if number == (each.value if is_handed_in else shell.expand(each.value, {}))
    ]
    givers = [each for each in text.callers if any(word.rpartition("=")[2] == number for word in each.arguments)]
    places += [each.evidence("the threshold is handed in") for each in givers]
    return Gate(_percent(number) or 0, (*places, command.evidence("coverage is compared"), command.origin.evidence()))


def _of_tool(subject: Subject, command: Command) -> Iterator[Gate]:
    """Yield the threshold of a tool for coverage: by a flag, else by its file of settings."""
    if "cover" not in command.tool or command.tool == "cover":
        return
    if any(text.caller is command for text in ci(subject).texts):
        return  # what it runs is read itself
    known = next((name for name in ("go-test-coverage", "octocov") if command.is_any(name)), "")
    given = map(_percent, options(command.arguments, *_FLAGS))
    numbers = [percent for percent in given if percent is not None]
    if numbers:
        yield Gate(numbers[0], (command.evidence("the threshold"),))
    elif known:
        yield from _of_settings(subject, known, "".join(options(command.arguments, "--config")[:1]))


def _of_action(subject: Subject, use: Use) -> Iterator[Gate]:
    known = next((name for action, name in _ACTIONS.items() if use.is_any(action)), "")
    if not known and "coverage" not in use.action.lower():
        return
    inputs = [(node, _percent(node.text)) for name, node in use.inputs.items() if name.lower() in _INPUTS]
    numbers = [(node, percent) for node, percent in inputs if percent is not None]
    if numbers:
        node, percent = numbers[0]
        yield Gate(percent or 0, (Evidence(use.path, node.line, "the threshold"),))
    elif known:
        yield from _of_settings(subject, known, use.inputs["config"].text)


def _of_settings(subject: Subject, tool: str, given: str) -> Iterator[Gate]:
    names, place = _SETTINGS[tool]
    path = next((name for name in ((given,) if given else names) if subject.has(name)), "")
    if not path:
        return
    node = next(iter(subject.yaml(path)), Node(None)).at(place)
    percent = _percent(node.text.lstrip(">= "))
    informs_only = node and tool == "codecov" and _status(subject, path)["informational"].value is True
    if percent is not None and not informs_only:
        yield Gate(percent, (Evidence(path, node.line, "the threshold"),))


def _status(subject: Subject, path: str) -> Node:
    return next(iter(subject.yaml(path)), Node(None)).at("coverage.status.project.default")
