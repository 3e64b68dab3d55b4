"""Reads of a run's events."""

from __future__ import annotations

from django.db.models import Q

from scaffolder.choices import EventType
from scaffolder.models import Run, RunEvent


def events_of(run: Run, *, after: int | None = None) -> list[RunEvent]:
    """Return the events of a run in order, those with an id above `after` when it is given.

    The completion is always among them once there is one, so that no reader waits for ever. After a retry the list
    begins at the retry, as on Backstage; the rows of earlier attempts stay.
    """
    events = run.events.order_by("pk")
    if after is not None:
        events = events.filter(Q(pk__gt=after) | Q(type=EventType.COMPLETION))
    found = list(events)
    if run.attempt == 1:
        return found
    recovered = run.events.filter(type=EventType.RECOVERED).order_by("-pk").values_list("pk", flat=True).first()
    return [event for event in found if recovered is None or event.pk >= recovered]
