"""Cancels and retries runs."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, NotAllowedError
from portal.foundation.metrics import RUNS
from portal.foundation.redaction import redact
from portal.foundation.transitions import move
from scaffolder.choices import RETRYABLE_RUN, EventType, RunStatus, StepStatus
from scaffolder.engine.doorbell import ring
from scaffolder.models import Run, RunEvent
from scaffolder.services.names import check_ownership, name_status
from scaffolder.services.runs import find_run


def cancel_run(run_id: uuid.UUID | str, actor: Actor) -> Run:
    """Cancel a run: a queued one ends at once, a running one when its worker sees it and has undone what it made.

    Cancelling what is being cancelled, or was, changes nothing. Whoever may see a run may cancel it. Raises
    NotFoundError, and ConflictError for a run that ended otherwise.
    """
    run = find_run(run_id, actor)
    while run.status in {RunStatus.QUEUED, RunStatus.RUNNING}:
        if _cancel_queued(run, actor) or _cancel_running(run, actor):
            break
        run.refresh_from_db(fields=["status"])
    run.refresh_from_db()
    if run.status in {RunStatus.COMPLETED, RunStatus.FAILED}:
        raise ConflictError(f"The run has {RunStatus(run.status).label.lower()} already: there is nothing to cancel.")
    return run


def retry_run(run_id: uuid.UUID | str, actor: Actor) -> Run:
    """Queue a failed or cancelled run again, from its first step, with the same values and template version.

    Raises ConflictError when the run did not fail and was not cancelled, or when its name was taken meanwhile,
    NotAllowedError when `actor` may not act for the owner any more, and InputError when owner or system are gone.
    """
    run = find_run(run_id, actor)
    if not actor.may_act_for(run.owner_ref):
        raise NotAllowedError(f"You are not a member of {run.owner_ref}: ask somebody who is to try this run again.")
    if run.status not in RETRYABLE_RUN:
        raise ConflictError("Only a run that failed or was cancelled can be tried again.")
    check_ownership(run.values, actor)
    status = name_status(run.target_namespace, run.target_name, but=run.pk)
    if not status.free:
        raise ConflictError(status.reason)
    try:
        _queue_again(run, actor)
    except IntegrityError:
        raise ConflictError(f"{run.target_name} was taken meanwhile. Start a new run with another name.") from None
    return find_run(run.pk, actor)


def _cancel_queued(run: Run, actor: Actor) -> bool:
    error = {"name": "CancelledError", "message": "The run was cancelled before it began."}
    over = {"error": error, "ended_at": timezone.now()}
    with transaction.atomic():
        if not move(Run.objects.filter(pk=run.pk), expect=[RunStatus.QUEUED], to=RunStatus.CANCELLED, **over):
            return False
        keys = list(run.steps.values_list("key", flat=True))
        run.steps.update(status=StepStatus.SKIPPED)
        bodies = [(EventType.LOG, _said_body(actor, "cancelled the run", key)) for key in keys[:1]]
        bodies += [(EventType.CANCELLED, _cancelled_body(key)) for key in keys[:1]]
        bodies += [(EventType.LOG, _skipped_body(key)) for key in keys]
        message = f"Run completed with status: {RunStatus.CANCELLED.value}"
        bodies.append((EventType.COMPLETION, {"message": message, "error": error}))
        RunEvent.objects.bulk_create(RunEvent(run=run, type=kind, body=body) for kind, body in bodies)
    RUNS.labels(run.template.ref, RunStatus.CANCELLED.value).inc()
    return True


def _cancel_running(run: Run, actor: Actor) -> bool:
    with transaction.atomic():
        if not move(Run.objects.filter(pk=run.pk), expect=[RunStatus.RUNNING], to=RunStatus.CANCELLING):
            return False
        current = run.steps.exclude(status=StepStatus.PENDING).order_by("-position").first() or run.steps.first()
        if current is not None:
            _say(run, actor, "cancelled the run", current.key)
            RunEvent.objects.create(run=run, type=EventType.CANCELLED, body=_cancelled_body(current.key))
    return True


def _say(run: Run, actor: Actor, did: str, step: str) -> None:
    RunEvent.objects.create(run=run, type=EventType.LOG, body=_said_body(actor, did, step))


def _said_body(actor: Actor, did: str, step: str) -> dict[str, Any]:
    return {"message": f"{redact(actor.user_ref)} {did}", "stepId": step}


def _cancelled_body(step: str) -> dict[str, Any]:
    return {"message": "The run has been cancelled", "stepId": step, "status": "cancelled"}


def _skipped_body(step: str) -> dict[str, Any]:
    return {"message": "Skipped: the run was cancelled", "stepId": step, "status": "skipped"}


def _queue_again(run: Run, actor: Actor) -> None:
    fresh: dict[str, Any] = {"output": {}, "error": None, "started_at": None, "ended_at": None}
    with transaction.atomic():
        rows = Run.objects.filter(pk=run.pk, attempt=run.attempt)
        if not move(rows, expect=RETRYABLE_RUN, to=RunStatus.QUEUED, attempt=run.attempt + 1, **fresh):
            raise ConflictError("Somebody tried this run again a moment ago.")
        run.events.filter(type__in=[EventType.COMPLETION, EventType.CANCELLED]).delete()
        run.steps.update(status=StepStatus.PENDING, output={}, started_at=None, ended_at=None)
        RunEvent.objects.create(run=run, type=EventType.RECOVERED, body={"recoverStrategy": "startOver"})
        first = run.steps.first()
        if first is not None:
            _say(run, actor, "tried the run again", first.key)
        ring(run.pk)
