"""Celery adapters of the pages' app: call the service, nothing else."""

from __future__ import annotations

from celery import shared_task


@shared_task
def make_demo() -> None:
    """Make what is missing of the demo services."""
    from portal.web.demo import services  # late: most workers never need it

    services.make()
