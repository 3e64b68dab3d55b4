"""What a fleet of services comes to: a few grouped reads, whatever its size.

Three reads in all: services by owner and level; a union of tallies (changes of level, open checks, departed files,
template versions); and, in `calls`, the services that need help first. Each can be restricted to one owner.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, CharField, Count, Max, Q, QuerySet, Sum, Value
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
    """The services of one owner at one level: all, those that were scanned, those with a problem, files by class."""

    owner_ref: str
    level: Level
    services: int
    scanned: int
    problems: int
    drift: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """How many services are on a version of a template, and how many versions are newer."""

    template_ref: str
    version: str
    behind: int
    services: int


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts of services: by day and change of level, by check and standing, by file and drift class, by version."""

    changes: Mapping[tuple[str, str, str], int]
    checks: Mapping[str, Mapping[str, int]]
    files: Mapping[str, Mapping[str, int]]
    versions: tuple[Version, ...]


def chosen(owner: str = "") -> ServiceQuerySet:
    """Return the services of an owner, or all."""
    return Service.objects.filter(owner_ref=owner) if owner else Service.objects.all()


def groups(owner: str = "") -> list[Group]:
    """Return the services by owner and level: one query, and one row for each pair that there is."""
    return [_group(row) for row in _grouped(chosen(owner), "owner_ref", "level")]


def levels_on(template: str, version: str) -> Counter[Level]:
    """Return how many of the scanned services on one version of a template stand at each level: one query."""
    rows = Service.objects.filter(template_ref=template, template_version=version)
    return levels_of(_group(row) for row in _grouped(rows, "owner_ref", "level"))


def versions_of(template: str) -> list[Version]:
    """Return the versions of one template that services are on, the newest first: one query."""
    rows = _versions(Service.objects.filter(template_ref=template))
    return _newest_first([Version(ref, version, int(behind), count) for _, ref, version, behind, count in rows])


def tallies(owner: str = "", *, now: dt.datetime | None = None) -> Tallies:
    """Return the tallies of the last `DAYS` days and of now: one query."""
    since = (now or timezone.now()) - dt.timedelta(days=DAYS)
    found: dict[str, list[tuple[str, str, str, int]]] = {"change": [], "check": [], "file": [], "version": []}
    parts = (_checks(owner), _files(owner), _versions(chosen(owner)))
    for what, *row in _changes(owner, since).union(*parts, all=True):
        found[what].append(tuple(row))
    return Tallies(
        changes={(day, before, after): count for day, before, after, count in found["change"]},
        checks=_nested(found["check"]),
        files=_nested(found["file"]),
        versions=tuple(_newest_first([Version(ref, name, int(by), n) for ref, name, by, n in found["version"]])),
    )


def levels_of(rows: Iterable[Group]) -> Counter[Level]:
    """Return how many of the scanned services stand at each level."""
    counts: Counter[Level] = Counter()
    for row in rows:
        counts[row.level] += row.scanned
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


def _grouped(services: ServiceQuerySet, *keys: str) -> QuerySet[Any, Any]:
    """Return counts and sums by `keys`; the index of owner and level gives their order."""
    columns = [DRIFT_COLUMNS[drift] for drift in DEPARTED]
    return (
        services.order_by()
        .values_list(*keys)
        .annotate(
            Count("pk"),
            Count("evaluated_at"),
            *[Sum(column) for column in columns],
            problems=Count("pk", filter=~Q(problem="")),
        )
    )


def _group(row: Sequence[Any]) -> Group:
    owner, level, count, scanned, *files, problems = row
    drift = dict(zip((each.value for each in DEPARTED), (number or 0 for number in files), strict=True))
    return Group(owner, Level(level), count, scanned, problems, drift)


def _versions(services: ServiceQuerySet) -> QuerySet[Any, Any]:
    behind = Cast(Max("versions_behind"), CharField())
    rows = services.order_by().values("template_ref", "template_version").annotate(behind=behind, n=Count("*"))
    return rows.values_list(_word("version"), "template_ref", "template_version", "behind", "n")


def _newest_first(versions: list[Version]) -> list[Version]:
    return sorted(versions, key=lambda each: (each.behind, each.version))


def _changes(owner: str, since: dt.datetime) -> QuerySet[Any, Any]:
    day = Substr(Cast("at", CharField()), 1, 10)
    rows = Evaluation.objects.order_by().filter(is_level_change=True, at__gte=since)
    rows = rows.filter(service__owner_ref=owner) if owner else rows
    return rows.values_list(_word("change"), day, "previous_level", "level").annotate(n=Count("*"))


def _checks(owner: str) -> QuerySet[Any, Any]:
    rows = open_verdicts()
    rows = rows.filter(service__in=chosen(owner).order_by().values("pk")) if owner else rows
    return rows.values_list(_word("check"), "check_id", "standing", _word("")).annotate(n=Count("*"))


def _files(owner: str) -> QuerySet[Any, Any]:
    rows = DriftedFile.objects.order_by()
    rows = rows.filter(service__owner_ref=owner) if owner else rows
    return rows.values_list(_word("file"), "path", "drift", _word("")).annotate(n=Count("*"))


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
