"""The page of one service: what it shows, in every state, and who may ask for a scan."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from conformance.examining.terms import Level
from conformance.models import Event, Service
from conformance.services import scans
from portal.foundation.models import User
from scaffolder.models import Run
from tests.conformance.fleet import check_levels, make_service, result

PAGE = "/conformance/services/default/ledger"
LEVELS = check_levels()
BRONZE, OTHER = [check for check, level in LEVELS.items() if level is Level.BRONZE][:2]
SILVER = next(check for check, level in LEVELS.items() if level is Level.SILVER)


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("&#x27;", "'")


@pytest.fixture
def low(people: dict[str, User]) -> Service:
    """A service of payments without a level: two checks fail, one of silver is inconclusive, one is waived."""
    waived = [check for check, level in LEVELS.items() if level is Level.SILVER][1]
    return make_service(
        "ledger",
        results={
            BRONZE: result("fail", "USER is 0.", "deployments/docker/Dockerfile", "absent.txt"),
            OTHER: result("fail", "There is no licence."),
            SILVER: result("error", "tool missing: hadolint is not installed"),
            waived: result("fail", "Not yet.", "Makefile"),
        },
        waived={waived: "user:default/bob"},
        files={".github/workflows/ci.yml": "weakened", "Makefile": "behind"},
        history={40: "gold", 9: "bronze"},
    )


def test_it_says_what_is_missing_for_the_next_level(alice_web: Client, low: Service) -> None:
    words = plain(text(alice_web.get(PAGE)))
    assert "2 checks to bronze" in words
    assert "USER is 0." in words
    assert words.count("How to fix it") >= 3


def test_evidence_leads_to_the_very_line_at_the_commit(alice_web: Client, low: Service) -> None:
    page = text(alice_web.get(PAGE))
    address = f"/git/default/ledger/file/deployments/docker/Dockerfile?ref={low.commit}#L3"
    assert f'href="{address}"' in page
    assert "line of deployments/docker/Dockerfile" in page


def test_evidence_that_is_not_in_the_commit_leads_nowhere(alice_web: Client, people: dict[str, User]) -> None:
    missing = {"path": "LICENSE", "line": 0, "sha": "", "excerpt": "", "note": "Put one here."}
    make_service("ledger", results={BRONZE: {"verdict": "fail", "message": "None.", "evidence": [missing]}})
    page = text(alice_web.get(PAGE))
    assert "Put one here." in page
    assert "/file/LICENSE" not in page


def test_inconclusive_checks_waivers_drift_and_history_are_there(alice_web: Client, low: Service) -> None:
    page = text(alice_web.get(PAGE))
    words = plain(page)
    assert "tool missing: hadolint is not installed" in words
    assert "The vendor's image is replaced next quarter." in words
    assert f'href="{PAGE}/drift/.github/workflows/ci.yml"' in page
    assert "from gold" in words
    assert 'role="img"' in page
    assert f"/git/default/ledger/commit/{low.commit}" in page


def test_who_may_act_for_the_team_is_offered_a_scan_and_a_waiver(
    alice_web: Client, charlie_web: Client, low: Service
) -> None:
    mine, theirs = text(alice_web.get(PAGE)), text(charlie_web.get(PAGE))
    assert "Scan now" in mine
    assert f"/conformance/waivers/new?service=component%3Adefault%2Fledger&amp;check={BRONZE}" in mine
    assert "Scan now" not in theirs
    assert "/waivers/new" not in theirs


def test_the_badge_and_the_files_of_other_tools_are_offered(alice_web: Client, low: Service) -> None:
    page = text(alice_web.get(PAGE))
    base = django_settings.GOLDPATH_BASE_URL
    assert f"[![Goldpath]({base}/badges/default/ledger.svg)]({base}{PAGE})" in page
    assert alice_web.get(f"{PAGE}/sarif.json").json()["version"] == "2.1.0"
    assert alice_web.get(f"{PAGE}/scorecard.json").json()["repo"]["commit"] == low.commit


def test_gold_has_nothing_missing(alice_web: Client, people: dict[str, User]) -> None:
    make_service("ledger")
    words = plain(text(alice_web.get(PAGE)))
    assert "All the way: gold" in words
    assert "What is missing" not in words


def test_a_level_that_errors_hold_says_so(alice_web: Client, people: dict[str, User]) -> None:
    make_service("ledger", results={BRONZE: result("error", "No answer.")}, is_held=True, level="gold")
    assert "the level was left as it was" in text(alice_web.get(PAGE))


def test_a_service_that_was_never_scanned(alice_web: Client, people: dict[str, User]) -> None:
    make_service("ledger", is_scanned=False)
    words = plain(text(alice_web.get(PAGE)))
    assert "Not scanned yet" in words
    assert "The history begins" not in words


def test_a_repository_that_cannot_be_read_is_told_in_words(alice_web: Client, low: Service) -> None:
    Service.objects.filter(pk=low.pk).update(problem="The default branch main is gone.")
    words = plain(text(alice_web.get(PAGE)))
    assert "The default branch main is gone. What is shown here is the last that is known." in words


def test_a_check_that_the_portal_no_longer_has_is_shown_by_its_name(alice_web: Client, low: Service) -> None:
    low.verdicts.filter(check_id=BRONZE).update(check_id="gone-from-here")
    assert "Gone from here" in text(alice_web.get(PAGE))


def test_words_of_repositories_are_data(alice_web: Client, people: dict[str, User]) -> None:
    evil = "<img src=x onerror=alert(1)>{{ settings.SECRET_KEY }}"
    bad = {"path": f"a/{evil}", "line": 1, "sha": "1" * 40, "excerpt": evil, "note": evil}
    make_service(
        "ledger",
        title=evil,
        problem=evil,
        results={BRONZE: {"verdict": "fail", "message": evil, "evidence": [bad]}},
        files={f"x/{evil}": "drifted"},
    )
    for address in (PAGE, "/conformance", "/conformance/services", f"/conformance/checks/{BRONZE}"):
        page = text(alice_web.get(address))
        assert "<img src=x" not in page, address
        assert django_settings.SECRET_KEY not in page, address


def test_a_scan_is_asked_for_and_its_result_comes_by_itself(alice_web: Client, made: Run) -> None:
    repository = made.repositories.get()
    service = scans.service_of(repository)
    assert service is not None
    response = alice_web.post(f"{PAGE}/scan")
    assert response.headers["Location"] == PAGE
    page = text(alice_web.get(PAGE))
    assert f'hx-get="{PAGE}/state"' in page
    assert '<meta http-equiv="refresh"' in page
    waiting = alice_web.get(f"{PAGE}/state")
    assert waiting.status_code == 200
    assert "waits for a worker" in text(waiting)
    scans.scan(service.pk)
    done = alice_web.get(f"{PAGE}/state")
    assert done.status_code == 286
    assert 'id="service"' in text(done)
    assert "hx-swap-oob" in text(done)
    assert "hx-get" not in text(alice_web.get(PAGE)).partition('id="scan-state"')[2].partition("</p>")[0]


def test_a_scan_in_progress_is_told_apart_from_one_that_waits(alice_web: Client, low: Service) -> None:
    now = timezone.now()
    Service.objects.filter(pk=low.pk).update(scan_requested_at=now, lease_expires_at=now + dt.timedelta(minutes=5))
    Service.objects.filter(pk=low.pk).update(lease_holder="00000000-0000-0000-0000-000000000001")
    assert "A scan is under way" in text(alice_web.get(PAGE))


def test_a_second_wish_is_not_needed(alice_web: Client, low: Service) -> None:
    alice_web.post(f"{PAGE}/scan")
    first = Service.objects.get(pk=low.pk).scan_requested_at
    page = text(alice_web.post(f"{PAGE}/scan", follow=True))
    assert "already asked for" in page
    assert Service.objects.get(pk=low.pk).scan_requested_at == first


def test_an_outsider_does_not_ask_for_scans(charlie_web: Client, low: Service) -> None:
    response = charlie_web.post(f"{PAGE}/scan")
    assert response.status_code == 403
    assert "group:default/payments" in text(response)
    assert Service.objects.get(pk=low.pk).scan_requested_at is None


def test_the_platform_may(platform_admin: User, signed_in: Callable[[User], Client], low: Service) -> None:
    assert signed_in(platform_admin).post(f"{PAGE}/scan").status_code == 302
    assert Service.objects.get(pk=low.pk).scan_requested_at is not None


def test_a_forged_form_is_refused(alice: User, low: Service) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(f"{PAGE}/scan").status_code == 403
    assert Service.objects.get(pk=low.pk).scan_requested_at is None


def test_a_stranger_signs_in_first(client: Client, low: Service) -> None:
    for address in (PAGE, f"{PAGE}/state", f"{PAGE}/sarif.json", f"{PAGE}/scorecard.json"):
        assert client.get(address).headers["Location"].startswith("/sign-in?next="), address
    assert client.post(f"{PAGE}/scan").headers["Location"] == "/sign-in?next=/"
    assert Event.objects.count() == 0


@pytest.mark.parametrize("path", ["", "/state", "/sarif.json", "/scorecard.json"])
def test_other_methods_are_refused(alice_web: Client, low: Service, path: str) -> None:
    assert alice_web.post(f"{PAGE}{path}").status_code == 405
    assert alice_web.get(f"{PAGE}/scan").status_code == 405


@pytest.mark.parametrize("name", ["nobody", "led'ger", "..%2f..", "x" * 500, "ledger%20"])
@pytest.mark.parametrize("path", ["", "/state", "/sarif.json", "/scorecard.json", "/drift/Makefile"])
def test_an_unknown_service_is_not_there(alice_web: Client, low: Service, name: str, path: str) -> None:
    assert alice_web.get(f"/conformance/services/default/{name}{path}").status_code == 404


def test_a_zero_byte_is_refused(alice_web: Client, low: Service) -> None:
    assert alice_web.get("/conformance/services/default/a%00").status_code == 400


@pytest.mark.parametrize("is_open", [True, False])
def test_the_badge_may_be_read_where_repositories_may(
    client: Client, alice_web: Client, low: Service, settings: Settings, is_open: bool
) -> None:
    settings.GOLDPATH_ANONYMOUS_GIT_READ = is_open
    answer = client.get("/badges/default/ledger.svg")
    assert answer.status_code == (200 if is_open else 401)
    known = alice_web.get("/badges/default/ledger.svg")
    assert known.status_code == 200
    assert known.headers["Content-Type"] == "image/svg+xml"
    assert known.headers["Cache-Control"].startswith("public" if is_open else "private")
    assert "no level" in text(known)


def test_a_badge_of_nothing(client: Client, low: Service) -> None:
    assert client.get("/badges/default/nobody.svg").status_code == 404
    assert client.post("/badges/default/ledger.svg").status_code == 405
    assert client.get("/badges/default/a%00.svg").status_code == 400
    assert client.head("/badges/default/ledger.svg").status_code == 200
