"""What is wrong in a service, gathered by a check before it speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.checks._words import cut
from conformance.examining.check import Evidence, Finding, failed

_MOST_SAID = 2
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a sentence without its full stop, and where it shows (line 0 is the whole file)."""

    words: str
    path: str = ""
    line: int = 0

    @property
    def evidence(self) -> Evidence:
        """The place, with the words as its note."""
        return Evidence(self.path, self.line, cut(self.words, _LONGEST))


def failed_by(problems: Sequence[Problem]) -> Finding:
    """Return the fail that these problems, at least one, come to: the first two in words, all as evidence."""
    said = "; ".join(problem.words for problem in problems[:_MOST_SAID])
    more = len(problems) - _MOST_SAID
    rest = f" (and {more} more)" if more > 0 else ""
    return failed(f"{cut(said, _LONGEST)}{rest}.", *(problem.evidence for problem in problems if problem.path))
