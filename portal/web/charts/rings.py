"""How much of something is done: a ring that fills up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring: `length` of a circumference of 100 is drawn."""

    done: int
    total: int

    @property
    def length(self) -> float:
        """How much of the circumference is drawn; all of it when nothing was asked for."""
        return round(100 * self.done / self.total, 1) if self.total else 100.0

    @property
    def left(self) -> int:
        """How many are missing."""
        return self.total - self.done

    @property
    def is_full(self) -> bool:
        """Whether nothing is missing."""
        return self.done == self.total
