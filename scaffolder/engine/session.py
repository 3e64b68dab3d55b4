"""What one worker has in hand while it advances one run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.foundation.leases import LeaseLostError
from portal.foundation.transitions import move
from scaffolder.choices import RunStatus, StepStatus
from scaffolder.engine.claims import Claim
from scaffolder.engine.journal import Journal
from scaffolder.engine.workspace import Workspace
from scaffolder.models import Run, Step


class CancelRequested(Exception):  # noqa: N818 - a wish of a person, not an error
    """Somebody cancelled the run: stop, undo, and end it as cancelled."""


class Session:
    """A claimed run with its steps, its journal and its workspace."""

    def __init__(self, claimed: Claim) -> None:
        self.claim = claimed
        self.run = Run.objects.select_related("template").get(pk=claimed.run_id)
        self.steps = list(self.run.steps.all())
        self.journal = Journal(self.run)
        self.workspace = Workspace(self.run, claimed.holder)
        self.conditions = {
            str(step.get("id")): step.get("if") for step in self.run.template.manifest["spec"].get("steps", [])
        }

    @contextmanager
    def turn(self) -> Iterator[RunStatus]:
        """One transaction of the worker: proves the lease first, then lets the block write, and stores the journal.

        Yields the run's status (running or cancelling). Raises LeaseLostError when the run is somebody else's now.
        """
        with transaction.atomic():
            status = self.claim.hold()
            with self.journal.stored():
                yield status

    def bindings(self) -> dict[str, Any]:
        """Return what expressions may look up: the parameters, the user, and the outputs of completed steps."""
        outputs = {step.key: {"output": step.output} for step in self.steps if step.status == StepStatus.COMPLETED}
        return {**self.run.context(), "steps": outputs}

    def is_failed(self) -> bool:
        """Tell whether a step of this attempt failed."""
        return any(step.status == StepStatus.FAILED for step in self.steps)

    def reload_steps(self) -> list[Step]:
        """Read the steps again: after a transaction that was rolled back, memory is ahead of the rows."""
        self.steps = list(self.run.steps.all())
        return self.steps

    def end(self, to: RunStatus, **fields: Any) -> None:
        """End the run and let go of it; called inside a turn."""
        expect = Run.sources(to)
        over = {"ended_at": timezone.now(), "lease_holder": None, "lease_expires_at": None}
        if not move(self.claim.rows(), expect=expect, to=to, **over, **fields):
            raise LeaseLostError(str(self.run.pk))
