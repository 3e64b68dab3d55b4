"""Signals by which the scaffolder tells the apps above it what has happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.dispatch import Signal

if TYPE_CHECKING:
    from scaffolder.models import Repository

repository_pushed = Signal()
"""A service's default branch has a new head, and the catalog has looked at it.

Sender is the model `Repository`; `repository` is the row. Sent in a worker, after the commit, for every push and at the
end of the run that made the service. It may come twice, and a kill may lose it: a receiver compares commits itself,
does little, and looks again at intervals.
"""


def announce(repository: Repository) -> None:
    """Send `repository_pushed`. A receiver that fails is logged by Django and disturbs nobody."""
    repository_pushed.send_robust(sender=type(repository), repository=repository)
