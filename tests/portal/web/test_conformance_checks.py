"""The catalogue of checks, one check, and one template version."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from conformance import checks
from conformance.choices import LEVELS
from conformance.examining.check import Check
from portal.foundation.models import User
from portal.web.views.conformance.words import part_name
from tests.conformance.fleet import BLANK, make_fleet, make_service, result, template_version

CHECK = next(iter(checks.registry().values()))
PAGE = f"/conformance/checks/{CHECK.id}"
VERSION = "/conformance/templates/default/go-blank-service"


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def plain(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(response)))


def test_every_check_is_in_the_catalogue(alice_web: Client, people: dict[str, User]) -> None:
    page = text(alice_web.get("/conformance/checks"))
    assert len(checks.registry()) >= 35
    for check in checks.registry().values():
        assert f'href="/conformance/checks/{check.id}"' in page
    assert all(label in page for level, label in LEVELS if level != "none")


@pytest.mark.parametrize("check", checks.registry().values(), ids=lambda check: str(check.id))
def test_every_check_has_a_page_that_says_why_and_how(alice_web: Client, people: dict[str, User], check: Check) -> None:
    words = plain(alice_web.get(f"/conformance/checks/{check.id}"))
    assert "Why it matters" in words
    assert "How to fix it" in words
    assert "Nobody: every service to which it applies passes" in words


def test_it_shows_who_fails_who_is_excused_and_one_that_passes(alice_web: Client, people: dict[str, User]) -> None:
    passing = {**result("pass", "It is as it should be.", "deployments/docker/Dockerfile")}
    make_service("ledger", results={CHECK.id: result("fail", "USER is 0.", "Dockerfile")})
    make_service("doubt", results={CHECK.id: result("error", "tool missing")})
    make_service("vault", results={CHECK.id: result("fail", "No.")}, waived={CHECK.id: "user:default/bob"})
    good = make_service("till", results={CHECK.id: passing})
    page = text(alice_web.get(PAGE))
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "USER is 0." in words
    assert "tool missing" in words
    assert f'href="/conformance/services?fails={CHECK.id}"' in page
    assert f'href="/conformance/services?waives={CHECK.id}"' in page
    example = page.partition("One that passes")[2]
    assert "till" in example
    assert f"/git/default/till/file/deployments/docker/Dockerfile?ref={good.commit}#L3" in example


def test_many_failures_have_pages(alice_web: Client, people: dict[str, User]) -> None:
    for number in range(27):
        make_service(f"ledger-{number:02}", results={CHECK.id: result("fail", "No.")})
    assert "Page 2 of 2" in text(alice_web.get(f"{PAGE}?page=2"))
    assert alice_web.get(f"{PAGE}?page={'9' * 5000}").status_code == 200


def test_a_check_that_the_portal_no_longer_has(alice_web: Client, people: dict[str, User]) -> None:
    service = make_service("ledger", results={CHECK.id: result("fail", "No.")})
    service.verdicts.filter(check_id=CHECK.id).update(check_id="gone-from-here")
    words = plain(alice_web.get("/conformance/checks/gone-from-here"))
    assert "no longer part of the portal" in words
    assert "ledger" in words


@pytest.mark.parametrize("name", ["nothing", "x" * 3000, "..%2f", "a'b"])
def test_an_unknown_check_is_not_there(alice_web: Client, people: dict[str, User], name: str) -> None:
    assert alice_web.get(f"/conformance/checks/{name}").status_code == 404


def test_a_zero_byte_is_refused(alice_web: Client, people: dict[str, User]) -> None:
    assert alice_web.get("/conformance/checks/a%00").status_code == 400
    assert alice_web.get(f"{VERSION}/1%00").status_code == 400


@pytest.mark.parametrize("address", ["/conformance/checks", PAGE, f"{VERSION}/1.0.0"])
def test_a_stranger_signs_in_and_nobody_writes(
    client: Client, alice_web: Client, people: dict[str, User], address: str
) -> None:
    assert client.get(address).headers["Location"].startswith("/sign-in?next=")
    assert alice_web.post(address).status_code == 405


def test_a_version_shows_who_is_on_it_and_who_is_behind(alice_web: Client, people: dict[str, User]) -> None:
    make_service("ledger")
    make_service("till", template_version="0.1.0", versions_behind=1)
    make_service("vault", template_version="0.0.9", versions_behind=2)
    newest = template_version(BLANK).version
    page = plain(alice_web.get(f"{VERSION}/{newest}"))
    assert "1 service is on it, 2 are on older versions" in page
    assert "newest" in page
    older = text(alice_web.get(f"{VERSION}/0.1.0"))
    assert "1 version behind the newest" in older
    assert "till" in older
    assert "vault" not in older
    assert "1 service is on it, 1 is on older versions" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", older))
    assert f'href="{VERSION}/0.0.9"' in older


def test_a_version_without_services_and_one_that_never_was(alice_web: Client, people: dict[str, User]) -> None:
    template_version(BLANK, "0.0.9")
    assert "No service is on this version" in text(alice_web.get(f"{VERSION}/0.0.9"))
    assert alice_web.get(f"{VERSION}/9.9.9").status_code == 404
    assert alice_web.get("/conformance/templates/default/nothing/1.0.0").status_code == 404
    assert alice_web.get(f"{VERSION}/{'1' * 3000}").status_code == 404


def test_the_pages_need_as_many_queries_for_many_as_for_few(
    alice_web: Client, people: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    make_fleet(120)
    for address, most in (("/conformance/checks", 3), (PAGE, 7), (f"{VERSION}/0.1.0", 7)):
        alice_web.get(address)
        with django_assert_max_num_queries(most):
            alice_web.get(address)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".github/workflows/ci.yml", "CI workflow"),
        (".github/workflows/release.yaml", "Release workflow"),
        ("deployments/docker/Dockerfile", "Dockerfile"),
        ("deployments/k8s/base/deployment.yaml", "Kubernetes deployment"),
        ("deployments/k8s/base/networkpolicy.yaml", "Kubernetes network policy"),
        (".golangci.yml", "Lint rules"),
        ("scripts/coverage.sh", "Coverage gate"),
        (".github/CODEOWNERS", "Code owners"),
        ("pkg/httpserver/server.go", "server.go"),
    ],
)
def test_files_have_names_that_people_use(path: str, name: str) -> None:
    assert part_name(path) == name
