from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from portal.foundation import auth
from portal.foundation.errors import AuthenticationError, InputError, NotFoundError
from portal.foundation.models import ApiToken, User
from portal.foundation.tokens import create_token, revoke_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora() -> User:
    return User.objects.create_user("dora")


class Whoami(APIView):
    throttle_classes = ()

    def get(self, request: Request) -> Response:
        return Response({"user": auth.account_of(request).username})


def ask(header: str | None) -> tuple[int, dict[str, object], str]:
    extra: dict[str, Any] = {} if header is None else {"HTTP_AUTHORIZATION": header}
    response = Whoami.as_view()(APIRequestFactory().get("/api/x/whoami", **extra))
    response.render()
    return response.status_code, response.data, response.get("WWW-Authenticate", "")


def test_it_accepts_a_token(dora: User) -> None:
    status, data, _ = ask(f"Bearer {create_token(dora, 'laptop')}")
    assert (status, data) == (200, {"user": "dora"})


def test_it_stores_no_token_only_its_hash(dora: User) -> None:
    token = create_token(dora, "laptop")
    row = ApiToken.objects.values().get()
    assert token not in str(row)
    assert row["token_key"] == token[:15]
    assert len(row["digest"]) == 128


def test_it_refuses_a_forged_token_that_shares_the_visible_prefix(dora: User) -> None:
    token = create_token(dora, "laptop")
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    status, data, challenge = ask(f"Bearer {forged}")
    assert status == 401
    assert data["error"]["name"] == "AuthenticationError"  # type: ignore[index]
    assert challenge == "Bearer"


def test_it_refuses_an_expired_token_and_keeps_it_listed(dora: User) -> None:
    token = create_token(dora, "laptop", days=1)
    with time_machine.travel(timezone.now() + dt.timedelta(days=2), tick=False):
        assert ask(f"Bearer {token}")[0] == 401
    assert ApiToken.objects.count() == 1


def test_it_refuses_the_token_of_a_deactivated_account(dora: User) -> None:
    token = create_token(dora, "laptop")
    User.objects.update(is_active=False)
    assert ask(f"Bearer {token}")[0] == 401


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer a b", "Bearer \xff\xfe", "Basic ZG9yYTp4", "Bearer " + "x" * 100_000]
)
def test_it_refuses_a_missing_or_malformed_header(header: str | None) -> None:
    status, data, _ = ask(header)
    assert status == 401
    assert data["response"] == {"statusCode": 401}


def test_it_notes_when_a_token_was_used_once_a_minute(dora: User) -> None:
    token = create_token(dora, "laptop")
    ask(f"Bearer {token}")
    first = ApiToken.objects.get().last_used_at
    ask(f"Bearer {token}")
    assert first is not None
    assert ApiToken.objects.get().last_used_at == first


def test_verify_answers_for_basic_passwords_as_for_bearers(dora: User) -> None:
    assert auth.verify(create_token(dora, "git")) == dora
    for wrong in ("", "gp_", "gp_" + "0" * 64, "pässwort"):
        with pytest.raises(AuthenticationError):
            auth.verify(wrong)


@pytest.mark.parametrize("label", ["", "   ", "x" * 101, "two\nlines", "null\0byte"])
def test_it_refuses_a_label_that_cannot_be_shown(dora: User, label: str) -> None:
    with pytest.raises(InputError):
        create_token(dora, label)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_it_refuses_a_lifetime_out_of_bounds(dora: User, days: int) -> None:
    with pytest.raises(InputError):
        create_token(dora, "x", days=days)


def test_nobody_revokes_the_token_of_somebody_else(dora: User) -> None:
    eve = User.objects.create_user("eve")
    create_token(dora, "laptop")
    with pytest.raises(NotFoundError):
        revoke_token(eve, ApiToken.objects.get().id)
    revoke_token(dora, ApiToken.objects.get().id)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "forged",
    ["gp_" + "0" * 30 + "\0" + "0" * 33, "gp_" + "0" * 64 + "\0", "gp_" + "0" * 64 + "\n", "gp_" + "A" * 64, "gp_\0"],
)
def test_a_token_with_a_zero_byte_never_reaches_the_database(
    forged: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert not auth.is_token(forged)
        with pytest.raises(AuthenticationError):
            auth.verify(forged)
        with pytest.raises(AuthenticationFailed):
            auth.BearerAuthentication().authenticate_credentials(forged.encode())
