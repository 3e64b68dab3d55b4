"""What holds for every page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError
from django.test import Client, RequestFactory

from portal.foundation.models import User
from portal.web.views import errors
from scaffolder.models import Draft, Run

OPEN = ["/", "/sign-in", "/nowhere"]
CLOSED = [
    "/create", "/create/default/go-blank-service", "/runs", "/catalog", "/tokens", "/templates",
    "/templates/default/go-blank-service", "/catalog/group/default/payments", "/git/default/ledger/",
    "/conformance", "/conformance/services", "/conformance/checks", "/conformance/checks/coverage-gate",
    "/create/name?name=x",
]  # fmt: skip


def every_page(made: Run, draft: Draft) -> list[str]:
    return [
        *OPEN, *CLOSED[:-1], f"/runs/{made.pk}", "/catalog?kind=", "/catalog/component/default/ledger",
        "/catalog/api/default/ledger-api", "/git/default/ledger/file/go.mod", "/git/default/ledger/tree/internal",
        "/git/default/ledger/commits", f"/create/draft/{draft.pk}/1", f"/create/draft/{draft.pk}/3",
    ]  # fmt: skip


@pytest.mark.parametrize("address", CLOSED)
def test_a_stranger_is_asked_to_sign_in(client: Client, db: None, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in?next=")


def test_no_page_holds_inline_code_machine_paths_or_foreign_addresses(
    alice_web: Client, made: Run, draft: Draft
) -> None:
    for address in every_page(made, draft):
        html = alice_web.get(address, follow=True).content.decode()
        assert not re.search(r"<style|<script(?![^>]* src=)|\son[a-z]+=|\sstyle=", html), address
        assert str(django_settings.GOLDPATH_HOME) not in html, address
        assert str(django_settings.BASE_DIR) not in html, address
        assert not re.search(r'(?:src|action)="(?!/|")', html), address
        assert html.count("<h1") == 1, address


def test_every_page_has_a_strict_policy(alice_web: Client, made: Run, draft: Draft) -> None:
    for address in every_page(made, draft):
        headers = alice_web.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, address
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_cache_keeps_a_page_of_a_person(alice_web: Client, db: None) -> None:
    assert "private" in alice_web.get("/runs").headers["Cache-Control"]


@pytest.mark.parametrize("address", ["/nowhere", "/runs/00000000-0000-0000-0000-000000000000", "/git/a/b/"])
def test_what_is_not_there_says_so_and_shows_a_way_on(alice_web: Client, address: str) -> None:
    response = alice_web.get(address)
    assert response.status_code == 404
    assert 'href="/catalog"' in response.content.decode()


@pytest.mark.parametrize(
    "address", ["/catalog?owner=%00", "/git/a%00/b/", "/templates/default/x%00", "/runs?status=a%00"]
)
def test_a_zero_byte_in_an_address_is_refused(alice_web: Client, address: str) -> None:
    assert alice_web.get(address).status_code == 400


def test_an_api_address_answers_in_its_envelope(client: Client, db: None) -> None:
    assert client.get("/api/nowhere").json()["error"]["name"] == "NotFoundError"


def test_a_defect_shows_no_detail(alice_web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr("portal.web.views.runs.page_of", break_down)
    alice_web.raise_request_exception = False
    response = alice_web.get("/runs")
    assert response.status_code == 500
    assert "Something broke" in response.content.decode()
    assert "secret reason" not in response.content.decode()


def test_a_defect_without_a_database_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_database(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(errors, "answer", no_database)
    response = errors.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "cannot reach its database" in response.content.decode()


def test_a_forged_form_is_refused(alice: User, signed_in: Callable[[User], Client]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    for address in ("/tokens", "/sign-out", "/theme", "/create/default/go-blank-service"):
        assert strict.post(address, {"label": "x"}).status_code == 403, address


def test_home_shows_what_is_ones_own(alice_web: Client, charlie_web: Client, made: Run, draft: Draft) -> None:
    mine = alice_web.get("/").content.decode()
    assert "/catalog/component/default/ledger" in mine
    assert f"/runs/{made.pk}" in mine
    assert "You were filling in" in mine
    theirs = charlie_web.get("/").content.decode()
    assert "Your team owns no service yet" in theirs
    assert str(made.pk) not in theirs
