"""Management commands and the settings of an installation, run as an operator runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Entity
from portal.foundation import auth
from portal.foundation.models import SignInLink, User
from portal.web.management.commands import up

ROOT = Path(__file__).resolve().parents[2]


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def manage(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("GOLDPATH_", "DJANGO_"))}
    given = {**base, "GOLDPATH_HOME": str(home), **environment}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)


def test_apitoken_prints_the_token_and_nothing_else(alice: User) -> None:
    out = printed("apitoken", "create", "--user", "alice", "--name", "laptop")
    assert out.count("\n") == 1
    assert auth.verify(out.strip()) == alice


@pytest.mark.parametrize(
    "arguments",
    [
        ["--user", "nobody", "--name", "x"],
        ["--user", "alice", "--name", ""],
        ["--user", "alice", "--name", "x", "--days", "0"],
    ],
)
def test_apitoken_refuses_with_a_sentence(alice: User, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"\.$"):
        printed("apitoken", "create", *arguments)


def test_signinlink_signs_one_account_in(alice: User) -> None:
    link = printed("signinlink", "alice").strip()
    redeemed = SignInLink.objects.redeem(link.rpartition("/")[2])
    assert redeemed is not None
    assert redeemed.user == alice
    with pytest.raises(CommandError, match="no active account"):
        printed("signinlink", "nobody")


def test_static_files_are_collected_once(goldpath_home: Path, settings: object) -> None:
    settings.STATIC_ROOT = goldpath_home / "static"  # type: ignore[attr-defined]
    up.collect_static()
    stamp = goldpath_home / "static" / ".digest"
    before = stamp.stat().st_mtime_ns
    up.collect_static()
    assert stamp.stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_new_installation_has_people_teams_and_systems_without_demo_services(tmp_path: Path) -> None:
    done = manage(tmp_path / "home", "up", "--prepare-only", GOLDPATH_DEMO="0")
    assert done.returncode == 0, done.stderr
    shell = "from catalog.models import Entity; print(sorted(e.kind.lower() for e in Entity.objects.all()))"
    kinds = manage(tmp_path / "home", "shell", "-v", "0", "-c", shell).stdout
    assert {"user", "group", "system", "template"} <= set(kinds.replace("'", "").strip("[]\n").split(", "))
    assert "component" not in kinds


def test_production_does_not_start_without_its_secrets(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", DJANGO_SETTINGS_MODULE="portal.settings.production")
    assert done.returncode != 0
    assert "GOLDPATH_SECRET_KEY must be set" in done.stderr


@pytest.mark.slow
def test_production_carries_nothing_of_the_demo(tmp_path: Path) -> None:
    given = {"DJANGO_SETTINGS_MODULE": "portal.settings.production", "GOLDPATH_SECRET_KEY": "k" * 50}
    done = manage(tmp_path / "home", "up", "--prepare-only", **given, GOLDPATH_BASE_URL="https://goldpath.example")
    assert done.returncode == 0, done.stderr
    shell = "from portal.foundation.models import User; print(User.objects.count())"
    assert (
        manage(
            tmp_path / "home", "shell", "-v", "0", "-c", shell, **given, GOLDPATH_BASE_URL="https://x.example"
        ).stdout
        == "0\n"
    )


def test_a_port_in_use_is_a_sentence_with_a_way_out(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = manage(tmp_path, "up", GOLDPATH_PORT=str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "GOLDPATH_PORT=8001 make run" in done.stderr


def test_entities_of_the_demo_are_loaded_twice_without_harm(people: dict[str, User]) -> None:
    before = Entity.objects.count()
    printed("demodata")
    assert Entity.objects.count() >= before


def test_an_open_address_with_demo_sign_in_is_refused(tmp_path: Path) -> None:
    done = manage(tmp_path, "up", "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "GOLDPATH_DEMO_SIGN_IN=0" in done.stderr


def test_production_does_not_start_without_its_address(tmp_path: Path) -> None:
    given = {"DJANGO_SETTINGS_MODULE": "portal.settings.production", "GOLDPATH_SECRET_KEY": "k" * 50}
    done = manage(tmp_path, "check", **given)
    assert done.returncode != 0
    assert "GOLDPATH_BASE_URL must be set" in done.stderr
