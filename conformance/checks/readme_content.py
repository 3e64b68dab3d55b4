"""A README from which somebody new can run and test the service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conformance.checks._documents import mentions, stubs
from conformance.checks._places import first
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

FEWEST_WORDS = 80
_RUN_HEADINGS = ("run", "running", "start", "started", "quickstart", "usage")
_TEST_HEADINGS = ("test", "tests", "testing")
_RUN_COMMANDS = (
    ("make", "run"), ("make", "up"), ("make", "start"), ("make", "dev"), ("go", "run"), ("docker", "run"),
    ("docker", "compose"), ("docker-compose", "up"), ("podman", "run"), ("task", "run"), ("just", "run"),
    ("tilt", "up"), ("skaffold", "dev"),
)  # fmt: skip
_TEST_COMMANDS = (
    ("make", "test"),
    ("make", "check"),
    ("go", "test"),
    ("gotestsum",),
    ("task", "test"),
    ("just", "test"),
)


def judge(subject: Subject) -> Finding:
    """Judge the top folder's README: its length in words, and whether it tells how to run and how to test."""
    path = first(subject, ("",), "README.md")
    if not path:
        return failed("There is no README.md in the top folder.")
    fact = subject.fact("markdown", path)
    problems = stubs(path, fact, FEWEST_WORDS)
    if not _tells(fact, _RUN_HEADINGS, _RUN_COMMANDS):
        problems.append(Problem(f"{path} does not tell how to run the service", path))
    if not _tells(fact, _TEST_HEADINGS, _TEST_COMMANDS):
        problems.append(Problem(f"{path} does not tell how to test it", path))
    if problems:
        return failed_by(problems)
    return passed(f"{path} tells in {counted(fact['words'], 'word')} how to run and test the service.", Evidence(path))


def _tells(fact: Any, headings: Sequence[str], commands: Iterable[Sequence[str]]) -> bool:
    """Tell whether a heading has one of the words, or an example one of the commands."""
    if any(mentions(heading["text"], headings) for heading in fact["headings"]):
        return True
    lines = list(_lines(fact["code"]))
    return any(_holds(line, command) for line in lines for command in commands)


def _lines(code: Iterable[Any]) -> Iterator[list[str]]:
    """Yield the words of each line of the examples, without comments."""
    for block in code:
        for line in block["text"].splitlines():
            yield line.partition(" #")[0].split()


def _holds(words: Sequence[str], command: Sequence[str]) -> bool:
    """Tell whether the command is in the line: its first word, and the others after it (`make db migrate run`)."""
    if command[0] not in words:
        return False
    after = words[words.index(command[0]) + 1 :]
    return all(word in after for word in command[1:])


CHECK = Check(
    id="readme-content",
    title="The README says what the service is, how to run it and how to test it",
    level=Level.BRONZE,
    area="Documentation",
    applies_to="Every service",
    rationale=(
        "The README is what somebody reads who has to change the service for the first time, often while it is "
        "failing. If it does not say how to run and to test it, that person asks the one who wrote it, or guesses."
    ),
    fix=(
        "Write 80 words of prose or more: what the service does, for whom, and what it needs. Show the commands.\n\n"
        "````markdown\n"
        "## Run and test it\n\n"
        "```sh\n"
        "make test   # everything that needs nothing but Go\n"
        "make run    # the API on :8080\n"
        "```\n"
        "````"
    ),
    judge=judge,
    source=(
        "https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-readmes"
    ),
)
