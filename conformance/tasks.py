"""Celery adapters of conformance: take an id, call the service, nothing else."""

from __future__ import annotations

from celery import shared_task

from conformance.services import scans


@shared_task
def scan_service(service_id: int) -> None:
    """Scan one service, unless somebody does."""
    scans.scan(service_id)


@shared_task
def reap_scans() -> None:
    """Ring for services that want a scan."""
    scans.reap()


@shared_task
def sweep_services() -> None:
    """Look for services that changed unseen, and forget what nobody needs."""
    scans.sweep()
