"""Which services need help first, and what stands behind it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from conformance.examining.terms import Drift, Level, Outcome
from conformance.models import DriftedFile, Evaluation, Service, ServiceQuerySet, Verdict
from conformance.services.fleet import chosen

RECENT = dt.timedelta(days=14)
_GUARD, _FALL, _PROBLEM, _MISSING = 100, 60, 50, 30
_LEVELS = {Level.NONE: 40, Level.BRONZE: 20, Level.SILVER: 5}
_NEXT = {Level.NONE: Level.BRONZE, Level.BRONZE: Level.SILVER, Level.SILVER: Level.GOLD}
_LIFECYCLES = {"production": 3, "deprecated": 1}
_OTHER_LIFECYCLES = 2


@dataclass(frozen=True, slots=True)
class Fall:
    """A loss of level: from where and when."""

    before: Level
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A service that needs help: a weakened and a missing file, a recent fall, and the checks short of `next_level`."""

    service: Service
    weakened_path: str
    missing_path: str
    fall: Fall | None
    next_level: Level | None
    short: int


def calls_for_help(owner: str = "", *, count: int = 3, now: dt.datetime | None = None) -> list[Call]:
    """Return the services that need help most, the worst first: one query.

    Weakened guards count most, then a loss of level within `RECENT`, a repository that cannot be read, missing files,
    a low level, forks, versions behind and drifted files; production counts three times as much as what is deprecated.
    Services against which nothing is said are left out, and so are those that no scan has looked at.
    """
    recent = (now or timezone.now()) - RECENT
    scanned = _with_points(chosen(owner).filter(evaluated_at__isnull=False), recent)
    rows = _detailed(scanned).order_by("-points", "score", "pk")[:count]
    return [_call(row, recent) for row in rows if row.points]


def is_fall(before: str, after: str) -> bool:
    """Tell whether the second level is lower; the first may be empty, before the first evaluation."""
    return bool(before) and Level(after).rank < Level(before).rank


def _with_points(services: ServiceQuerySet, recent: dt.datetime) -> QuerySet[Any]:
    fallen = Evaluation.objects.order_by().filter(_lower(), is_level_change=True, at__gte=recent)
    worth = (
        _when(Q(weakened__gt=0), _GUARD)
        + Least(F("weakened"), Value(3)) * 10
        + _when(Q(pk__in=fallen.filter(level=F("service__level")).values("service")), _FALL)
        + _when(~Q(problem=""), _PROBLEM)
        + _when(Q(missing__gt=0), _MISSING)
        + _by("level", {level.value: points for level, points in _LEVELS.items()}, 0)
        + Least(F("forked"), Value(4)) * 5
        + Least(F("versions_behind"), Value(5)) * 8
        + Least(F("drifted"), Value(4)) * 2
    )
    annotated: QuerySet[Any] = services.annotate(points=worth * _by("lifecycle", _LIFECYCLES, _OTHER_LIFECYCLES))
    return annotated


def _lower() -> Q:
    """Return the condition for a change of level downwards."""
    pairs = Q()
    for before in Level:
        below = [after.value for after in Level if after.rank < before.rank]
        if below:
            pairs |= Q(previous_level=before.value, level__in=below)
    return pairs


def _when(condition: Q, points: int) -> Combinable:
    return Case(When(condition, then=Value(points)), default=Value(0), output_field=IntegerField())


def _by(column: str, points: dict[str, int], otherwise: int) -> Combinable:
    known = [When(**{column: value}, then=Value(number)) for value, number in points.items()]
    return Case(*known, default=Value(otherwise), output_field=IntegerField())


def _detailed(services: QuerySet[Any]) -> QuerySet[Any]:
    last = Evaluation.objects.filter(service=OuterRef("pk"), is_level_change=True).order_by("-at", "-pk")
    unsettled = [Outcome.FAIL.value, Outcome.ERROR.value]
    short = Verdict.objects.filter(service=OuterRef("pk"), level=OuterRef("next_level"), standing__in=unsettled)
    annotated: QuerySet[Any] = services.annotate(
        weakened_path=_first(Drift.WEAKENED),
        missing_path=_first(Drift.MISSING),
        fell_from=Subquery(last.values("previous_level")[:1]),
        fell_at=Subquery(last.values("at")[:1]),
        next_level=Case(
            *[When(level=low.value, then=Value(high.value)) for low, high in _NEXT.items()],
            default=Value(""),
            output_field=CharField(),
        ),
        short=Coalesce(Subquery(short.order_by().values("service").annotate(n=Count("pk")).values("n")), Value(0)),
    )
    return annotated


def _first(drift: Drift) -> Subquery:
    files = DriftedFile.objects.filter(service=OuterRef("pk"), drift=drift.value).order_by("-is_guard", "path")
    return Subquery(files.values("path")[:1])


def _call(row: Any, recent: dt.datetime) -> Call:
    has_fallen = row.fell_at is not None and row.fell_at >= recent and is_fall(row.fell_from, row.level)
    return Call(
        service=row,
        weakened_path=row.weakened_path or "",
        missing_path=row.missing_path or "",
        fall=Fall(Level(row.fell_from), row.fell_at) if has_fallen else None,
        next_level=Level(row.next_level) if row.next_level else None,
        short=row.short,
    )
