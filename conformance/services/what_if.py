"""What a draft policy would change, before anybody publishes it: from stored snapshots, without a scan."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.examining.terms import Level, Outcome
from conformance.grading import Cover, Grade, Traits, grade, levels_for
from conformance.models import Policy, Service
from conformance.services import policies, waivers

BATCH = 100
MOST_GRADES = 1000
MOST_CHANGES = 1000
_BAD = frozenset({Outcome.FAIL.value, Outcome.ERROR.value})
_COLUMNS = (
    "pk", "entity_ref", "namespace", "name", "title", "owner_ref", "level", "score",
    "type", "lifecycle", "tags", "template_ref", "snapshot__results",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One service that would change its level, and the checks behind it.

    For one that falls, `checks` are those that keep it from its present level then; for one that rises, those that keep
    it from the new one now.
    """

    service_id: int
    entity_ref: str
    namespace: str
    name: str
    title: str
    owner_ref: str
    before: Level
    after: Level
    score_before: int
    score_after: int
    checks: tuple[str, ...]

    @property
    def is_fall(self) -> bool:
        """Whether it loses a level."""
        return self.after.rank < self.before.rank

    @property
    def display_name(self) -> str:
        """What people call the service."""
        return self.title or self.name


@dataclass
class WhatIf:
    """What would change under `policy` in place of the `published` one.

    `before`, `after` and `moves` count services by level, and by pairs of levels; `falls` and `rises` are those that
    change, the furthest first and a thousand of each at most; `behind_falls` and `behind_rises` count services by the
    checks behind it. `unscanned` services have no snapshot, and are in no other number.
    """

    policy: Policy
    published: Policy
    before: Counter[Level] = field(default_factory=Counter)
    after: Counter[Level] = field(default_factory=Counter)
    moves: Counter[tuple[Level, Level]] = field(default_factory=Counter)
    falls: list[Change] = field(default_factory=list)
    rises: list[Change] = field(default_factory=list)
    behind_falls: Counter[str] = field(default_factory=Counter)
    behind_rises: Counter[str] = field(default_factory=Counter)
    unscanned: int = 0

    @property
    def total(self) -> int:
        """How many services were looked at."""
        return sum(self.before.values())

    @property
    def fall_count(self) -> int:
        """How many services would lose a level."""
        return sum(count for (old, new), count in self.moves.items() if new.rank < old.rank)

    @property
    def rise_count(self) -> int:
        """How many services would gain a level."""
        return sum(count for (old, new), count in self.moves.items() if new.rank > old.rank)


def what_if(policy: Policy) -> WhatIf:
    """Try a policy on the stored snapshots of all services and return who would rise or fall, and why.

    The number of queries does not grow with the fleet. Services are read one after another: memory grows with the
    waivers that last, not with the services. Nothing is written.
    """
    found = WhatIf(policy, policies.published())
    found.unscanned = Service.objects.filter(snapshot=None).count()
    trial = _Trial(policy.document, found.published.document)
    for change in _keep_furthest(trial.changes(found), found):
        (found.behind_falls if change.is_fall else found.behind_rises).update(change.checks)
    return found


class _Trial:
    """Grades services under both policies.

    What a policy asks of services with the same traits is worked out once, and so is what the same verdicts come to:
    most services of a fleet are like others.
    """

    def __init__(self, draft: Mapping[str, Any], published: Mapping[str, Any]) -> None:
        self._draft, self._published = draft, published
        self._asked: dict[Traits, tuple[dict[str, Level], dict[str, Level]]] = {}
        self._grades: dict[tuple[int, Level, tuple[str, ...]], Grade] = {}

    def changes(self, found: WhatIf) -> Iterator[Change]:
        """Count every service into `found`, and yield those that change their level."""
        all_covers = waivers.covers_of()
        rows = Service.objects.exclude(snapshot=None).order_by("pk").values(*_COLUMNS)
        for row in rows.iterator(chunk_size=BATCH):
            covers = all_covers.get(row["pk"], {})
            before = Level(row["level"])
            after = self._grade(row, self._levels(row)[0], covers, before)
            found.before[before] += 1
            found.after[after.level] += 1
            found.moves[before, after.level] += 1
            if after.level is not before:
                yield self._change(row, before, after, covers)

    def _levels(self, row: Mapping[str, Any]) -> tuple[dict[str, Level], dict[str, Level]]:
        traits = Traits(row["type"], row["lifecycle"], frozenset(row["tags"]), row["template_ref"])
        if traits not in self._asked:
            self._asked[traits] = levels_for(self._draft, traits), levels_for(self._published, traits)
        return self._asked[traits]

    def _grade(
        self, row: Mapping[str, Any], levels: dict[str, Level], covers: Mapping[str, list[Cover]], previous: Level
    ) -> Grade:
        """Return what a service's results come to; without a waiver only the verdicts count, and they are few."""
        results = row["snapshot__results"]
        if covers:
            return grade(results, levels, covers=covers, previous=previous)
        verdicts = tuple(results[check]["verdict"] if check in results else "" for check in levels)
        key = id(levels), previous, verdicts  # `_asked` holds on to the levels
        if key not in self._grades:
            if len(self._grades) >= MOST_GRADES:
                self._grades.clear()
            self._grades[key] = grade(results, levels, previous=previous)
        return self._grades[key]

    def _change(self, row: Mapping[str, Any], before: Level, after: Grade, covers: Mapping[str, list[Cover]]) -> Change:
        if after.level.rank < before.rank:
            reasons = _against(after, after.level, before)
        else:
            _, levels = self._levels(row)
            reasons = _against(self._grade(row, levels, covers, Level.NONE), before, after.level)
        return Change(
            service_id=row["pk"],
            entity_ref=row["entity_ref"],
            namespace=row["namespace"],
            name=row["name"],
            title=row["title"],
            owner_ref=row["owner_ref"],
            before=before,
            after=after.level,
            score_before=row["score"],
            score_after=after.score,
            checks=reasons,
        )


def _against(found: Grade, low: Level, high: Level) -> tuple[str, ...]:
    """Return the checks that stand between two levels."""
    return tuple(
        check
        for check, each in found.standings.items()
        if each.standing in _BAD and low.rank < each.level.rank <= high.rank
    )


def _keep_furthest(changes: Iterable[Change], found: WhatIf) -> Iterator[Change]:
    """Pass the changes on, and keep the furthest of each direction in `found`."""
    heaps: dict[bool, list[tuple[int, int, Change]]] = {True: [], False: []}
    for change in changes:
        heap = heaps[change.is_fall]
        far = (abs(change.after.rank - change.before.rank), -change.service_id, change)
        if len(heap) < MOST_CHANGES:
            heapq.heappush(heap, far)
        else:
            heapq.heappushpop(heap, far)
        yield change
    found.falls = [change for *_, change in sorted(heaps[True], reverse=True)]
    found.rises = [change for *_, change in sorted(heaps[False], reverse=True)]
