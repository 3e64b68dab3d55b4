"""Actors, and a service with one failing check of each level."""

from __future__ import annotations

import pytest

from catalog.services import actor_for
from conformance.examining.terms import Level
from conformance.models import Service
from portal.foundation.actors import Actor
from portal.foundation.models import User
from tests.conformance.fleet import check_levels, make_service, result

WORKFLOW = ".github/workflows/ci.yaml"
MANIFEST = "deployments/k8s/base/deployment.yaml"


def first(level: Level, place: int = 0) -> str:
    """Return a check of a level."""
    return [check for check, at in check_levels().items() if at is level][place]


BRONZE, SILVER, GOLD = first(Level.BRONZE), first(Level.SILVER), first(Level.GOLD)


@pytest.fixture
def alice_acts(alice: User) -> Actor:
    """A member of payments."""
    return actor_for(alice)


@pytest.fixture
def bob_acts(bob: User) -> Actor:
    """Another member of payments."""
    return actor_for(bob)


@pytest.fixture
def charlie_acts(charlie: User) -> Actor:
    """A member of another team."""
    return actor_for(charlie)


@pytest.fixture
def platform_acts(platform_admin: User) -> Actor:
    """A platform engineer."""
    return actor_for(platform_admin)


@pytest.fixture
def ledger(people: dict[str, User]) -> Service:
    """A bronze service of payments: one silver check fails, in two files."""
    return make_service("ledger", results={SILVER: result("fail", "Two places are not pinned.", WORKFLOW, MANIFEST)})
