"""The log of a run as lines on a page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from scaffolder.choices import EventType
from scaffolder.models import RunEvent

MOST = 2000
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b")
_LOOKS = {"processing": "is-step", "completed": "is-good", "failed": "is-error", "cancelled": "is-error"}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: when, what, and the class that colours it."""

    at: dt.datetime
    text: str
    look: str


def log_lines(events: Iterable[RunEvent]) -> list[LogLine]:
    """Return the lines of the events, the last `MOST` of them, without terminal colours."""
    lines = [_line(event) for event in events]
    if len(lines) <= MOST:
        return lines
    left_out = len(lines) - MOST
    notice = LogLine(lines[left_out].at, f"{left_out} earlier lines are left out; the API has them all.", "is-step")
    return [notice, *lines[left_out:]]


def _line(event: RunEvent) -> LogLine:
    body = event.body
    text = _ANSI.sub("", str(body.get("message", "")))
    error = body.get("error")
    if event.type == EventType.COMPLETION:
        if error:
            return LogLine(event.created_at, f"{text}: {_ANSI.sub('', str(error.get('message', '')))}", "is-error")
        return LogLine(event.created_at, text, "is-good")
    if event.type == EventType.RECOVERED:
        return LogLine(event.created_at, "The run is tried again from its first step.", "is-step")
    return LogLine(event.created_at, text, _LOOKS.get(str(body.get("status", "")), ""))
