"""Attacks on the pages: forged requests against every address, and bad values on the form."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from portal.foundation.models import ApiToken, User
from portal.foundation.tokens import create_token
from portal.web import urls
from portal.web.forms import SHOWN
from scaffolder.models import Draft, Run, TemplateVersion
from tests.portal.web.test_create import SECOND, THIRD, begin, text

SAMPLES: dict[str, Any] = {
    "UUIDConverter": uuid.UUID(int=1),
    "IntConverter": 1,
    "StringConverter": "x",
    "SlugConverter": "x",
    "PathConverter": "x/y",
}


def addresses() -> list[str]:
    """Every named address of the pages, with something in each place."""
    patterns = [found for found in urls.urlpatterns if isinstance(found, URLPattern) and found.name]
    assert len(patterns) > 25
    return [reverse(f"web:{found.name}", kwargs=_filled(found)) for found in patterns]


def _filled(pattern: URLPattern) -> dict[str, Any]:
    return {name: SAMPLES.get(type(kind).__name__, "x") for name, kind in pattern.pattern.converters.items()}


def test_cross_site_request_forgery_is_refused_at_every_address(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    for address in addresses():
        page = strict.post(address, {"label": "x"})
        assert page.status_code == 403, address
        assert "did not come from your session" in text(page), address


def test_cross_site_request_forgery_by_a_foreign_origin_is_refused(alice: User, queued: Run) -> None:
    create_token(alice, "laptop")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    strict.get("/tokens")
    sent = {"csrfmiddlewaretoken": strict.cookies["csrftoken"].value}
    for address in (f"/runs/{queued.pk}/cancel", f"/tokens/{ApiToken.objects.get().pk}/revoke"):
        foreign = strict.post(address, sent, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403, address
    queued.refresh_from_db()
    assert queued.status == "queued"
    assert ApiToken.objects.exists()


def test_no_address_changes_anything_by_get(alice_web: Client, queued: Run, draft: Draft) -> None:
    run, form = f"/runs/{queued.pk}", f"/create/draft/{draft.pk}"
    others = ["/sign-out", "/theme", f"/tokens/{uuid.uuid4()}/revoke"]
    for address in (f"{run}/cancel", f"{run}/retry", f"{form}/submit", f"{form}/discard", *others):
        assert alice_web.get(address).status_code == 405, address
    queued.refresh_from_db()
    assert queued.status == "queued"
    assert Draft.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b", "/abs", "..", "-rf", "--upload-pack=x", "a\x00b", "x" * 64, "{{ 7*7 }}"]
)
def test_path_traversal_and_git_option_injection_by_a_name_are_refused(
    alice_web: Client, template: TemplateVersion, name: str
) -> None:
    page = begin(alice_web, name=name)
    assert page.status_code == 422
    assert 'id="field-name-error"' in text(page)
    assert not Draft.objects.exists()


@pytest.mark.parametrize("name", ["con", "v1", "vendor", "kubernetes", "default", "scratch"])
def test_a_name_that_means_something_else_is_refused_beside_its_field(
    alice_web: Client, template: TemplateVersion, name: str
) -> None:
    page = begin(alice_web, name=name)
    assert page.status_code == 422
    assert 'id="field-name-error"' in text(page)
    assert text(page).count(f"No service can be called {name}: ") == 2  # beside the field, and in the list above
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("net/http", "not in the form that is asked for"),
        ("example.com/vendor/x", "Go refuses vendor in a module path"),
        ("example.com/x/v1", "A module path cannot end in v1"),
        ("github.com/gin-gonic/gin", "Services require github.com/gin-gonic/gin"),
    ],
)
def test_a_module_path_that_go_cannot_build_is_refused_beside_its_field(
    alice_web: Client, draft: Draft, path: str, words: str
) -> None:
    chosen = {SHOWN: [*THIRD[SHOWN], "modulePath"], "customModulePath": "true", "modulePath": path}
    page = alice_web.post(f"/create/draft/{draft.pk}/3", {**THIRD, **chosen})
    assert page.status_code == 422
    assert 'id="field-modulePath-error"' in text(page)
    assert words in text(page)


@pytest.mark.parametrize("owner", ["group:default/nobody", "user:default/alice", "system:default/checkout"])
def test_an_unknown_owner_is_refused(alice_web: Client, draft: Draft, owner: str) -> None:
    alice_web.post(f"/create/draft/{draft.pk}/2", {**SECOND, "owner": owner})
    page = alice_web.post(f"/create/draft/{draft.pk}/submit", follow=True)
    assert "There is no group" in text(page)
    assert not Run.objects.exists()


def test_the_git_door_is_the_only_one_that_asks_no_forgery_token() -> None:
    """It takes no cookie either: tests/scaffolder/forges/test_http.py."""
    exempt = [found.name for found in _views(get_resolver().url_patterns) if _is_exempt(found.callback)]
    assert set(exempt) <= {"git-refs", "git-exchange"} | _api_names()


def _views(patterns: list[Any]) -> list[URLPattern]:
    found = []
    for pattern in patterns:
        found += [pattern] if isinstance(pattern, URLPattern) else _views(pattern.url_patterns)
    return found


def _is_exempt(view: Any) -> bool:
    return bool(getattr(view, "csrf_exempt", False))


def _api_names() -> set[str | None]:
    """REST views: Bearer tokens only, checked by their own tests."""
    return {found.name for found in _views(get_resolver().url_patterns) if hasattr(found.callback, "cls")}
