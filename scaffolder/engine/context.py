"""What the engine gives to an action while it runs or is compensated."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from portal.foundation.leases import LeaseLostError
from scaffolder.actions.base import Json
from scaffolder.choices import EffectState, RunStatus, StepStatus
from scaffolder.engine.session import Session
from scaffolder.models import Effect, Step

LOOK_SECONDS = 0.5


class Context:
    """Implements StepContext and UndoContext for one step of a session."""

    def __init__(self, session: Session, step: Step) -> None:
        self.run = session.run
        self.step_key = step.key
        self.workspace = session.workspace
        self.was_stopped = False
        self._session = session
        self._callbacks: list[Callable[[], None]] = []
        self._owner = threading.get_ident()
        self._looked_at = time.monotonic()

    def log(self, message: str) -> None:
        """Add lines to the step's log; they are stored in batches."""
        for line in message.splitlines() or [""]:
            self._session.journal.line(self.step_key, line)
        if self._may_store() and self._session.journal.is_due():
            with self._session.turn():
                pass

    def is_cancelled(self) -> bool:
        """Tell a long action to stop. Asks the database at most every half second."""
        now = time.monotonic()
        if not self.was_stopped and now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self.was_stopped = self._is_stopped()
        return self.was_stopped

    def has_intended(self, key: str) -> bool:
        """Tell whether an effect of this key is in the run's ledger."""
        return Effect.objects.filter(run=self.run, key=key).exists()

    def intend(self, kind: str, key: str, intent: Json) -> Effect:
        """Commit the intent of an effect, or find what an earlier worker committed."""
        with self._session.turn():
            fields = {"kind": kind, "step_key": self.step_key, "intent": dict(intent)}
            # The turn holds the run, so nobody else writes to its ledger between the look and the insert.
            effect = Effect.objects.filter(run=self.run, key=key).first()
            if effect is None:
                return Effect.objects.create(run=self.run, key=key, **fields)
            self._intend_again(effect, fields)
        return effect

    def settle(self, effect: Effect, outcome: Json) -> None:
        """Note what came of an effect."""
        self.on_end(lambda: conclude(effect, EffectState.DONE, outcome))

    def on_end(self, callback: Callable[[], None]) -> None:
        """Do `callback` in the transaction that ends what is being done."""
        self._callbacks.append(callback)

    def output_of(self, action: str) -> Json:
        """Return the output of the completed step of another action."""
        for step in self._session.steps:
            if step.action == action and step.status == StepStatus.COMPLETED:
                output: Json = step.output
                return output
        return {}

    def end(self) -> None:
        """Do what was put off until the end; the caller has opened the transaction."""
        for callback in self._callbacks:
            callback()

    def _intend_again(self, effect: Effect, fields: Json) -> None:
        if effect.state in {EffectState.INTENDED, EffectState.DONE}:
            return
        Effect.objects.filter(pk=effect.pk).update(
            state=EffectState.INTENDED, outcome={}, settled_at=None, intended_at=timezone.now(), **fields
        )
        effect.refresh_from_db()

    def _is_stopped(self) -> bool:
        if self._may_store() and self._session.journal.is_due():
            try:
                with self._session.turn() as status:
                    return status == RunStatus.CANCELLING
            except LeaseLostError:
                return True
        found = self._session.claim.rows().values_list("status", flat=True).first()
        return found != RunStatus.RUNNING

    def _may_store(self) -> bool:
        return threading.get_ident() == self._owner and not transaction.get_connection().in_atomic_block


def conclude(effect: Effect, state: EffectState, outcome: Json) -> None:
    """Store what became of an effect; the caller's transaction holds the run."""
    Effect.objects.filter(pk=effect.pk).update(state=state, outcome=dict(outcome), settled_at=timezone.now())
