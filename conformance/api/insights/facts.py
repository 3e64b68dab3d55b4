"""Facts in the words of Tech Insights: what is true of a service, by retriever.

There are two retrievers: one tells of every check whether it passes (or is waived), the other how the service stands. A
check that does not apply, or that could not decide, gives no fact: nobody can say that it is true or false.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from conformance import checks
from conformance.choices import WAIVED, WaiverStatus
from conformance.examining.terms import DEPARTED, Level
from conformance.exports.rules import rule
from conformance.grading import Cover, grade, levels_for
from conformance.models import Evaluation, Service, Waiver
from conformance.models.service import DRIFT_COLUMNS
from conformance.services.standing import traits_of
from portal.foundation.api.times import wire_time

CHECKS = "goldpath-checks"
STANDING = "goldpath-standing"
RETRIEVERS = (CHECKS, STANDING)
VERSION = "1.0.0"
MOST_MOMENTS = 500
TRUTH = {"pass": True, WAIVED: True, "fail": False}
_DECIDED = (WaiverStatus.APPROVED, WaiverStatus.REVOKED, WaiverStatus.EXPIRED, WaiverStatus.LAPSED)

Facts = dict[str, Any]


def schemas() -> list[dict[str, Any]]:
    """Return the schemas of both retrievers."""
    filters = [{"kind": "component"}]
    return [
        {"id": STANDING, "version": VERSION, "entityFilter": filters, **_standing_schema()},
        {"id": CHECKS, "version": VERSION, "entityFilter": filters, **_checks_schema()},
    ]


@lru_cache(maxsize=512)
def fact_schema(name: str) -> Mapping[str, Any]:
    """Return the schema of one fact."""
    found = _standing_schema().get(name)
    return found or _boolean(rule(name).title)


def of_verdicts(standings: Iterable[tuple[str, str]]) -> Facts:
    """Return the facts of pairs of check and standing."""
    return {check: TRUTH[standing] for check, standing in standings if standing in TRUTH}


def of_service(service: Service) -> Facts:
    """Return how a service stands now."""
    counts, drift = service.standing_counts(), service.drift_counts()
    return {
        **_numbers(service.level, service.score, counts),
        "departedFiles": service.departed + service.behind,
        "versionsBehind": service.versions_behind,
        **{_drift_fact(name): number for name, number in drift.items()},
    }


def row(retriever: str, service: Service, at: dt.datetime | None, facts: Facts) -> dict[str, Any]:
    """Return facts as a row of a retriever."""
    return {
        "id": retriever,
        "entity": {"namespace": service.namespace, "kind": "component", "name": service.name},
        "timestamp": wire_time(at),
        "version": VERSION,
        "facts": facts,
    }


def between(service: Service, retrievers: Iterable[str], start: dt.datetime, end: dt.datetime) -> dict[str, Any]:
    """Return the rows of a service's history from `start` to `end`, the oldest first and 500 at most, by retriever.

    A moment whose snapshot is forgotten tells level, score and counts only.
    """
    wanted = [retriever for retriever in RETRIEVERS if retriever in set(retrievers)]
    moments = Evaluation.objects.filter(service=service, at__gte=start, at__lte=end).order_by("-at", "-pk")
    found = list(moments.select_related("snapshot", "policy")[:MOST_MOMENTS])[::-1]
    waivers = list(Waiver.objects.filter(service=service, status__in=_DECIDED, decided_at__lte=end))
    rows: dict[str, Any] = {}
    for moment in found if wanted else ():
        told = {CHECKS: _checks_at(service, moment, waivers), STANDING: _standing_at(moment)}
        for retriever in wanted:
            if told[retriever]:
                rows.setdefault(retriever, []).append(row(retriever, service, moment.at, told[retriever]))
    return rows


def _checks_at(service: Service, moment: Evaluation, waivers: Iterable[Waiver]) -> Facts:
    """Return what the checks came to then, under the policy of then and the waivers that held."""
    if moment.snapshot is None:
        return {}
    covers: dict[str, list[Cover]] = {}
    for waiver in waivers:
        if waiver.decided_at and waiver.decided_at <= moment.at and (waiver.ended_at or waiver.expires_at) > moment.at:
            covers.setdefault(waiver.check_id, []).append(Cover(waiver.pk, waiver.path, waiver.evidence_digest))
    levels = levels_for(moment.policy.document, traits_of(service))
    found = grade(moment.snapshot.results, levels, covers=covers)
    return of_verdicts((check, each.standing) for check, each in found.standings.items())


def _standing_at(moment: Evaluation) -> Facts:
    drift = moment.snapshot.drift if moment.snapshot else {}
    known = {_drift_fact(name): drift.get(name, 0) for name in DRIFT_COLUMNS} if drift else {}
    return {**_numbers(moment.level, moment.score, moment.counts), "departedFiles": moment.departed, **known}


def _numbers(level: str, score: int, counts: Mapping[str, int]) -> Facts:
    return {
        "level": level,
        "levelRank": Level(level).rank,
        "score": score,
        "passedChecks": counts.get("pass", 0),
        "failedChecks": counts.get("fail", 0),
        "waivedChecks": counts.get(WAIVED, 0),
        "inconclusiveChecks": counts.get("error", 0),
    }


def _standing_schema() -> dict[str, dict[str, Any]]:
    return {
        "level": {"type": "string", "description": "The level: none, bronze, silver or gold."},
        "levelRank": _integer("The level as a number: 0 for none, 3 for gold."),
        "score": _integer("The weighted share of the applicable checks that pass or are waived, 0 to 100."),
        "passedChecks": _integer("Checks that pass."),
        "failedChecks": _integer("Checks that fail."),
        "waivedChecks": _integer("Checks whose failure is waived."),
        "inconclusiveChecks": _integer("Checks that could not decide."),
        "departedFiles": _integer(f"Files that are {', '.join(DEPARTED[:-1])} or {DEPARTED[-1]}."),
        "versionsBehind": _integer("How many versions of its template are newer than the service's."),
        **{_drift_fact(name): _integer(f"Files of the class {name}.") for name in DRIFT_COLUMNS},
    }


def _checks_schema() -> dict[str, dict[str, Any]]:
    return {check.id: _boolean(check.title) for check in checks.registry().values()}


def _drift_fact(name: str) -> str:
    """Return the name of the fact that counts files of a drift class: `in-sync` gives `filesInSync`."""
    return "files" + "".join(word.capitalize() for word in name.split("-"))


def _integer(description: str) -> dict[str, Any]:
    return {"type": "integer", "description": description, "since": VERSION}


def _boolean(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description, "since": VERSION}
