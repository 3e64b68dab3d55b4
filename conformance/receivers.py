"""Listens to what happens below: a push to a service's default branch asks for a scan."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from scaffolder.models import Repository
from scaffolder.signals import repository_pushed


@receiver(repository_pushed, dispatch_uid="conformance-scan-after-push")
def scan_after_push(sender: type[Repository], repository: Repository, **_: Any) -> None:
    """Ask for a scan of the service in the repository, if a template made it."""
    from conformance.services import scans  # late: processes that only serve pages never scan

    service = scans.service_of(repository)
    if service is not None:
        scans.request_scan(service)
