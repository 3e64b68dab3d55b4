"""Waivers: asked for by a team, decided by somebody else, ended by their date, by a new failure, or by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from conformance.choices import WAIVED, EventKind, WaiverStatus
from conformance.examining.terms import Outcome
from conformance.grading import Cover, evidence_digest
from conformance.models import Event, Policy, Service, Verdict, Waiver
from conformance.services import events, policies
from conformance.texts import words
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, FieldError, InputError, NotAllowedError, NotFoundError
from portal.foundation.transitions import move

LEAST_REASON = 10
MOST_REASON = 1000
BATCH = 200


def find(waiver_id: int) -> Waiver:
    """Return a waiver with its service; NotFoundError when there is none."""
    found = Waiver.objects.select_related("service__repository").filter(pk=waiver_id).first()
    if found is None:
        raise NotFoundError("There is no such waiver.")
    return found


def failure(service: Service, check_id: str) -> Verdict:
    """Return the verdict of a check that fails now and may be waived; ConflictError says why another one may not."""
    verdict = Verdict.objects.filter(service=service, check_id=check_id).select_related("snapshot").first()
    if verdict is None:
        raise ConflictError(f"The policy does not ask {check_id[:80]} of {service.name}: there is nothing to waive.")
    if verdict.standing == WAIVED:
        raise ConflictError("This failure is waived already.")
    if verdict.standing != Outcome.FAIL:
        raise ConflictError(f"{check_id} does not fail in {service.name} now: there is nothing to waive.")
    return verdict


def most_days(policy: Policy, level: str) -> int:
    """Return for how many days a failure of a check at this level may be waived."""
    return int(policy.document["waivers"]["maxDays"][level])


def request(actor: Actor, service: Service, check_id: str, path: str, reason: str, expires_at: dt.datetime) -> Waiver:
    """Ask for a waiver of a check that fails now, or of one path in its evidence ("" for all of it).

    It has to end, at the latest after the days that the policy gives to the check's level, and is bound to exactly this
    failure. Raises NotAllowedError when the actor may not act for the owner, ConflictError when the check does not fail
    or a waiver is asked for or approved already, InputError for a wrong path, reason or date.
    """
    if not actor.may_act_for(service.owner_ref):
        raise NotAllowedError(
            f"Only members of {service.owner_ref or 'the owning team'} ask for waivers of {service.name}."
        )
    verdict = failure(service, check_id)
    _check(verdict, path, expires_at)
    waiver = Waiver(
        service=service,
        check_id=check_id,
        path=path,
        reason=words(reason, "reason", least=LEAST_REASON, most=MOST_REASON, is_long=True),
        requester_ref=actor.user_ref,
        evidence_digest=_digest(verdict, path),
        expires_at=expires_at,
    )
    try:
        with transaction.atomic():
            waiver.save(force_insert=True)
            _tell(EventKind.WAIVER_REQUESTED, waiver, actor.user_ref)
    except IntegrityError:
        raise ConflictError("A waiver for this failure is asked for or approved already.") from None
    return waiver


def may_decide(actor: Actor, waiver: Waiver) -> bool:
    """Tell whether the actor may approve or reject: never the requester; whom the policy names, otherwise."""
    return actor.user_ref != waiver.requester_ref and _is_approver(actor, waiver)


def decidable(actor: Actor) -> QuerySet[Waiver]:
    """Return the requests that the actor may decide, those that end first before the others."""
    rows = Waiver.objects.filter(status=WaiverStatus.REQUESTED).exclude(requester_ref=actor.user_ref)
    rows = rows.select_related("service").order_by("expires_at", "pk")
    if actor.is_platform:
        return rows
    return rows.filter(service__owner_ref__in=[*actor.groups, actor.user_ref]) if _owners_decide() else rows.none()


def history(waiver: Waiver) -> list[Event]:
    """Return what happened to a waiver, the oldest first."""
    rows = Event.objects.filter(service=waiver.service_id, kind__startswith="waiver.", body__waiver=waiver.pk)
    return list(rows.order_by("at", "pk"))


def may_revoke(actor: Actor, waiver: Waiver) -> bool:
    """Tell whether the actor may end an approved waiver early: approvers may, and the owning team itself."""
    return actor.may_act_for(waiver.service.owner_ref)


def approve(actor: Actor, waiver: Waiver, decision: str = "") -> Waiver:
    """Approve a request: from now on the failure counts as waived.

    Raises NotAllowedError for the requester and for those whom the policy does not name, ConflictError when it is
    decided already, when its date has passed or is later than the policy allows now, or when the failure changed.
    """
    _require_decider(actor, waiver)
    text = words(decision, "decision", most=MOST_REASON, is_long=True)
    _require_same_failure(waiver)
    changes = {"approver_ref": actor.user_ref, "decided_at": timezone.now(), "decision": text}
    return _decide(waiver, WaiverStatus.APPROVED, actor.user_ref, changes)


def reject(actor: Actor, waiver: Waiver, decision: str) -> Waiver:
    """Reject a request, with the reason. Raises as `approve`."""
    _require_decider(actor, waiver)
    text = words(decision, "decision", least=1, most=MOST_REASON, is_long=True)
    changes = {"approver_ref": actor.user_ref, "decided_at": timezone.now(), "decision": text}
    return _decide(waiver, WaiverStatus.REJECTED, actor.user_ref, changes)


def withdraw(actor: Actor, waiver: Waiver) -> Waiver:
    """Take a request back: its requester may, until it is decided."""
    if actor.user_ref != waiver.requester_ref:
        raise NotAllowedError("Only the person who asked for this waiver can withdraw it.")
    return _decide(waiver, WaiverStatus.WITHDRAWN, actor.user_ref, {"ended_at": timezone.now()})


def revoke(actor: Actor, waiver: Waiver, decision: str) -> Waiver:
    """End an approved waiver before its date, with the reason: the failure counts again."""
    if not may_revoke(actor, waiver):
        raise NotAllowedError(f"Only platform engineers and members of {waiver.service.owner_ref} end this waiver.")
    text = words(decision, "decision", least=1, most=MOST_REASON, is_long=True)
    changes = {"ended_at": timezone.now(), "decision": text}
    return _decide(waiver, WaiverStatus.REVOKED, actor.user_ref, changes, expect=WaiverStatus.APPROVED)


def lapse(waiver: Waiver) -> bool:
    """End an approved waiver whose failure is another one now, or none; tell whether this call did.

    Whoever calls it restates the service.
    """
    with transaction.atomic():
        over = {"ended_at": timezone.now()}
        if not move(_row(waiver), expect=[WaiverStatus.APPROVED], to=WaiverStatus.LAPSED, **over):
            return False
        waiver.refresh_from_db()
        _tell(EventKind.WAIVER_LAPSED, waiver)
    return True


def expire_due() -> int:
    """End the waivers whose date has come, and reject requests that nobody decided in time; return how many."""
    now = timezone.now()
    due = Waiver.objects.filter(expires_at__lte=now, status__in=[WaiverStatus.APPROVED, WaiverStatus.REQUESTED])
    count = 0
    for waiver in list(due.select_related("service").order_by("expires_at")[:BATCH]):
        count += _expire(waiver, now)
    return count


def covers_of(service_ids: Iterable[int] | None = None) -> dict[int, dict[str, list[Cover]]]:
    """Return what approved waivers that still last cover, by service and check: one query. None means all services."""
    rows = Waiver.objects.filter(status=WaiverStatus.APPROVED, expires_at__gt=timezone.now())
    rows = rows if service_ids is None else rows.filter(service__in=list(service_ids))
    covers: dict[int, dict[str, list[Cover]]] = {}
    for pk, service_id, check_id, path, digest in rows.order_by("pk").values_list(
        "pk", "service", "check_id", "path", "evidence_digest"
    ):
        covers.setdefault(service_id, {}).setdefault(check_id, []).append(Cover(pk, path, digest))
    return covers


def _is_approver(actor: Actor, waiver: Waiver) -> bool:
    return actor.is_platform or (actor.may_act_for(waiver.service.owner_ref) and _owners_decide())


def _owners_decide() -> bool:
    return bool(policies.published().document["waivers"]["approvers"] == "owners-and-platform")


def _require_decider(actor: Actor, waiver: Waiver) -> None:
    if actor.user_ref == waiver.requester_ref:
        raise NotAllowedError("You asked for this waiver: somebody else has to decide.")
    if not _is_approver(actor, waiver):
        raise NotAllowedError("The policy does not name you among those who decide on this waiver.")


def _require_same_failure(waiver: Waiver) -> None:
    """Refuse to approve what could not be asked for today."""
    verdict = failure(waiver.service, waiver.check_id)
    try:
        _check(verdict, waiver.path, waiver.expires_at)
    except InputError as refused:
        raise ConflictError(f"{refused.message} Reject this request, so that a new one can be made.") from None
    if _digest(verdict, waiver.path) != waiver.evidence_digest:
        raise ConflictError(
            "The failure has changed since this was asked for. Reject this request, so that a new one can be made."
        )


def _check(verdict: Verdict, path: str, expires_at: dt.datetime) -> None:
    """Refuse a path that is not in the evidence, and a date that has passed or is too late."""
    paths = {each["path"] for each in verdict.snapshot.results[verdict.check_id].get("evidence", [])}
    if path and path not in paths:
        raise _refusal("path", "This path is not among those where the check fails.")
    now = timezone.now()
    if timezone.is_naive(expires_at):
        raise _refusal("expires_at", "Give the date with its time zone.")
    if expires_at <= now:
        raise _refusal("expires_at", "The date has passed: a waiver ends in the future.")
    most = most_days(policies.published(), verdict.level)
    if expires_at > now + dt.timedelta(days=most):
        problem = f"A waiver of a {verdict.level} check lasts at most {most} days: choose an earlier date."
        raise _refusal("expires_at", problem)


def _refusal(field: str, problem: str) -> InputError:
    return InputError(problem, [FieldError((field,), problem)])


def _digest(verdict: Verdict, path: str) -> str:
    return evidence_digest(verdict.check_id, verdict.snapshot.results[verdict.check_id], path)


def _row(waiver: Waiver) -> Any:
    return Waiver.objects.filter(pk=waiver.pk)


_KINDS = {
    WaiverStatus.APPROVED: EventKind.WAIVER_APPROVED,
    WaiverStatus.REJECTED: EventKind.WAIVER_REJECTED,
    WaiverStatus.WITHDRAWN: EventKind.WAIVER_WITHDRAWN,
    WaiverStatus.REVOKED: EventKind.WAIVER_REVOKED,
    WaiverStatus.EXPIRED: EventKind.WAIVER_EXPIRED,
}


def _decide(
    waiver: Waiver,
    to: WaiverStatus,
    actor_ref: str,
    changes: Mapping[str, Any],
    *,
    expect: WaiverStatus = WaiverStatus.REQUESTED,
) -> Waiver:
    """Move the waiver, tell, and restate its service, all of it or nothing; one of two callers gets ConflictError."""
    from conformance.services import standing  # which needs this module

    with transaction.atomic():
        if not move(_row(waiver), expect=[expect], to=to, **changes):
            raise _decided(find(waiver.pk))
        waiver.refresh_from_db()
        _tell(_KINDS[to], waiver, actor_ref)
        if expect == WaiverStatus.APPROVED or to == WaiverStatus.APPROVED:
            standing.restate(waiver.service)
    waiver.refresh_from_db()
    return waiver


def _decided(waiver: Waiver) -> ConflictError:
    label = WaiverStatus(waiver.status).label.lower()
    return ConflictError(f"This waiver is {label} by now: nothing was changed.")


def _expire(waiver: Waiver, now: dt.datetime) -> bool:
    """End one whose date has come, unless somebody was faster."""
    try:
        if waiver.status == WaiverStatus.APPROVED:
            _decide(waiver, WaiverStatus.EXPIRED, "", {"ended_at": now}, expect=WaiverStatus.APPROVED)
        else:
            late = {"decided_at": now, "decision": "Nobody decided before its date passed."}
            _decide(waiver, WaiverStatus.REJECTED, "", late)
    except ConflictError:
        return False
    return True


def _tell(kind: str, waiver: Waiver, actor_ref: str = "") -> None:
    body = {
        "waiver": waiver.pk,
        "check": waiver.check_id,
        "path": waiver.path,
        "status": waiver.status,
        "reason": waiver.reason,
        "decision": waiver.decision,
        "owner": waiver.service.owner_ref,
        "requester": waiver.requester_ref,
        "approver": waiver.approver_ref,
        "expiresAt": waiver.expires_at.isoformat(),
        "actor": actor_ref,
    }
    events.record(kind, service=waiver.service, actor_ref=actor_ref, body=body)
