from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from catalog.models import Entity
from catalog.services import actor_for, find
from portal.foundation.models import User
from portal.web.demo import load_people


def test_the_demo_has_two_people_of_one_team_and_one_of_another(people: dict[str, User]) -> None:
    groups = {name: actor_for(user).groups for name, user in people.items()}

    assert groups == {
        "alice": {"group:default/payments"},
        "bob": {"group:default/payments"},
        "charlie": {"group:default/identity"},
    }


def test_demo_accounts_have_no_password_and_are_not_of_the_platform(people: dict[str, User]) -> None:
    assert not any(user.has_usable_password() or user.is_superuser or user.is_staff for user in people.values())


def test_loading_the_demo_again_changes_nothing(people: dict[str, User]) -> None:
    before = {entity.ref: (entity.uid, entity.etag, entity.updated_at) for entity in Entity.objects.all()}
    people["alice"].email = "alice@elsewhere.example"
    people["alice"].save()

    load_people()

    assert {entity.ref: (entity.uid, entity.etag, entity.updated_at) for entity in Entity.objects.all()} == before
    assert User.objects.get(username="alice").email == "alice@elsewhere.example"


@pytest.mark.django_db
def test_the_command_loads_people_and_says_how_many(settings: Settings) -> None:
    settings.GOLDPATH_DEMO_PEOPLE = True
    out = StringIO()

    call_command("demodata", stdout=out)

    assert out.getvalue().strip() == "1 Domain, 4 Group, 2 System, 3 User"


@pytest.mark.django_db
def test_an_installation_without_demo_people_gets_none() -> None:
    call_command("demodata", stdout=StringIO())

    assert not User.objects.exists()
    assert find("group:default/payments") is None
