"""Registered templates, drafts and a service that a run made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from catalog.services import actor_for
from portal.foundation.models import User
from scaffolder import services
from scaffolder.models import Draft, Run, TemplateVersion

REF = "template:default/go-blank-service"
START = "/create/default/go-blank-service"
ANSWERS: dict[str, Any] = {
    "name": "ledger",
    "description": "Keeps the books",
    "owner": "group:default/payments",
    "system": "system:default/checkout",
    "lifecycle": "experimental",
}


@pytest.fixture
def template(people: dict[str, User]) -> TemplateVersion:
    """The blank service, registered."""
    return next(version for version in services.register_templates() if version.ref == REF)


@pytest.fixture
def alice_web(alice: User, signed_in: Callable[[User], Client]) -> Client:
    """Alice's browser."""
    return signed_in(alice)


@pytest.fixture
def charlie_web(charlie: User, signed_in: Callable[[User], Client]) -> Client:
    """The browser of somebody of another team."""
    return signed_in(charlie)


@pytest.fixture
def draft(alice: User, template: TemplateVersion) -> Draft:
    """Alice's draft with good answers on every page."""
    return Draft.objects.create(user=alice, template=template, values=ANSWERS)


@pytest.fixture
def queued(alice: User, template: TemplateVersion) -> Run:
    """A run of Alice that no worker has looked at."""
    return services.start_run(REF, ANSWERS, actor_for(alice), user=alice)


@pytest.fixture
def made(queued: Run) -> Run:
    """A run of Alice that made the service."""
    services.advance(queued.pk)
    queued.refresh_from_db()
    assert queued.status == "completed", queued.error
    return queued
