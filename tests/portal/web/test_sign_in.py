from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from portal.foundation.models import SignInLink, User


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_following_a_link_and_clicking_signs_in_once(client: Client, alice: User) -> None:
    address = f"/sign-in/link/{SignInLink.objects.issue(alice)}"
    assert client.post(address).headers["Location"] == "/"
    assert is_in(client)
    second = Client()
    assert second.post(address).status_code == 403
    assert not is_in(second)


def test_a_link_preview_does_not_burn_the_link(client: Client, alice: User) -> None:
    address = f"/sign-in/link/{SignInLink.objects.issue(alice)}"
    for _ in range(3):
        page = client.get(address)
        assert page.status_code == 200
        assert "no-store" in page.headers["Cache-Control"]
    assert not is_in(client)
    client.post(address)
    assert is_in(client)


def test_an_expired_link_is_refused(client: Client, alice: User) -> None:
    secret = SignInLink.objects.issue(alice, minutes=5)
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6)):
        assert "This link is spent" in client.post(f"/sign-in/link/{secret}").content.decode()
    assert not is_in(client)


def test_a_forged_link_is_refused(client: Client, alice: User) -> None:
    assert client.post("/sign-in/link/forged").status_code == 403
    assert not is_in(client)


def test_a_deactivated_account_cannot_use_its_link(client: Client, alice: User) -> None:
    secret = SignInLink.objects.issue(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.post(f"/sign-in/link/{secret}").status_code == 403


def test_redeeming_needs_the_csrf_token(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    secret = SignInLink.objects.issue(alice)
    page = strict.post(f"/sign-in/link/{secret}")
    assert page.status_code == 403
    assert "did not come from your session" in page.content.decode()


def test_a_demo_offers_its_people(client: Client, people: dict[str, User], settings: Settings) -> None:
    settings.GOLDPATH_DEMO_SIGN_IN = True
    assert "Enter as Charlie" in client.get("/sign-in").content.decode()
    client.post("/sign-in/demo", {"name": "bob"})
    assert client.session["_auth_user_id"] == str(people["bob"].pk)


def test_a_demo_does_not_let_anyone_in_as_the_administrator(
    client: Client, platform_admin: User, settings: Settings
) -> None:
    settings.GOLDPATH_DEMO_SIGN_IN = True
    assert client.post("/sign-in/demo", {"name": "admin"}).status_code == 404
    assert not is_in(client)


def test_without_the_demo_there_is_no_such_door(client: Client, alice: User) -> None:
    assert client.post("/sign-in/demo", {"name": "alice"}).status_code == 404
    assert "Enter as" not in client.get("/sign-in").content.decode()


def test_after_signing_in_one_is_where_one_wanted_to_be(client: Client, alice: User, settings: Settings) -> None:
    settings.GOLDPATH_DEMO_SIGN_IN = True
    asked = client.get("/runs?status=failed")
    assert asked.headers["Location"] == "/sign-in?next=/runs%3Fstatus%3Dfailed"
    entered = client.post("/sign-in/demo", {"name": "alice", "next": "/runs?status=failed"})
    assert entered.headers["Location"] == "/runs?status=failed"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil"])
def test_open_redirect_is_refused(client: Client, alice: User, settings: Settings, target: str) -> None:
    settings.GOLDPATH_DEMO_SIGN_IN = True
    entered = client.post("/sign-in/demo", {"name": "alice", "next": target})
    assert entered.headers["Location"] == "/"


def test_signing_out_ends_the_session(alice_web: Client) -> None:
    assert alice_web.get("/sign-out").status_code == 405
    alice_web.post("/sign-out")
    assert not is_in(alice_web)


def test_the_theme_is_remembered(client: Client, db: None) -> None:
    client.post("/theme", {"theme": "dark", "next": "/sign-in"})
    assert 'data-theme="dark"' in client.get("/sign-in").content.decode()
    client.post("/theme", {"theme": '"><script>'})
    assert client.cookies["theme"].value == "dark"
