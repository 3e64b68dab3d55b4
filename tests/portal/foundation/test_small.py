"""The small pieces: environment readers, redaction, transitions, leases, health, metrics, envelope."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from structlog.stdlib import ProcessorFormatter

from portal.foundation import env, home, redaction
from portal.foundation.actors import Actor
from portal.foundation.api import errors
from portal.foundation.api.times import wire_time
from portal.foundation.models import SignInLink, User


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), ("off", False)])
def test_envbool_knows_its_words(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("GOLDPATH_X", raw)
    assert env.envbool("GOLDPATH_X", default=not value) is value


def test_a_variable_set_to_nothing_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDPATH_X", "")
    assert env.envbool("GOLDPATH_X", default=True)
    assert env.envint("GOLDPATH_X", 8000) == 8000
    assert env.envstr("GOLDPATH_X", "var") == "var"
    assert env.envsecret("GOLDPATH_X", "none") == "none"


@pytest.mark.parametrize(
    "reader", [lambda: env.envbool("GOLDPATH_X", default=True), lambda: env.envint("GOLDPATH_X", 1)]
)
def test_a_wrong_value_names_the_variable(monkeypatch: pytest.MonkeyPatch, reader: object) -> None:
    monkeypatch.setenv("GOLDPATH_X", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="GOLDPATH_X"):
        reader()  # type: ignore[operator]


def test_a_secret_comes_from_a_file_but_not_from_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hidden\n")
    monkeypatch.setenv("GOLDPATH_X_FILE", str(tmp_path / "key"))
    assert env.envsecret("GOLDPATH_X") == "hidden"
    monkeypatch.setenv("GOLDPATH_X", "other")
    with pytest.raises(ImproperlyConfigured, match="keep one"):
        env.envsecret("GOLDPATH_X")


def test_an_unreadable_secret_file_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOLDPATH_X_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="GOLDPATH_X_FILE"):
        env.envsecret("GOLDPATH_X")


def test_lists_drop_empty_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDPATH_X", "a, ,b,")
    assert env.envlist("GOLDPATH_X") == ["a", "b"]


def test_the_data_folder_is_closed_to_other_users(goldpath_home: Path) -> None:
    made = home.folder("some", "where")
    assert made == goldpath_home / "some" / "where"
    assert made.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "text",
    [
        "gp_" + "a1" * 32,
        "ghp_" + "A" * 36,
        "github_pat_" + "b" * 40,
        "https://alice:s3cret-word@git.example/x.git",
        "https://x-access-token:s3cret-word@git.example/x.git",
        "Authorization: Bearer s3cret-word",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl",
    ],
)
def test_redaction_masks_what_looks_like_a_secret(text: str) -> None:
    assert redaction.MASK in redaction.redact(f"before {text} after")
    for part in ("s3cret-word", "a1a1", "AAAA", "bbbb", "c2lnbmF0dXJl"):
        assert part not in redaction.redact(text)


def test_redaction_masks_remembered_values_and_refuses_short_ones() -> None:
    redaction.remember("tr0ub4dor")
    assert redaction.redact("x tr0ub4dor y") == "x *** y"
    with pytest.raises(ValueError, match="eight"):
        redaction.remember("short")


def test_redaction_hides_the_machines_folders(goldpath_home: Path, settings: Settings) -> None:
    text = redaction.redact(f"{goldpath_home}/git/x {settings.BASE_DIR}/manage.py {Path.home()}/.netrc")
    assert text == "$GOLDPATH_HOME/git/x $GOLDPATH/manage.py ~/.netrc"


def test_an_actor_acts_for_its_groups_itself_or_as_platform() -> None:
    alice = Actor("user:default/alice", frozenset({"group:default/payments"}))
    assert alice.may_act_for("group:default/payments")
    assert alice.may_act_for("user:default/alice")
    assert not alice.may_act_for("group:default/identity")
    assert Actor("user:default/admin", is_platform=True).may_act_for("group:default/identity")


def test_wire_times_are_utc_with_milliseconds() -> None:
    moment = dt.datetime(2026, 11, 22, 13, 56, 20, 5000, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert wire_time(moment) == "2026-11-22T11:56:20.005Z"
    assert wire_time(None) is None


def test_the_envelope_names_the_path_below_the_mount() -> None:
    request = RequestFactory().get("/api/catalog/entities/by-name/a?x=1")
    assert errors.body("NotFoundError", "gone", 404, request) == {
        "error": {"name": "NotFoundError", "message": "gone"},
        "request": {"method": "GET", "url": "/entities/by-name/a?x=1"},
        "response": {"statusCode": 404},
    }


def test_an_unknown_endpoint_answers_in_the_envelope(client: Client) -> None:
    response = client.post("/api/nothing/here")
    assert response.status_code == 404
    assert response.json()["error"]["name"] == "NotFoundError"


def test_liveness_asks_nothing(client: Client, django_assert_num_queries: object) -> None:
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readiness_needs_the_database_migrated(client: Client) -> None:
    assert client.get("/readyz").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'foundation'")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "migrations are pending")


def test_metrics_count_requests_by_route(client: Client) -> None:
    client.get("/livez")
    text = client.get("/metrics").content.decode()
    assert 'goldpath_http_request_seconds_count{method="GET",route="livez",status="200"}' in text


def test_invented_methods_do_not_grow_the_metrics(client: Client) -> None:
    for number in range(3):
        client.generic(f"INVENTED{number}", "/livez")
    text = client.get("/metrics").content.decode()
    assert "INVENTED" not in text
    assert 'method="OTHER",route="livez"' in text


def test_a_sign_in_link_cannot_be_stolen_from_the_log() -> None:
    handlers = logging.getLogger().handlers
    formatter = next(each.formatter for each in handlers if isinstance(each.formatter, ProcessorFormatter))
    path = "/sign-in/link/Ab-3_secretsecret"
    record = logging.LogRecord("django.security.csrf", logging.WARNING, "", 0, "Forbidden: %s", (path,), None)
    event = logging.LogRecord(
        "x", logging.WARNING, "", 0, {"event": "request_failed", "request": f"POST {path}"}, (), None
    )
    event.__dict__ |= {"_logger": logging.getLogger("x"), "_name": "warning"}
    for line in (formatter.format(record), formatter.format(event)):
        assert "secretsecret" not in line
        assert "/sign-in/link/***" in line


@pytest.mark.django_db
def test_a_sign_in_link_works_once_and_in_time() -> None:
    user = User.objects.create_user("dora")
    secret = SignInLink.objects.issue(user)
    assert secret not in str(SignInLink.objects.values().get())
    link = SignInLink.objects.redeem(secret)
    assert link is not None
    assert link.user == user
    assert SignInLink.objects.redeem(secret) is None
    late = SignInLink.objects.issue(user, minutes=-1)
    assert SignInLink.objects.redeem(late) is None
    assert SignInLink.objects.redeem(str(uuid.uuid4())) is None
