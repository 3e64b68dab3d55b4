"""Applies the policy and the waivers to what a scan found: verdicts, level, score, history, events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from conformance.choices import EventKind
from conformance.examining.terms import Level, Outcome
from conformance.grading import Cover, Grade, Traits, evidence_digest, grade, levels_for
from conformance.models import Evaluation, Policy, Service, Verdict, Waiver
from conformance.models.service import STANDING_COLUMNS, columns_of
from conformance.services import events, policies, waivers

BATCH = 200
_FIELDS = ("snapshot", "policy", "level", "standing", "message", "evidence", "waiver", "since")


def traits_of(service: Service) -> Traits:
    """Return what policies look at."""
    return Traits(service.type, service.lifecycle, frozenset(service.tags), service.template_ref)


def restate(service: Service, *, at: dt.datetime | None = None) -> Evaluation | None:
    """Make verdicts, level and score what the published policy and the approved waivers make of the last snapshot.

    `at` is when that became true: the commit's time after a scan, else now. Adds an `Evaluation` when anything that it
    holds changed and returns it, records `level.changed` when the level did, and lets waivers lapse whose failure is
    another one now. Repeating it changes nothing; without a snapshot there is nothing to do.
    """
    with transaction.atomic():
        policy = policies.published()
        # The first statement locks the row, so that two callers come one after the other on any database.
        if not Service.objects.filter(pk=service.pk).exclude(snapshot=None).update(policy=policy):
            return None
        service.refresh_from_db()
        assert service.snapshot is not None  # noqa: S101 - the update asked for it
        results = service.snapshot.results
        covers = _valid_covers(service, results)
        levels = levels_for(policy.document, traits_of(service))
        found = grade(results, levels, covers=covers, previous=Level(service.level))
        since = at or timezone.now()
        _write_verdicts(service, policy, found, results, since)
        return _write_level(service, policy, found, since)


def restate_all() -> int:
    """Restate every service that was ever scanned; return how many."""
    count = 0
    for service in Service.objects.exclude(snapshot=None).order_by("pk").iterator(chunk_size=BATCH):
        restate(service)
        count += 1
    return count


def _valid_covers(service: Service, results: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Cover]]:
    """Return the waivers that still cover what they were given for; the others lapse. An error says nothing new."""
    covers: dict[str, list[Cover]] = {}
    for check_id, given in waivers.covers_of([service.pk]).get(service.pk, {}).items():
        result = results.get(check_id)
        for cover in given:
            is_open = result is None or result["verdict"] == Outcome.ERROR
            if is_open or (
                result is not None
                and result["verdict"] == Outcome.FAIL
                and evidence_digest(check_id, result, cover.path) == cover.evidence_digest
            ):
                covers.setdefault(check_id, []).append(cover)
            else:
                waivers.lapse(Waiver.objects.get(pk=cover.waiver_id))
    return covers


def _write_verdicts(
    service: Service, policy: Policy, found: Grade, results: Mapping[str, Mapping[str, Any]], since: dt.datetime
) -> None:
    """Bring the service's rows in line: what has not changed is not written."""
    kept = {row.check_id: row for row in Verdict.objects.filter(service=service)}
    rows = []
    for check_id, standing in found.standings.items():
        result = results.get(check_id, {"message": "This check has not run on this commit yet.", "evidence": []})
        before = kept.pop(check_id, None)
        is_same = before is not None and before.standing == standing.standing
        row = Verdict(
            service=service,
            snapshot=service.snapshot,
            policy=policy,
            check_id=check_id,
            level=standing.level.value,
            standing=standing.standing,
            message=result["message"],
            evidence=result["evidence"],
            waiver_id=standing.waiver_id,
            since=before.since if before is not None and is_same else since,
        )
        if before is None or any(getattr(before, name) != getattr(row, name) for name in _COMPARED):
            rows.append(row)
    Verdict.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["service", "check_id"], update_fields=_FIELDS, batch_size=BATCH
    )
    if kept:
        Verdict.objects.filter(pk__in=[row.pk for row in kept.values()]).delete()


_COMPARED = ("snapshot_id", "policy_id", "level", "standing", "message", "evidence", "waiver_id")


def _write_level(service: Service, policy: Policy, found: Grade, at: dt.datetime) -> Evaluation | None:
    last = Evaluation.objects.filter(service=service).first()
    before = last.level if last else ""
    changes = {
        "level": found.level.value,
        "score": found.score,
        "is_held": found.is_held,
        **columns_of(found.counts, STANDING_COLUMNS),
    }
    Service.objects.filter(pk=service.pk).update(**changes)
    for name, value in changes.items():
        setattr(service, name, value)
    if last and _says_the_same(last, service, found):
        return None
    evaluation = Evaluation.objects.create(
        service=service,
        snapshot=service.snapshot,
        commit=service.commit,
        policy=policy,
        level=found.level.value,
        previous_level=before,
        is_level_change=before != found.level,
        score=found.score,
        counts=found.counts,
        departed=service.departed,
        at=max(at, last.at) if last else at,
    )
    if last and before != found.level:
        _tell(service, evaluation, before)
    return evaluation


def _says_the_same(last: Evaluation, service: Service, found: Grade) -> bool:
    now = (service.snapshot_id, found.level.value, found.score, found.counts)
    return (last.snapshot_id, last.level, last.score, last.counts) == now


def _tell(service: Service, evaluation: Evaluation, before: str) -> None:
    body = {
        "entityRef": service.entity_ref,
        "owner": service.owner_ref,
        "from": before,
        "to": evaluation.level,
        "score": evaluation.score,
        "commit": service.commit,
        "failing": _failing(service),
    }
    events.record(EventKind.LEVEL_CHANGED, service=service, body=body, at=evaluation.at)


def _failing(service: Service) -> list[str]:
    return list(Verdict.objects.filter(service=service, standing="fail").values_list("check_id", flat=True)[:50])
