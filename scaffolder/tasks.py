"""Celery adapters of the scaffolder: take an id, call the service, nothing else."""

from __future__ import annotations

import uuid

from celery import shared_task

from scaffolder import services


@shared_task
def advance_run(run_id: str) -> None:
    """Look at a run: claim it and work on it, unless there is nothing to do."""
    services.advance(uuid.UUID(run_id))


@shared_task
def reap_runs() -> None:
    """Ring for runs that nobody works on and for pushes that nobody took over."""
    services.reap()
    services.reap_pushes()


@shared_task
def repository_pushed(repository_id: str) -> None:
    """Take over what was pushed to a repository's default branch."""
    services.refresh_from_repository(uuid.UUID(repository_id))


@shared_task
def warm_caches() -> None:
    """Fill the caches that the first run would otherwise wait for."""
    services.warm()


@shared_task
def sweep() -> None:
    """Remove leftovers."""
    services.sweep()
