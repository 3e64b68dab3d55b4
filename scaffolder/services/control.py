"""Cancels and retries runs."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError
from portal.foundation.transitions import move
from scaffolder.choices import RETRYABLE_RUN, EventType, RunStatus, StepStatus
from scaffolder.engine.doorbell import ring
from scaffolder.models import Run, RunEvent
from scaffolder.services.names import name_status
from scaffolder.services.runs import find_run


def cancel_run(run_id: uuid.UUID | str, actor: Actor) -> Run:
    """Cancel a run: a queued one ends at once, a running one when its worker sees it and has undone what it made.

    Cancelling what is being cancelled, or was, changes nothing. Whoever may see a run may cancel it. Raises
    NotFoundError, and ConflictError for a run that ended otherwise.
    """
    run = find_run(run_id, actor)
    while run.status in {RunStatus.QUEUED, RunStatus.RUNNING}:
        if _cancel_queued(run) or _cancel_running(run):
            break
        run.refresh_from_db(fields=["status"])
    run.refresh_from_db()
    if run.status in {RunStatus.COMPLETED, RunStatus.FAILED}:
        raise ConflictError(f"The run has {RunStatus(run.status).label.lower()} already: there is nothing to cancel.")
    return run


def retry_run(run_id: uuid.UUID | str, actor: Actor) -> Run:
    """Queue a failed or cancelled run again, from its first step, with the same values and template version.

    Raises ConflictError when the run did not fail and was not cancelled, or when its name was taken meanwhile.
    """
    run = find_run(run_id, actor)
    if run.status not in RETRYABLE_RUN:
        raise ConflictError("Only a run that failed or was cancelled can be tried again.")
    status = name_status(run.target_namespace, run.target_name, but=run.pk)
    if not status.free:
        raise ConflictError(status.reason)
    try:
        _queue_again(run)
    except IntegrityError:
        raise ConflictError(f"{run.target_name} was taken meanwhile. Start a new run with another name.") from None
    return find_run(run.pk, actor)


def _cancel_queued(run: Run) -> bool:
    error = {"name": "CancelledError", "message": "The run was cancelled before it began."}
    with transaction.atomic():
        from_queue = Run.objects.filter(pk=run.pk)
        if not move(
            from_queue, expect=[RunStatus.QUEUED], to=RunStatus.CANCELLED, error=error, ended_at=timezone.now()
        ):
            return False
        steps = run.steps.filter(status=StepStatus.PENDING)
        keys = list(steps.values_list("key", flat=True))
        steps.update(status=StepStatus.SKIPPED)
        bodies = [_cancelled_body(keys[0])]
        skipped = [{"message": "Skipped: the run was cancelled", "stepId": key, "status": "skipped"} for key in keys]
        end = {"message": f"Run completed with status: {RunStatus.CANCELLED.value}", "error": error}
        events = [RunEvent(run=run, type=EventType.CANCELLED, body=body) for body in bodies]
        events += [RunEvent(run=run, type=EventType.LOG, body=body) for body in skipped]
        events.append(RunEvent(run=run, type=EventType.COMPLETION, body=end))
        RunEvent.objects.bulk_create(events)
    return True


def _cancel_running(run: Run) -> bool:
    with transaction.atomic():
        if not move(Run.objects.filter(pk=run.pk), expect=[RunStatus.RUNNING], to=RunStatus.CANCELLING):
            return False
        current = run.steps.exclude(status=StepStatus.PENDING).order_by("-position").first() or run.steps.first()
        if current is not None:
            RunEvent.objects.create(run=run, type=EventType.CANCELLED, body=_cancelled_body(current.key))
    return True


def _cancelled_body(step: str) -> dict[str, str]:
    return {"message": "The run has been cancelled", "stepId": step, "status": "cancelled"}


def _queue_again(run: Run) -> None:
    fresh: dict[str, Any] = {"output": {}, "error": None, "started_at": None, "ended_at": None}
    with transaction.atomic():
        rows = Run.objects.filter(pk=run.pk, attempt=run.attempt)
        if not move(rows, expect=RETRYABLE_RUN, to=RunStatus.QUEUED, attempt=run.attempt + 1, **fresh):
            raise ConflictError("Somebody tried this run again a moment ago.")
        run.events.filter(type__in=[EventType.COMPLETION, EventType.CANCELLED]).delete()
        run.steps.update(status=StepStatus.PENDING, output={}, started_at=None, ended_at=None)
        RunEvent.objects.create(run=run, type=EventType.RECOVERED, body={"recoverStrategy": "startOver"})
        ring(run.pk)
