"""Celery adapters of conformance: take an id, call the service, nothing else."""

from __future__ import annotations

from celery import shared_task

from conformance.services import deliveries, policies, scans, waivers


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


@shared_task
def settle_policy() -> None:
    """Restate the services that stand under an earlier version of the policy."""
    policies.settle()


@shared_task
def expire_waivers() -> None:
    """End the waivers whose date has come."""
    waivers.expire_due()


@shared_task
def deliver_webhooks() -> None:
    """Send the deliveries that are due."""
    deliveries.deliver_due()


@shared_task
def forget_deliveries() -> None:
    """Delete deliveries that ended long ago."""
    deliveries.forget_old()
