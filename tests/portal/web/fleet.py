"""A catalog of the size that an organisation has."""

from __future__ import annotations

from typing import Any

from catalog.services import upsert_entities


def fleet(count: int) -> None:
    """Register `count` services, half of payments, with an API each for a tenth of them."""
    for start in range(0, count, 250):
        documents = [_service(number) for number in range(start, min(start + 250, count))]
        upsert_entities(documents, location=f"url:fleet/{start}")


def _service(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "Component",
        "metadata": {
            "name": f"service-{number:04}",
            "title": f"Service {number}",
            "description": f"Does the work of number {number}",
            "tags": ["go", "rest"],
        },
        "spec": {
            "type": "service",
            "lifecycle": "production" if number % 3 else "experimental",
            "owner": "payments" if number % 2 else "identity",
            "system": "checkout" if number % 2 else "accounts",
        },
    }
