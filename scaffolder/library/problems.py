"""What is wrong with a library, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.foundation.errors import GoldpathError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault: the file (relative to the library), its line (0 for the whole file), and what to do."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}"


class LibraryError(GoldpathError):
    """The template library has faults; `problems` lists them."""

    name = "LibraryError"
    status = 500

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        shown = "; ".join(str(problem) for problem in self.problems[:5])
        super().__init__(f"The template library has {len(self.problems)} fault(s): {shown}")
