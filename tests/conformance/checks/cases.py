r"""The convention of the tests of checks.

Every `test_<subject>.py` in this folder has a table `CASES`: by check id, by a name that says what is special, a case.

    CASES: Cases = {
        "dockerfile-user": {
            "a number": passes({"Dockerfile": "FROM scratch\nUSER 65532\n"}),
            "root": fails({"Dockerfile": "FROM scratch\nUSER 0\n"}, says="USER is 0", at=("Dockerfile", 2)),
            "a library": skips({}, entity={"type": "library"}),
            "not text": errs({"Dockerfile": b"\xff"}),
        },
    }

    @each(CASES)
    def test_case(check: str, case: Case) -> None:
        case.verify(check)

`test_every_check.py` holds all checks to it: at least one passing and one failing case each, one that is not applicable
where `applies_to` does not begin with "Every service", and one that is an error where the check reads a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.checks import registry
from conformance.examining.check import MOST_EVIDENCE, Finding
from conformance.examining.terms import Outcome
from tests.conformance.subjects import subject

MOST_WORDS = 500
Texts = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Case:
    """What one check must say of one tree: `says` is in the message, `at` are path and line of some evidence."""

    outcome: Outcome
    texts: Texts
    says: str = ""
    at: tuple[str, int] | None = None
    links: frozenset[str] = frozenset()
    known: Mapping[str, Any] = field(default_factory=dict)

    def run(self, check: str) -> Finding:
        """Return the finding of the check."""
        return registry()[check].run(subject(self.texts, links=self.links, **self.known))

    def verify(self, check: str) -> None:
        """Run the check and compare."""
        finding = self.run(check)
        assert finding.outcome is self.outcome, finding
        assert self.says.lower() in finding.message.lower(), finding.message
        assert_sound(finding)
        places = [(each.path, each.line) for each in finding.evidence]
        assert self.at is None or self.at in places, places


def assert_sound(finding: Finding) -> None:
    """Demand what holds of every finding: a sentence that a row can hold, bounded evidence, and no defect behind it."""
    assert "The check itself failed" not in finding.message
    assert 0 < len(finding.message) <= MOST_WORDS
    assert finding.message.endswith(".") or finding.outcome is Outcome.ERROR, finding.message
    assert finding.message.isprintable()
    assert len(finding.evidence) <= MOST_EVIDENCE
    assert all(each.path and each.line >= 0 for each in finding.evidence)


Cases = dict[str, dict[str, Case]]


def passes(texts: Texts, says: str = "", at: tuple[str, int] | None = None, **known: Any) -> Case:
    """Return a case that passes; `known` are further fields of the subject."""
    return Case(Outcome.PASS, texts, says, at, known=known)


def fails(
    texts: Texts,
    says: str,
    at: tuple[str, int] | None = None,
    links: frozenset[str] = frozenset(),
    **known: Any,
) -> Case:
    """Return a case that fails with these words and, where there is a place to show, this evidence."""
    return Case(Outcome.FAIL, texts, says, at, links, known)


def skips(texts: Texts, says: str = "", **known: Any) -> Case:
    """Return a case to which the check does not apply."""
    return Case(Outcome.NOT_APPLICABLE, texts, says, known=known)


def errs(texts: Texts, says: str = "", links: frozenset[str] = frozenset(), **known: Any) -> Case:
    """Return a case that cannot be judged: something is unreadable or not known."""
    return Case(Outcome.ERROR, texts, says, links=links, known=known)


def each(cases: Cases) -> pytest.MarkDecorator:
    """Return the mark that runs a test for every case."""
    rows = [
        pytest.param(check, case, id=f"{check}: {name}")
        for check, table in cases.items()
        for name, case in table.items()
    ]
    return pytest.mark.parametrize(("check", "case"), rows)
