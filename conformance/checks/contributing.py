"""A guide for whoever wants to change the service."""

from __future__ import annotations

from conformance.checks._documents import stubs
from conformance.checks._places import COMMUNITY, first
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

FEWEST_WORDS = 60


def judge(subject: Subject) -> Finding:
    """Judge the guide that GitHub shows: its length, and whether it has parts or examples."""
    path = first(subject, COMMUNITY, "CONTRIBUTING.md")
    if not path:
        return failed("There is no CONTRIBUTING.md in .github/, the top folder or docs/.")
    fact = subject.fact("markdown", path)
    problems = stubs(path, fact, FEWEST_WORDS)
    if not fact["code"] and not any(heading["level"] > 1 for heading in fact["headings"]):
        problems.append(Problem(f"{path} has neither a section nor an example", path))
    if problems:
        return failed_by(problems)
    return passed(f"{path} tells in {counted(fact['words'], 'word')} how to change the service.", Evidence(path))


CHECK = Check(
    id="contributing",
    title="A guide says how to change the service",
    level=Level.GOLD,
    area="Documentation",
    applies_to="Every service",
    rationale=(
        "A colleague from another team who needs a small change makes it alone if the way is written down: which "
        "commands must pass, what a review looks at, who merges. Otherwise it becomes a ticket. GitHub links "
        "`CONTRIBUTING.md` from every new issue and pull request."
    ),
    fix=(
        "Write down what must pass, what a reviewer looks at, and where the layers of the code are.\n\n"
        "````markdown\n"
        "# Contributing\n\n"
        "## Before you open a pull request\n\n"
        "```sh\n"
        "make lint test\n"
        "```\n\n"
        "## How a change is judged\n\n"
        "A test fails without it. The API document changes before the code does.\n"
        "````"
    ),
    judge=judge,
    source=(
        "https://docs.github.com/en/communities/setting-up-your-project-for-healthy-contributions/setting-guidelines-for-repository-contributors"
    ),
)
