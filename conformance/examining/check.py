"""What a check is: its description, and one pure function from a subject to a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.examining.subject import Subject, UnreadableError
from conformance.examining.terms import Level, Outcome

MOST_EVIDENCE = 20


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place that shows why: a path, a line (from 1; 0 for the whole file) and a few words.

    The scan adds the blob's id and the line's text, so that nothing here can claim what is not in the commit.
    """

    path: str
    line: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found in one subject: an outcome, one sentence about this service, and where to look."""

    outcome: Outcome
    message: str
    evidence: tuple[Evidence, ...] = ()


Judge = Callable[[Subject], Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of the golden path.

    `id` is stable and lower-case with hyphens; `level` is where the built-in policy puts it; `area` groups checks on
    pages (Ownership, Template, Delivery, Container, Kubernetes, Go, API, Operations, Security, Documentation);
    `applies_to` says in words for which services it has something to say; `rationale` why it matters and `fix` how to
    repair it, both Markdown; `source` names the specification or guide behind it.
    """

    id: str
    title: str
    level: Level
    area: str
    applies_to: str
    rationale: str
    fix: str
    judge: Judge
    source: str = ""

    def run(self, subject: Subject) -> Finding:
        """Judge the subject; what the check cannot read, and any defect of the check itself, is an error."""
        try:
            return self.judge(subject)
        except UnreadableError as error:
            place = (Evidence(error.path, error.line),) if error.path else ()
            return Finding(Outcome.ERROR, str(error), place)
        except RecursionError:
            return Finding(Outcome.ERROR, "The files are nested too deeply to be judged.")
        except Exception as error:  # noqa: BLE001 - one check's defect must not end the scan of a service
            return Finding(Outcome.ERROR, f"The check itself failed ({type(error).__name__}); please report it.")


def passed(message: str, *evidence: Evidence) -> Finding:
    """Return a pass: the message says what was found."""
    return Finding(Outcome.PASS, message, evidence[:MOST_EVIDENCE])


def failed(message: str, *evidence: Evidence) -> Finding:
    """Return a fail: the message says what is wrong in this service."""
    return Finding(Outcome.FAIL, message, evidence[:MOST_EVIDENCE])


def not_applicable(message: str) -> Finding:
    """Return that the check has nothing to say: the message says why."""
    return Finding(Outcome.NOT_APPLICABLE, message)


def inconclusive(message: str, *evidence: Evidence) -> Finding:
    """Return an error: the message says what could not be found out."""
    return Finding(Outcome.ERROR, message, evidence[:MOST_EVIDENCE])
