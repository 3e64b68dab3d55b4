"""Advances a run step by step, or unwinds it."""

from __future__ import annotations

import time
import uuid
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from portal.foundation.errors import GoldpathError
from portal.foundation.leases import LeaseLostError
from portal.foundation.metrics import RUNS, STEP_SECONDS
from scaffolder.actions import registry
from scaffolder.actions.base import Json, StepSkipped
from scaffolder.choices import EventType, RunStatus, StepStatus
from scaffolder.engine import unwinding
from scaffolder.engine.claims import Claim, claim, heartbeat
from scaffolder.engine.context import Context
from scaffolder.engine.expressions import bind, is_true
from scaffolder.engine.journal import clean
from scaffolder.engine.session import CancelRequested, Session
from scaffolder.models import Step

log = structlog.get_logger(__name__)

MAX_CLAIMS = 10
ABANDON = (OperationalError, InterfaceError)


class StepFailed(Exception):  # noqa: N818 - what became of a step
    """A step failed; `error` is what run and completion report."""

    def __init__(self, step: Step, error: dict[str, str]) -> None:
        super().__init__(error["message"])
        self.step, self.error = step, error


def advance(run_id: uuid.UUID) -> bool:
    """Claim the run and work on it until it ends; return False when there is nothing to do or another worker has it.

    A database that does not answer leaves the run to the reaper: its lease runs out, and nothing was lost.
    """
    claimed = claim(run_id)
    if claimed is None:
        return False
    heartbeat.add(claimed)
    try:
        _work(claimed)
    except LeaseLostError:
        log.info("another worker has the run", run=str(run_id))
    except ABANDON as error:
        log.warning("the database failed; the reaper will find the run", run=str(run_id), error=str(error))
    finally:
        heartbeat.remove(claimed)
    return True


def _work(claimed: Claim) -> None:
    session = Session(claimed)
    is_over = session.is_failed() or session.run.status == RunStatus.CANCELLING
    ended = RunStatus.COMPLETED
    if is_over or not Executor(session).forward():
        ended = unwinding.unwind(session)
    RUNS.labels(session.run.template.ref, ended.value).inc()
    session.workspace.remove()


