"""The journal of one claim: collects a run's events and stores them in batches, redacted and bounded."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from portal.foundation.redaction import redact
from scaffolder.choices import EventType, StepStatus
from scaffolder.models import Run, RunEvent

LINES_PER_STEP = 3000
TAIL_LINES = 200
LINE_CHARS = 4000
BATCH_LINES = 200
BATCH_SECONDS = 0.5

WIRE_STATUS = {
    StepStatus.RUNNING: "processing",
    StepStatus.COMPLETED: "completed",
    StepStatus.SKIPPED: "skipped",
    StepStatus.FAILED: "failed",
    StepStatus.CANCELLED: "failed",
}


def clean(text: str) -> str:
    """Return `text` as it may be stored: redacted, without NUL (PostgreSQL refuses it), of bounded length."""
    text = redact(text).replace("\x00", "")
    return text if len(text) <= LINE_CHARS else text[:LINE_CHARS] + " …"


@dataclass(frozen=True, slots=True)
class _Entry:
    type: EventType
    body: dict[str, Any]
    at: datetime = field(default_factory=timezone.now)


class Journal:
    """Pending events of one run. Whoever holds the run drains them into the transaction that they belong to.

    A step that writes more than `LINES_PER_STEP` lines keeps its first lines and its last `TAIL_LINES`, where a failing
    build says why.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pending: list[_Entry] = []
        self._tail: deque[_Entry] = deque(maxlen=TAIL_LINES)
        self._lines: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._drained_at = time.monotonic()

    def line(self, step: str, message: str) -> None:
        """Add one line of a step's output."""
        event = _Entry(EventType.LOG, {"message": clean(message), "stepId": step})
        with self._lock:
            self._lines[step] += 1
            if self._lines[step] <= LINES_PER_STEP:
                self._pending.append(event)
            else:
                self._tail.append(event)

    def step(self, step: str, status: StepStatus, message: str) -> None:
        """Add the line that says that a step changed its status."""
        body = {"message": clean(message), "stepId": step, "status": WIRE_STATUS[status]}
        with self._lock:
            self._pending.extend(self._take_tail(step))
            self._pending.append(_Entry(EventType.LOG, body))

    def event(self, kind: EventType, body: dict[str, Any]) -> None:
        """Add an event of another kind; its body is redacted by whoever made it."""
        with self._lock:
            self._pending.append(_Entry(kind, body))

    def is_due(self) -> bool:
        """Tell whether enough lines or time have gathered to store them."""
        if not self._pending:
            return False
        return len(self._pending) >= BATCH_LINES or time.monotonic() - self._drained_at >= BATCH_SECONDS

    @contextmanager
    def stored(self) -> Iterator[None]:
        """Insert what is pending when the block ends, with one statement; the caller's transaction goes around it.

        When the block fails, what was added inside it is forgotten with the rest of the transaction.
        """
        with self._lock:
            before, self._pending = self._pending, []
            self._drained_at = time.monotonic()
        try:
            yield
            with self._lock:
                within, self._pending = self._pending, []
            RunEvent.objects.bulk_create(
                RunEvent(run=self._run, type=entry.type, body=entry.body, created_at=entry.at)
                for entry in before + within
            )
        except BaseException:
            with self._lock:
                self._pending = before
            raise

    def _take_tail(self, step: str) -> list[_Entry]:
        left_out = self._lines[step] - LINES_PER_STEP - len(self._tail)
        tail = list(self._tail)
        self._tail.clear()
        if left_out > 0:
            message = f"… {left_out} lines left out …"
            tail.insert(0, _Entry(EventType.LOG, {"message": message, "stepId": step}))
        return tail
