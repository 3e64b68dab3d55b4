"""Enums of the scaffolder: their labels, colours, terminal sets and allowed moves."""

from __future__ import annotations

from django.db import models


class RunStatus(models.TextChoices):
    """Where a run stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    CANCELLING = "cancelling", "Cancelling"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class StepStatus(models.TextChoices):
    """Where a step stands."""

    PENDING = "pending", "Waiting"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class EffectState(models.TextChoices):
    """What is known of an external effect: intended before the act, the rest after it."""

    INTENDED = "intended", "Intended"
    DONE = "done", "Done"
    UNDONE = "undone", "Undone"
    LEFT = "left", "Left in place"


class EventType(models.TextChoices):
    """Kinds of events, as Backstage names them on its wire."""

    LOG = "log", "Log"
    COMPLETION = "completion", "Completion"
    CANCELLED = "cancelled", "Cancelled"
    RECOVERED = "recovered", "Recovered"


ACTIVE_RUN = frozenset({RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.CANCELLING})
TERMINAL_RUN = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})
RETRYABLE_RUN = frozenset({RunStatus.FAILED, RunStatus.CANCELLED})
ALLOWED_RUN: dict[str, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.RUNNING, RunStatus.CANCELLED}),
    RunStatus.RUNNING: frozenset({RunStatus.CANCELLING, RunStatus.COMPLETED, RunStatus.FAILED}),
    RunStatus.CANCELLING: frozenset({RunStatus.CANCELLED, RunStatus.COMPLETED, RunStatus.FAILED}),
    RunStatus.FAILED: frozenset({RunStatus.QUEUED}),
    RunStatus.CANCELLED: frozenset({RunStatus.QUEUED}),
    RunStatus.COMPLETED: frozenset(),
}
COLOURS: dict[str, str] = {
    RunStatus.QUEUED: "secondary",
    RunStatus.RUNNING: "primary",
    RunStatus.CANCELLING: "warning",
    RunStatus.COMPLETED: "success",
    RunStatus.FAILED: "danger",
    RunStatus.CANCELLED: "secondary",
    StepStatus.PENDING: "secondary",
    StepStatus.SKIPPED: "secondary",
}