class Executor:
    """Takes a run forward. Ending a step and starting the next one is one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = session.journal

    def forward(self) -> bool:
        """Work until the run is completed; return False when it has to be unwound."""
        try:
            self._refuse_worn_out()
            step = self._enter()
            while step is not None:
                step = self._perform(step)
        except CancelRequested:
            return False
        except StepFailed as failure:
            self._fail(failure)
            return False
        return True

    def _enter(self) -> Step | None:
        running = next((step for step in self._session.steps if step.status == StepStatus.RUNNING), None)
        with self._session.turn() as status:
            _refuse_cancelled(status)
            if running is not None:
                self._journal.line(running.key, "A new worker takes over.")
            elif all(step.status == StepStatus.PENDING for step in self._session.steps):
                self._announce()
            return running or self._start_next()

    def _refuse_worn_out(self) -> None:
        """End a run that takes its workers with it: every claim raises the fence."""
        open_steps = [step for step in self._session.steps if step.status in {StepStatus.RUNNING, StepStatus.PENDING}]
        if open_steps and self._session.run.fence > MAX_CLAIMS * self._session.run.attempt:
            message = f"{MAX_CLAIMS} workers were lost while they worked on this run; their logs may say why."
            raise StepFailed(open_steps[0], {"name": "WorkerLostError", "message": message})

    def _announce(self) -> None:
        first, count = self._session.steps[0], len(self._session.steps)
        self._journal.line(first.key, f"Starting up task with {count} step{'s' * (count != 1)}")

    def _perform(self, step: Step) -> Step | None:
        context = Context(self._session, step)
        started = time.perf_counter()
        status, output, message = StepStatus.COMPLETED, {}, f"Finished step {step.name}"
        try:
            output = self._act(step, context)
        except StepSkipped as skip:
            status, message = StepStatus.SKIPPED, str(skip)
        except (LeaseLostError, *ABANDON):
            raise
        except Exception as error:
            raise self._failure(step, context, error, started) from error
        following = self._end(step, context, status, output, message, started)
        STEP_SECONDS.labels(step.action, status.value).observe(time.perf_counter() - started)
        return following

    def _act(self, step: Step, context: Context) -> dict[str, Any]:
        found = registry.action(step.action)
        given = bind(step.input, self._session.bindings())
        registry.check_input(found, given)
        output = dict(found.run(context, given))
        if context.was_stopped:
            raise CancelRequested
        return output

    def _end(
        self, step: Step, context: Context, to: StepStatus, output: Json, message: str, started: float
    ) -> Step | None:
        try:
            with self._session.turn() as status:
                if self._is_last(step):
                    _refuse_cancelled(status)
                context.end()
                self._set(step, to, message, output=output, ended_at=timezone.now())
                following = None if status == RunStatus.CANCELLING else self._start_next()
        except (LeaseLostError, CancelRequested, *ABANDON):
            raise
        except Exception as error:
            raise self._failure(step, context, error, started) from error
        _refuse_cancelled(status)
        return following

    def _start_next(self) -> Step | None:
        """Start the first step whose condition holds, or end the run when none is left."""
        for step in self._session.steps:
            if step.status != StepStatus.PENDING:
                continue
            if is_true(self._session.conditions.get(step.key), self._session.bindings()):
                self._set(step, StepStatus.RUNNING, f"Beginning step {step.name}", started_at=timezone.now())
                return step
            self._set(step, StepStatus.SKIPPED, f"Skipped step {step.name}: its condition does not hold")
        self._complete()
        return None

    def _complete(self) -> None:
        run = self._session.run
        output = bind(run.template.manifest["spec"].get("output") or {}, self._session.bindings())
        output["links"] = [link for link in output.get("links", []) if link.get("url") or link.get("entityRef")]
        message = f"Run completed with status: {RunStatus.COMPLETED.value}"
        self._journal.event(EventType.COMPLETION, {"message": message, "output": output})
        self._session.end(RunStatus.COMPLETED, output=output)

    def _fail(self, failure: StepFailed) -> None:
        self._session.reload_steps()
        with self._session.turn():
            self._session.claim.rows().update(error=failure.error)
            for step in self._session.steps:
                if step.pk == failure.step.pk:
                    message = f"{failure.error['name']}: {failure.error['message']}"
                    self._set(step, StepStatus.FAILED, message, ended_at=timezone.now())
                elif step.status == StepStatus.PENDING:
                    self._set(step, StepStatus.SKIPPED, f"Skipped step {step.name}: an earlier step failed")

    def _failure(self, step: Step, context: Context, error: Exception, started: float) -> Exception:
        if isinstance(error, CancelRequested) or context.was_stopped:
            return CancelRequested()
        STEP_SECONDS.labels(step.action, StepStatus.FAILED.value).observe(time.perf_counter() - started)
        return StepFailed(step, describe(error))

    def _is_last(self, step: Step) -> bool:
        return all(other.status != StepStatus.PENDING or other.pk == step.pk for other in self._session.steps)

    def _set(self, step: Step, to: StepStatus, message: str, **fields: Any) -> None:
        Step.objects.filter(pk=step.pk).update(status=to, **fields)
        step.status = to
        for name, value in fields.items():
            setattr(step, name, value)
        self._journal.step(step.key, to, message)


def describe(error: Exception) -> dict[str, str]:
    """Return an error as runs report it. A defect is logged, and told without its details."""
    if isinstance(error, GoldpathError):
        return {"name": error.name, "message": clean(error.message)}
    log.error("a step failed unexpectedly", exc_info=error)
    return {"name": "Error", "message": f"Something unexpected went wrong ({type(error).__name__}); it was logged."}


def _refuse_cancelled(status: RunStatus) -> None:
    if status == RunStatus.CANCELLING:
        raise CancelRequested
