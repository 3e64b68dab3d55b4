"""Rings for work that is written down already: a message that may be lost."""

from __future__ import annotations

from functools import partial

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)


def ring(service_id: int) -> bool:
    """Ask a worker, after the commit, to look at a service; return True, as the wish itself is a row."""
    transaction.on_commit(partial(_send, "conformance.tasks.scan_service", service_id))
    return True


def ring_for(task: str) -> None:
    """Ask a worker, after the commit, to run a task of conformance that finds out by itself what is to be done."""
    transaction.on_commit(partial(_send, f"conformance.tasks.{task}"))


def _send(task: str, *arguments: object) -> None:
    from celery import current_app

    try:
        current_app.send_task(task, arguments, retry=False)
    except Exception as error:  # noqa: BLE001 - every transport fails in its own way; none may fail a request
        log.warning("the broker takes no message; the reaper will look again", task=task, error=str(error))
