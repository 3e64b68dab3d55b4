"""What the services of a filtered fleet come to: four grouped reads, whatever its size."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Avg, CharField, Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from conformance.examining.terms import Level
from conformance.exports.rules import rule
from conformance.models import Evaluation, Service
from conformance.models.service import DRIFT_COLUMNS
from conformance.services import fleet

WORST = 10
_SCANNED = Q(snapshot__isnull=False)


def summary(services: QuerySet[Service]) -> dict[str, Any]:
    """Return the summary of a set of services, in the words of the wire."""
    scanned = services.filter(_SCANNED).order_by()
    whole = _whole(services)
    groups = _groups(scanned)
    levels = Counter({level: 0 for level in Level})
    for row in groups:
        levels[Level(row["level"])] += row["services"]
    changes = _changes(services)
    return {
        "services": whole["services"],
        "scanned": whole["scanned"],
        "problems": whole["problems"],
        "averageScore": _rounded(whole["score"]),
        "levels": _named(levels),
        "drift": _drift(whole),
        "versions": _versions(groups),
        "worstChecks": _worst(services),
        "teams": _teams(groups),
        "trend": [{"date": date, "levels": _named(at)} for date, at in fleet.trend(levels, changes, today=_today())],
    }


def _whole(services: QuerySet[Service]) -> dict[str, Any]:
    sums = {f"files_{column}": Sum(column, default=0) for column in DRIFT_COLUMNS.values()}
    having = {f"services_{column}": Count("pk", filter=Q(**{f"{column}__gt": 0})) for column in DRIFT_COLUMNS.values()}
    return services.aggregate(
        services=Count("pk"),
        scanned=Count("pk", filter=_SCANNED),
        problems=Count("pk", filter=~Q(problem="")),
        score=Avg("score", filter=_SCANNED),
        **sums,
        **having,
    )


def _groups(scanned: QuerySet[Service]) -> list[dict[str, Any]]:
    keys = ("owner_ref", "level", "template_ref", "template_version")
    rows = scanned.values(*keys).annotate(services=Count("pk"), score=Sum("score"), behind=Max("versions_behind"))
    return list(rows)


def _within(rows: QuerySet[Any], services: QuerySet[Service]) -> QuerySet[Any]:
    """Return the rows of these services; nothing is compared when they are all there are."""
    return rows.filter(service__in=services.order_by().values("pk")) if services.query.where else rows


def _changes(services: QuerySet[Service]) -> Mapping[tuple[str, str, str], int]:
    since = timezone.now() - dt.timedelta(days=fleet.DAYS)
    rows = (
        _within(Evaluation.objects.filter(is_level_change=True, at__gte=since), services)
        .order_by()
        .values_list(Substr(Cast("at", CharField()), 1, 10), "previous_level", "level")
        .annotate(number=Count("pk"))
    )
    return {(day, before, after): number for day, before, after, number in rows}


def _worst(services: QuerySet[Service]) -> list[dict[str, Any]]:
    """Return the checks that fail in the most services, and how they stand there."""
    open_ = _within(fleet.open_verdicts(), services).values_list("check_id", "standing")
    found: dict[str, Counter[str]] = {}
    for check, standing, number in open_.annotate(number=Count("pk")):
        found.setdefault(check, Counter())[standing] = number
    worst = sorted(found, key=lambda check: (-found[check]["fail"], -found[check]["error"], check))[:WORST]
    return [
        {
            "check": check,
            "title": rule(check).title,
            **{each: found[check][each] for each in ("fail", "error", "waived")},
        }
        for check in worst
    ]


def _drift(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"drift": drift, "files": whole[f"files_{column}"], "services": whole[f"services_{column}"]}
        for drift, column in DRIFT_COLUMNS.items()
    ]


def _versions(groups: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str]] = Counter()
    behind: dict[tuple[str, str], int] = {}
    for row in groups:
        key = row["template_ref"], row["template_version"]
        counts[key] += row["services"]
        behind[key] = max(behind.get(key, 0), row["behind"])
    return [
        {"template": key[0], "version": key[1], "versionsBehind": behind[key], "services": counts[key]}
        for key in sorted(counts, key=lambda key: (key[0], behind[key], key[1]))
    ]


def _teams(groups: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    teams: dict[str, Counter[Level]] = {}
    scores: Counter[str] = Counter()
    for row in groups:
        teams.setdefault(row["owner_ref"], Counter())[Level(row["level"])] += row["services"]
        scores[row["owner_ref"]] += row["score"]
    return [
        {
            "owner": owner,
            "services": levels.total(),
            "levels": _named(levels),
            "averageScore": _rounded(scores[owner] / levels.total()),
        }
        for owner, levels in sorted(teams.items())
    ]


def _named(levels: Mapping[Level, int]) -> dict[str, int]:
    return {level.value: levels.get(level, 0) for level in Level}


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(float(score), 1)


def _today() -> dt.date:
    return timezone.now().date()
