"""The registered library, and clients with tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from portal.foundation.models import User
from scaffolder.api import polling
from scaffolder.models import TemplateVersion
from tests.scaffolder.fixed import REF, fixed_template

BASE = "/api/scaffolder/v2"


@pytest.fixture
def template(people: dict[str, User]) -> TemplateVersion:
    """The template of these tests."""
    return fixed_template()


@pytest.fixture(autouse=True)
def own_count_of_requests() -> None:
    """Let no test be throttled for the requests of those before it."""
    cache.clear()


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold polls for a moment only."""
    monkeypatch.setattr(polling, "HOLD_SECONDS", 0.3)
    monkeypatch.setattr(polling, "SHORT_HOLD_SECONDS", 0.05)
    monkeypatch.setattr(polling, "LOOK_SECONDS", 0.02)


@pytest.fixture
def client(template: TemplateVersion, alice: User, api_for: Callable[[User], APIClient]) -> APIClient:
    """Alice's client."""
    return api_for(alice)


@pytest.fixture
def outsider(template: TemplateVersion, charlie: User, api_for: Callable[[User], APIClient]) -> APIClient:
    """Charlie's client."""
    return api_for(charlie)


@pytest.fixture
def request_body() -> dict[str, Any]:
    """A good request for a run."""
    values = {
        "name": "payment-ledger",
        "description": "Keeps the books",
        "owner": "group:default/payments",
        "lifecycle": "experimental",
    }
    return {"templateRef": REF, "values": values, "secrets": {}}


@pytest.fixture
def task_id(client: APIClient, request_body: dict[str, Any]) -> str:
    """The id of a queued run of Alice."""
    response = client.post(f"{BASE}/tasks", request_body, format="json")
    assert response.status_code == 201, response.content
    return str(response.json()["id"])
