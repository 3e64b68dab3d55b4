"""The page of the fleet, a team's page, and what home and catalog show of levels."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from conformance.examining.terms import Level
from portal.foundation.models import User
from scaffolder.models import Run
from tests.conformance.fleet import check_levels, make_fleet, make_service, result

BRONZE = next(check for check, level in check_levels().items() if level is Level.BRONZE)
SILVER = next(check for check, level in check_levels().items() if level is Level.SILVER)
CI = ".github/workflows/ci.yml"


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def plain(response: Any) -> str:
    """Return the words of a page, without tags and with single blanks."""
    words = re.sub(r"<[^>]+>", " ", text(response)).replace("&#x27;", "'")
    return re.sub(r"\s+", " ", words)


def test_an_empty_fleet_says_what_to_do_next(alice_web: Client, people: dict[str, User]) -> None:
    page = text(alice_web.get("/conformance"))
    assert "No service has come from a template yet" in page
    assert 'href="/create"' in page


def test_a_fleet_without_a_scan_says_so(alice_web: Client, people: dict[str, User]) -> None:
    make_service("ledger", is_scanned=False)
    assert "1 service, and no scan yet" in plain(alice_web.get("/conformance"))


def test_the_three_that_need_help_stand_first_with_their_reasons(alice_web: Client, people: dict[str, User]) -> None:
    make_service("fine")
    make_service("gateway", files={CI: "weakened", "Makefile": "weakened"}, history={20: "gold"})
    make_service("till", results={SILVER: result("fail", "No.", "x.yaml")}, history={9: "gold"})
    make_service("vault", results={BRONZE: result("fail", "No.")}, template_version="0.0.9", versions_behind=2)
    page = alice_web.get("/conformance")
    words = plain(page).partition("Needs help first")[2].partition("Levels")[0]
    assert "CI workflow weakened, and 1 more" in words
    assert "Fell from gold to bronze today" in words
    assert "1 check short of bronze" in words
    assert "2 versions behind" in words
    assert words.index("gateway") < words.index("till")
    assert "fine" not in words
    assert f'href="/conformance/services/default/gateway/drift/{CI}"' in text(page)
    assert 'href="/conformance/services/default/till#history"' in text(page)


def test_nothing_to_help_with_is_good_news(alice_web: Client, people: dict[str, User]) -> None:
    make_service("ledger")
    assert "Nothing calls for help" in text(alice_web.get("/conformance"))


def test_every_part_of_a_picture_leads_to_the_list_behind_it(alice_web: Client, people: dict[str, User]) -> None:
    make_service("gateway", files={CI: "weakened"}, results={BRONZE: result("fail", "No.")})
    make_service("ledger", template_version="0.0.9", versions_behind=1)
    page = text(alice_web.get("/conformance"))
    lists = {
        "level=gold": 1,
        "level=none&state=scanned": 1,
        "file=.github%2Fworkflows%2Fci.yml&drift=weakened": 1,
        f"fails={BRONZE}": 1,
        "level=gold&owner=group%3Adefault%2Fpayments": 1,
        "template=template%3Adefault%2Fgo-blank-service&version=0.0.9": 1,
    }
    for query, count in lists.items():
        assert escape(f"/conformance/services?{query}") in page, query
        assert f"{count} service<" in text(alice_web.get(f"/conformance/services?{query}")), query
    assert 'href="/conformance/teams/default/payments"' in page
    assert 'href="/conformance/templates/default/go-blank-service/0.0.9"' in page
    assert f'href="/conformance/checks/{BRONZE}"' in page


def test_every_picture_has_words_and_numbers(alice_web: Client, people: dict[str, User]) -> None:
    make_fleet(60)
    page = text(alice_web.get("/conformance"))
    for picture in re.findall(r"<svg(?![^>]*class=\"(?:icon|medal|sprite))[^>]*>", page):
        assert 'aria-hidden="true"' in picture or ("role=" in picture and "aria-label" in picture), picture
    assert "As a table" in page
    assert "style=" not in page


def test_a_name_with_markup_is_text(alice_web: Client, people: dict[str, User]) -> None:
    make_service("gateway", title="<script>alert(1)</script>", files={"<b>.yml": "weakened"})
    page = text(alice_web.get("/conformance"))
    assert "<script>alert" not in page
    assert "<b>.yml" not in page


@pytest.mark.parametrize("count", [12, 120])
def test_the_fleet_needs_at_most_five_queries(
    alice_web: Client, people: dict[str, User], count: int, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.GOLDPATH_DEMO = False
    make_fleet(count)
    alice_web.get("/conformance")
    with django_assert_max_num_queries(5):
        assert alice_web.get("/conformance").status_code == 200


def test_while_the_demo_is_made_the_page_says_how_far(
    alice_web: Client, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.web.demo import services
    from portal.web.demo.services import Progress

    monkeypatch.setattr(services, "progress", lambda: Progress(5, 31))
    page = alice_web.get("/conformance")
    assert "5 of 31 commits were looked at" in plain(page)
    assert 'hx-trigger="every 3s"' in text(page)
    make_fleet(30)
    assert "commits were looked at" not in text(alice_web.get("/conformance"))


def test_a_team_sees_its_own_services(alice_web: Client, people: dict[str, User]) -> None:
    make_service("ledger", results={SILVER: result("fail", "No.")}, history={9: "gold"})
    make_service("vault", owner_ref="group:default/identity")
    page = alice_web.get("/conformance/teams/default/payments")
    assert "Payments" in plain(page)
    assert "ledger" in text(page)
    assert "vault" not in text(page)
    assert "owner=group%3Adefault%2Fpayments" in text(page)


def test_a_team_without_services_and_one_that_nobody_knows(alice_web: Client, people: dict[str, User]) -> None:
    assert "owns no service" in text(alice_web.get("/conformance/teams/default/platform"))
    assert alice_web.get("/conformance/teams/default/nobody").status_code == 404
    make_service("orphan", owner_ref="group:default/dissolved")
    assert "orphan" in text(alice_web.get("/conformance/teams/default/dissolved"))


def test_home_and_catalog_show_the_level(alice_web: Client, made: Run) -> None:
    home = text(alice_web.get("/"))
    assert "How they stand" not in home
    ref = made.lineages.get().entity_ref
    made.lineages.all().delete()
    made.repositories.all().delete()
    service = make_service("ledger", results={SILVER: result("fail", "No.")})
    assert service.entity_ref == ref
    home = text(alice_web.get("/"))
    assert "How they stand" in home
    assert "level-bronze" in home
    entity = text(alice_web.get("/catalog/component/default/ledger"))
    assert "1 check fails" in plain(alice_web.get("/catalog/component/default/ledger"))
    assert 'href="/conformance/services/default/ledger"' in entity


@pytest.mark.parametrize("address", ["/conformance", "/conformance/teams/default/payments", "/conformance/checks"])
def test_only_reading_is_allowed(alice_web: Client, people: dict[str, User], address: str) -> None:
    assert alice_web.post(address).status_code == 405
    assert alice_web.delete(address).status_code == 405
