"""The list of services: filters and order in the address, pages, and the same list as files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from conformance.examining.terms import Level
from portal.foundation.models import User
from tests.conformance.fleet import check_levels, make_fleet, make_service, result

LIST = "/conformance/services"
BRONZE = next(check for check, level in check_levels().items() if level is Level.BRONZE)
SILVER = next(check for check, level in check_levels().items() if level is Level.SILVER)


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def streamed(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


def names(page: str) -> list[str]:
    found = re.findall(r'href="/conformance/services/default/([a-z0-9-]+)"', page)
    return list(dict.fromkeys(found))


@pytest.fixture
def three(people: dict[str, User]) -> None:
    make_service("ledger", score=100)
    make_service("till", results={BRONZE: result("fail", "No.")}, files={"Makefile": "weakened"}, score=40)
    make_service("vault", results={SILVER: result("fail", "No.")}, owner_ref="group:default/identity", score=70)


def test_filters_stand_in_the_address_and_can_be_taken_off(alice_web: Client, three: None) -> None:
    page = text(alice_web.get(f"{LIST}?drift=weakened&owner=group:default/payments"))
    assert names(page) == ["till"]
    assert 'href="?owner=group%3Adefault%2Fpayments"' in page
    assert 'href="?drift=weakened"' in page
    assert '<option value="weakened" selected>' in page


def test_a_filter_that_has_no_control_stays_when_another_is_chosen(alice_web: Client, three: None) -> None:
    page = text(alice_web.get(f"{LIST}?file=Makefile&sort=-score"))
    assert re.search(r'name="file"\s+value="Makefile"', page)
    assert re.search(r'name="sort"\s+value="-score"', page)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", ["ledger", "till", "vault"]),
        ("-name", ["vault", "till", "ledger"]),
        ("level", ["till", "vault", "ledger"]),
        ("-level", ["ledger", "vault", "till"]),
        ("score", ["till", "vault", "ledger"]),
        ("-drift", ["till", "ledger", "vault"]),
        ("owner", ["vault", "ledger", "till"]),
        ("nonsense", ["ledger", "till", "vault"]),
        ("-commit; drop table", ["ledger", "till", "vault"]),
    ],
)
def test_the_order_stands_in_the_address(alice_web: Client, three: None, sort: str, order: list[str]) -> None:
    assert names(text(alice_web.get(LIST, {"sort": sort}))) == order


def test_the_columns_say_how_the_list_is_sorted(alice_web: Client, three: None) -> None:
    page = text(alice_web.get(f"{LIST}?sort=score&level=gold"))
    assert page.count('aria-sort="ascending"') == 1
    assert "?level=gold&amp;sort=-score" in page or "?sort=-score&amp;level=gold" in page


def test_long_lists_have_pages_that_keep_filter_and_order(alice_web: Client, people: dict[str, User]) -> None:
    make_fleet(60)
    page = text(alice_web.get(f"{LIST}?state=scanned&sort=-score&page=2"))
    assert "Page 2 of 3" in page
    assert "state=scanned&amp;sort=-score&amp;page=3" in page


@pytest.mark.parametrize(
    "query",
    ["?page=0", "?page=-1", "?page=x", "?page=" + "9" * 15, "?page=" + "9" * 5000, "?level=platinum", "?drift=none",
     "?fails=" + "x" * 5000, "?state=odd", "?owner='--", "?text=%25_%5c", "?sort=" + "s" * 5000, "?version=..%2f.."],
)  # fmt: skip
def test_odd_addresses_do_no_harm(alice_web: Client, three: None, query: str) -> None:
    assert alice_web.get(f"{LIST}{query}").status_code == 200
    assert alice_web.get(f"{LIST}.csv{query}").status_code == 200


@pytest.mark.parametrize("address", [LIST, f"{LIST}.csv", f"{LIST}.json"])
def test_a_zero_byte_is_refused_and_writing_is_not_there(alice_web: Client, three: None, address: str) -> None:
    assert alice_web.get(f"{address}?text=a%00").status_code == 400
    assert alice_web.post(address).status_code == 405


@pytest.mark.parametrize("address", [LIST, f"{LIST}.csv", f"{LIST}.json"])
def test_a_stranger_is_asked_to_sign_in(client: Client, db: None, address: str) -> None:
    assert client.get(address).headers["Location"].startswith("/sign-in?next=")


def test_the_files_hold_exactly_the_list(alice_web: Client, people: dict[str, User]) -> None:
    make_fleet(60)
    query = "?owner=group:default/payments&sort=-score"
    page = text(alice_web.get(f"{LIST}{query}"))
    assert f"{LIST}.csv?owner=group%3Adefault%2Fpayments&amp;sort=-score" in page
    answer = alice_web.get(f"{LIST}.csv{query}")
    rows = list(csv.DictReader(io.StringIO(streamed(answer))))
    assert [row["name"] for row in rows] == names(page)
    assert {row["owner"] for row in rows} == {"group:default/payments"}
    assert "services.csv" in answer.headers["Content-Disposition"]
    assert "private" in answer.headers["Cache-Control"]
    documents = json.loads(streamed(alice_web.get(f"{LIST}.json{query}")))
    assert [row["name"] for row in documents] == names(page)


def test_nothing_found_and_nothing_there_are_told_apart(alice_web: Client, people: dict[str, User]) -> None:
    assert "No service has come from a template yet" in text(alice_web.get(LIST))
    assert "No service fits these filters" in text(alice_web.get(f"{LIST}?text=zzz"))


def test_states_of_a_row(alice_web: Client, people: dict[str, User]) -> None:
    make_service("new", is_scanned=False)
    make_service("gone", problem="Its default branch is gone.")
    page = text(alice_web.get(LIST))
    assert "not scanned yet" in page
    assert "cannot be read" in page


def test_the_list_needs_as_many_queries_for_many_as_for_few(
    alice: User, signed_in: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    web = signed_in(alice)
    make_fleet(120)
    web.get(LIST)
    with django_assert_max_num_queries(5):
        web.get(f"{LIST}?level=gold")
