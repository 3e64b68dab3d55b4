"""The registered library, and values that a run can be started with."""

from __future__ import annotations

from typing import Any

import pytest

from portal.foundation.actors import Actor
from portal.foundation.models import User
from scaffolder import services
from scaffolder.models import TemplateVersion

REF = "template:default/go-blank-service"


@pytest.fixture
def template(people: dict[str, User]) -> TemplateVersion:
    """The blank service, registered."""
    return next(version for version in services.register_templates() if version.ref == REF)


@pytest.fixture
def values() -> dict[str, Any]:
    """Good answers."""
    return {
        "name": "payment-ledger",
        "description": "Keeps the books",
        "owner": "group:default/payments",
        "system": "system:default/checkout",
        "lifecycle": "experimental",
    }


@pytest.fixture
def actor() -> Actor:
    """Alice, of payments."""
    return Actor("user:default/alice", frozenset({"group:default/payments"}))


@pytest.fixture
def outsider() -> Actor:
    """Charlie, of identity."""
    return Actor("user:default/charlie", frozenset({"group:default/identity"}))
