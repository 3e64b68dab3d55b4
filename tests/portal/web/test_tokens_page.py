from __future__ import annotations

import re

import pytest
from django.test import Client

from portal.foundation.auth import verify
from portal.foundation.models import ApiToken, User


def test_a_token_is_shown_once_and_works(alice_web: Client, alice: User) -> None:
    response = alice_web.post("/tokens", {"label": "laptop", "days": "30"})
    shown = re.search(r'id="command-token">(gp_\w+)<', response.content.decode())
    assert shown
    assert verify(shown.group(1)) == alice
    assert "no-store" in response.headers["Cache-Control"]
    assert shown.group(1) not in alice_web.get("/tokens").content.decode()


@pytest.mark.parametrize(
    ("label", "days"),
    [
        ("", "30"),
        ("x" * 101, "30"),
        ("a\x00b", "30"),
        ("x", "9999"),
        ("x", ""),
        ("x", "-1"),
        ("x", "²"),
        ("x", "9" * 5000),
    ],
)
def test_a_bad_request_for_a_token_is_refused(alice_web: Client, label: str, days: str) -> None:
    response = alice_web.post("/tokens", {"label": label, "days": days})
    assert response.status_code == 422
    assert 'id="label-error"' in response.content.decode()
    assert not ApiToken.objects.exists()


def test_a_revoked_token_works_no_more(alice_web: Client, alice: User) -> None:
    alice_web.post("/tokens", {"label": "laptop", "days": "30"})
    alice_web.post(f"/tokens/{ApiToken.objects.get().pk}/revoke")
    assert not ApiToken.objects.exists()


def test_somebody_elses_token_is_not_there(alice_web: Client, charlie_web: Client) -> None:
    alice_web.post("/tokens", {"label": "laptop", "days": "30"})
    token = ApiToken.objects.get()
    assert charlie_web.post(f"/tokens/{token.pk}/revoke").status_code == 404
    assert "laptop" not in charlie_web.get("/tokens").content.decode()
    assert ApiToken.objects.exists()
