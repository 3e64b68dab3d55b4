"""The words of conformance."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """How far a service is on its path; a level needs all applicable checks of it and of those below."""

    NONE = "none"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"

    @property
    def rank(self) -> int:
        """0 for none, 3 for gold."""
        return list(Level).index(self)


class Outcome(StrEnum):
    """What a check says. A tool or a forge that fails is an error, never a fail and never a pass."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


class Drift(StrEnum):
    """How a file stands to its recorded render and to the newest version of its template."""

    IN_SYNC = "in-sync"
    DRIFTED = "drifted"
    WEAKENED = "weakened"
    MISSING = "missing"
    BEHIND = "behind"
    FORKED = "forked"
    TEAM_OWNED = "team-owned"
    ADDED = "added"


LEVELS = (Level.BRONZE, Level.SILVER, Level.GOLD)
"""The levels that a check can belong to, lowest first."""
DEPARTED = (Drift.WEAKENED, Drift.MISSING, Drift.FORKED, Drift.DRIFTED, Drift.BEHIND)
"""The classes of files that somebody should look at, the gravest first."""
