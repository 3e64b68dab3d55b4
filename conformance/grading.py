"""From verdicts to a level: which checks a policy asks of a service, and what its results are worth.

Pure functions over stored results, so that a draft policy can be tried on the whole fleet without a scan.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conformance.choices import WAIVED
from conformance.examining.terms import LEVELS, Level, Outcome

WEIGHTS = {Level.BRONZE: 3, Level.SILVER: 2, Level.GOLD: 1}
_SETTLED = frozenset({Outcome.PASS.value, WAIVED})


@dataclass(frozen=True, slots=True)
class Traits:
    """What a policy's filters look at: type, lifecycle, tags and template of a service."""

    type: str = ""
    lifecycle: str = ""
    tags: frozenset[str] = frozenset()
    template: str = ""


@dataclass(frozen=True, slots=True)
class Cover:
    """An approved waiver: the whole check, or one path of it, for exactly the failure with this digest."""

    waiver_id: int
    path: str
    evidence_digest: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What one check comes to: its verdict or `waived`, at the policy's level, and the waiver behind it."""

    level: Level
    standing: str
    waiver_id: int | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """What a snapshot is worth. `is_held` says that only errors stand against the level it had before."""

    level: Level
    score: int
    is_held: bool
    standings: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many checks stand how."""
        return dict(Counter(each.standing for each in self.standings.values()))


def levels_for(document: Mapping[str, Any], traits: Traits) -> dict[str, Level]:
    """Return the checks that a policy asks of a service with these traits, each with its level."""
    levels: dict[str, Level] = {}
    for rule in document["rules"]:
        if rule["check"] not in levels and _fits(rule.get("when", {}), traits):
            levels[rule["check"]] = Level(rule["level"])
    return {check: level for check, level in levels.items() if level is not Level.NONE}


def grade(
    results: Mapping[str, Mapping[str, Any]],
    levels: Mapping[str, Level],
    *,
    covers: Mapping[str, Sequence[Cover]] | None = None,
    previous: Level = Level.NONE,
) -> Grade:
    """Return what stored results come to under `levels`, with the waivers in `covers` (by check).

    A check without a result is an error: nobody knows. A level needs every applicable check of it and of those below
    to pass or be waived. Errors neither raise nor lower: if only they stand between the service and `previous`, it
    stays there.
    """
    standings = {check: _standing(check, results, level, covers or {}) for check, level in levels.items()}
    certain = _reached(standings, _SETTLED | {Outcome.NOT_APPLICABLE.value})
    possible = _reached(standings, _SETTLED | {Outcome.NOT_APPLICABLE.value, Outcome.ERROR.value})
    level = min(max(certain, previous, key=_rank), possible, key=_rank)
    return Grade(level, _score(standings), is_held=level is not certain, standings=standings)


def evidence_digest(check: str, result: Mapping[str, Any], path: str = "") -> str:
    """Return what a waiver is bound to: the check, what it said, and its evidence (of one path, or all of it).

    Lines move when code above them changes, so the excerpts count and the line numbers do not.
    """
    evidence = [
        (each["path"], each.get("excerpt", ""), each.get("note", ""))
        for each in result.get("evidence", [])
        if not path or each["path"] == path
    ]
    text = json.dumps([check, "" if path else result.get("message", ""), sorted(evidence)])
    return hashlib.sha256(text.encode()).hexdigest()


def _fits(when: Mapping[str, Any], traits: Traits) -> bool:
    """Tell whether every filter that is given holds; a filter holds when one of its values does."""
    single = (("types", traits.type), ("lifecycles", traits.lifecycle), ("templates", traits.template))
    if any(when.get(name) and value not in when[name] for name, value in single):
        return False
    return not when.get("tags") or bool(traits.tags & set(when["tags"]))


def _standing(
    check: str, results: Mapping[str, Mapping[str, Any]], level: Level, covers: Mapping[str, Sequence[Cover]]
) -> Standing:
    result = results.get(check)
    if result is None:
        return _plain(level, Outcome.ERROR.value)
    if result["verdict"] == Outcome.FAIL:
        waiver_id = _covering(check, result, covers.get(check, ()))
        if waiver_id is not None:
            return Standing(level, WAIVED, waiver_id)
    return _plain(level, result["verdict"])


@lru_cache(maxsize=64)
def _plain(level: Level, standing: str) -> Standing:
    """Return a standing without a waiver: of those there are few, and a fleet has hundreds of thousands."""
    return Standing(level, standing)


def _covering(check: str, result: Mapping[str, Any], covers: Sequence[Cover]) -> int | None:
    """Return the waiver under which a failure is accepted: one for all of it, or one for each path in its evidence."""
    valid = [cover for cover in covers if cover.evidence_digest == evidence_digest(check, result, cover.path)]
    for cover in valid:
        if not cover.path:
            return cover.waiver_id
    paths = {each["path"] for each in result.get("evidence", [])}
    if paths and paths <= {cover.path for cover in valid}:
        return valid[0].waiver_id
    return None


def _reached(standings: Mapping[str, Standing], good: frozenset[str] | set[str]) -> Level:
    reached = Level.NONE
    missed = {each.level for each in standings.values() if each.standing not in good}
    for level in LEVELS:
        if level in missed:
            return reached
        reached = level
    return reached if standings else Level.NONE


def _score(standings: Mapping[str, Standing]) -> int:
    """Return 0 to 100: the weight of what passes or is waived among what applies. 100 means all of it."""
    applicable = [each for each in standings.values() if each.standing != Outcome.NOT_APPLICABLE]
    whole = sum(WEIGHTS[each.level] for each in applicable)
    good = sum(WEIGHTS[each.level] for each in applicable if each.standing in _SETTLED)
    return good * 100 // whole if whole else 0


def _rank(level: Level) -> int:
    return level.rank
