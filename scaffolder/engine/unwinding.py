"""Unwinds a run that failed or was cancelled: undoes, last first, what it provably made."""

from __future__ import annotations

import structlog
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from portal.foundation.errors import GoldpathError
from portal.foundation.leases import LeaseLostError
from scaffolder.actions import registry
from scaffolder.actions.base import Undo
from scaffolder.choices import EffectState, EventType, RunStatus, StepStatus
from scaffolder.engine.context import Context, conclude
from scaffolder.engine.journal import clean
from scaffolder.engine.session import Session
from scaffolder.models import Effect, Step

log = structlog.get_logger(__name__)

OPEN = (EffectState.INTENDED, EffectState.DONE)


def unwind(session: Session) -> RunStatus:
    """Compensate the run's open effects in reverse order, end it as failed or cancelled, and return which.

    Killed at any line, the next worker does the rest: an effect that is settled is not touched again.
    """
    _stop_steps(session)
    for effect in session.run.effects.filter(state__in=OPEN).order_by("-pk"):
        if "within" not in effect.intent:
            _undo(session, effect)
    return _finish(session)


def _stop_steps(session: Session) -> None:
    steps = session.reload_steps()
    with session.turn():
        for step in steps:
            if step.status == StepStatus.RUNNING:
                _set(session, step, StepStatus.CANCELLED, f"Step {step.name} was cancelled")
            elif step.status == StepStatus.PENDING:
                _set(session, step, StepStatus.SKIPPED, f"Skipped step {step.name}: the run was cancelled")


def _set(session: Session, step: Step, to: StepStatus, message: str) -> None:
    Step.objects.filter(pk=step.pk).update(status=to, ended_at=timezone.now())
    session.journal.step(step.key, to, message)


def _undo(session: Session, effect: Effect) -> None:
    step = next(step for step in session.steps if step.key == effect.step_key)
    context = Context(session, step)
    try:
        undo = registry.action(step.action).compensate(context, effect)
    except (LeaseLostError, OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.warning("compensation failed", effect=effect.key, exc_info=error)
        reason = error.message if isinstance(error, GoldpathError) else "removing it failed; the worker's log says why"
        undo = Undo(EffectState.LEFT, f"{effect.key}: {reason}")
    with session.turn():
        context.end()
        conclude(effect, undo.state, {**effect.outcome, "undo": clean(undo.message)})
        session.journal.line(step.key, undo.message)


def _finish(session: Session) -> RunStatus:
    to = RunStatus.FAILED if session.is_failed() else RunStatus.CANCELLED
    with session.turn():
        _settle_dependents(session)
        error = _error(session, is_failed=session.is_failed())
        body = {"message": f"Run completed with status: {to.value}", "error": error}
        session.journal.event(EventType.COMPLETION, body)
        session.end(to, error=error)
    return to


def _settle_dependents(session: Session) -> None:
    """Give the effects that live inside another one the state of that one."""
    states = dict(session.run.effects.values_list("key", "state"))
    for effect in session.run.effects.filter(state__in=OPEN):
        state = EffectState(states.get(effect.intent["within"], EffectState.LEFT))
        conclude(effect, state, {**effect.outcome, "undo": f"with {effect.intent['within']}"})


def _error(session: Session, *, is_failed: bool) -> dict[str, str]:
    session.run.refresh_from_db(fields=["error"])
    cancelled = {"name": "CancelledError", "message": "The run was cancelled."}
    error = session.run.error if is_failed and session.run.error else cancelled
    left = session.run.effects.filter(state=EffectState.LEFT).values_list("outcome__undo", flat=True)
    told = [str(message) for message in left]
    if not told:
        return dict(error)
    return {**error, "message": f"{error['message']} Left in place: {'; '.join(told)}"}
