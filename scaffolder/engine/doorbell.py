"""Rings for runs and pushes: a message that holds nothing but an id, and may be lost."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)


def ring(run_id: uuid.UUID) -> None:
    """Ask a worker, after the commit, to look at the run. A broker that is down is logged: the reaper finds the run."""
    transaction.on_commit(partial(ring_now, run_id))


def ring_now(run_id: uuid.UUID) -> bool:
    """Ask a worker to look at the run now; return whether the broker took the message."""
    from scaffolder.tasks import advance_run  # tasks call services, services ring

    return _send(advance_run, run_id)


def ring_for_push(repository_id: uuid.UUID) -> bool:
    """Ask a worker to take over what was pushed to a repository; return whether the broker took the message."""
    from scaffolder.tasks import repository_pushed

    return _send(repository_pushed, repository_id)


def _send(task: Any, key: uuid.UUID) -> bool:
    try:
        task.apply_async((str(key),), retry=False)
    except Exception as error:  # noqa: BLE001 - every transport fails in its own way; none may fail a request
        log.warning("the broker takes no message; the reaper will ring again", id=str(key), error=str(error))
        return False
    return True
