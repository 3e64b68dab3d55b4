"""The cast of the suite, and what all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from portal.foundation.models import User
from portal.foundation.tokens import create_token

PAYMENTS = "group:default/payments"
IDENTITY = "group:default/identity"
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_reset_sequences", "live_server"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a second database, leave out the tests that have no access to one: the first run said all they can say."""
    if "GOLDPATH_TEST_DATABASE_URL" not in os.environ:
        return
    config.hook.pytest_deselected(items=[item for item in items if not _reaches_database(item)])
    items[:] = [item for item in items if _reaches_database(item)]


def _reaches_database(item: pytest.Item) -> bool:
    """Tell whether pytest-django gives a test access to the database."""
    fixtures = DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.get_closest_marker("django_db") is not None


@pytest.fixture(autouse=True)
def goldpath_home(tmp_path: Path, settings: Settings) -> Path:
    """Give each test a data folder of its own."""
    settings.GOLDPATH_HOME = tmp_path / "home"
    settings.GOLDPATH_HOME.mkdir()
    home: Path = settings.GOLDPATH_HOME
    return home


@pytest.fixture
def people(db: None) -> dict[str, User]:
    """Load the demo groups, people and systems, and return the accounts by name."""
    from portal.web.demo import load_people

    load_people()
    return {user.username: user for user in User.objects.all()}


@pytest.fixture
def alice(people: dict[str, User]) -> User:
    """A member of payments."""
    return people["alice"]


@pytest.fixture
def bob(people: dict[str, User]) -> User:
    """Another member of payments."""
    return people["bob"]


@pytest.fixture
def charlie(people: dict[str, User]) -> User:
    """A member of identity: an outsider to payments."""
    return people["charlie"]


@pytest.fixture
def platform_admin(people: dict[str, User]) -> User:
    """A platform engineer."""
    return User.objects.create_superuser("admin")


@pytest.fixture
def api_for() -> Callable[[User], APIClient]:
    """Return a function that gives an API client with a fresh token of an account."""

    def client(user: User) -> APIClient:
        api = APIClient()
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user, 'suite')}")
        return api

    return client


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """Return a function that gives a browser-like client with a session of an account."""

    def client(user: User) -> Client:
        web = Client()
        web.force_login(user)
        return web

    return client
