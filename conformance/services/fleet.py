"""What a fleet of services comes to: a few grouped reads, whatever its size.

Three reads in all: services by owner, level and template; a union of tallies (changes of level, open checks, departed
files); and the services that need help first. Each can be restricted to one owner.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, Case, CharField, Count, Max, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from conformance.choices import WAIVED
from conformance.examining.terms import DEPARTED, Level, Outcome
from conformance.models import DriftedFile, Evaluation, Service, ServiceQuerySet, Verdict
from conformance.models.service import DRIFT_COLUMNS

DAYS = 90
OPEN = (Outcome.FAIL.value, Outcome.ERROR.value, WAIVED)


@dataclass(frozen=True, slots=True)
class Group:
    """The services of one owner that stand alike; `drift` counts their files by class, `behind` is in versions."""

    owner_ref: str
    level: Level
    template_ref: str
    template_version: str
    behind: int
    is_scanned: bool
    services: int
    problems: int
    drift: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts of services: by day and change of level, by check and standing, by file and drift class."""

    changes: Mapping[tuple[str, str, str], int]
    checks: Mapping[str, Mapping[str, int]]
    files: Mapping[str, Mapping[str, int]]


def chosen(owner: str = "") -> ServiceQuerySet:
    """Return the services of an owner, or all."""
    return Service.objects.filter(owner_ref=owner) if owner else Service.objects.all()


def groups(owner: str = "", *, template: str = "") -> list[Group]:
    """Return the services of an owner and a template, grouped: one query, one row per kind of service that there is."""
    columns = [DRIFT_COLUMNS[drift] for drift in DEPARTED]
    keys = ("owner_ref", "level", "template_ref", "template_version", "is_scanned")
    of_template = {"template_ref": template} if template else {}
    rows = (
        chosen(owner)
        .filter(**of_template)
        .order_by()
        .annotate(is_scanned=_truth(evaluated_at__isnull=False))
        .values_list(*keys)
        .annotate(
            Max("versions_behind"),
            Count("pk"),
            *[Sum(column) for column in columns],
            problems=Count("pk", filter=~Q(problem="")),
        )
    )
    return [_group(row) for row in rows]


def tallies(owner: str = "", *, now: dt.datetime | None = None) -> Tallies:
    """Return the tallies of the last `DAYS` days and of now: one query."""
    since = (now or timezone.now()) - dt.timedelta(days=DAYS)
    found: dict[str, list[tuple[str, str, str, int]]] = {"change": [], "check": [], "file": []}
    for what, *row in _changes(owner, since).union(_checks(owner), _files(owner), all=True):
        found[what].append(tuple(row))
    return Tallies(
        changes={(day, before, after): count for day, before, after, count in found["change"]},
        checks=_nested(found["check"]),
        files=_nested(found["file"]),
    )


def levels_of(rows: Iterable[Group]) -> Counter[Level]:
    """Return how many of the scanned services stand at each level."""
    counts: Counter[Level] = Counter()
    for row in rows:
        counts[row.level] += row.services if row.is_scanned else 0
    return counts


def trend(
    levels: Mapping[Level, int], changes: Mapping[tuple[str, str, str], int], *, today: dt.date | None = None
) -> list[tuple[dt.date, dict[Level, int]]]:
    """Return the number of services by level at the end of each of the last `DAYS` days, the present last.

    It is walked backwards from `levels`, undoing each change of level; a first evaluation has no level before.
    """
    day = today or timezone.now().date()
    counts = {level: levels.get(level, 0) for level in Level}
    by_day: dict[str, list[tuple[str, str, int]]] = {}
    for (when, before, after), count in changes.items():
        by_day.setdefault(when, []).append((before, after, count))
    points = []
    for ago in range(DAYS + 1):
        date = day - dt.timedelta(days=ago)
        points.append((date, {level: max(0, count) for level, count in counts.items()}))
        for before, after, count in by_day.get(date.isoformat(), ()):
            counts[Level(after)] -= count
            if before:
                counts[Level(before)] += count
    return points[::-1]


def _truth(**condition: Any) -> Case:
    return Case(When(**condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _group(row: Sequence[Any]) -> Group:
    owner, level, template, version, is_scanned, behind, count, *files, problems = row
    drift = dict(zip((each.value for each in DEPARTED), (number or 0 for number in files), strict=True))
    return Group(owner, Level(level), template, version, behind or 0, bool(is_scanned), count, problems, drift)


def _changes(owner: str, since: dt.datetime) -> QuerySet[Any, Any]:
    day = Substr(Cast("at", CharField()), 1, 10)
    rows = Evaluation.objects.order_by().filter(is_level_change=True, at__gte=since)
    rows = rows.filter(service__owner_ref=owner) if owner else rows
    return rows.values_list(_word("change"), day, "previous_level", "level").annotate(n=Count("pk"))


def _checks(owner: str) -> QuerySet[Any, Any]:
    rows = open_verdicts()
    rows = rows.filter(service__in=chosen(owner).order_by().values("pk")) if owner else rows
    return rows.values_list(_word("check"), "check_id", "standing", _word("")).annotate(n=Count("pk"))


def _files(owner: str) -> QuerySet[Any, Any]:
    rows = DriftedFile.objects.order_by()
    rows = rows.filter(service__owner_ref=owner) if owner else rows
    return rows.values_list(_word("file"), "path", "drift", _word("")).annotate(n=Count("pk"))


def open_verdicts() -> QuerySet[Verdict]:
    """Return the verdicts that are not settled: failures, errors and waived failures.

    The condition stands in the statement word for word as in the partial index `verdict_open`: SQLite uses such an
    index only when it can compare the two, which it cannot with bound parameters.
    """
    words = ", ".join(f"'{standing}'" for standing in OPEN)
    condition = f'"conformance_verdict"."standing" IN ({words})'
    return Verdict.objects.order_by().filter(RawSQL(condition, [], BooleanField()))  # noqa: S611 - constants of ours


def _word(text: str) -> Value:
    return Value(text, output_field=CharField())


def _nested(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, kind, _, count in rows:
        found.setdefault(name, {})[kind] = count
    return found
