"""Paging by keyset: every row once, whatever the order, whatever comes in between."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from rest_framework.test import APIClient

from conformance.models import Service
from tests.conformance.api.conftest import BASE, as_described, refused
from tests.conformance.fleet import make_fleet, make_service

SORTS = ("name", "level", "score", "failed", "departed", "versionsBehind", "committedAt", "evaluatedAt")
COUNT = 60


def pages(api: APIClient, path: str, query: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    asked = {**dict(parse_qsl(query)), "limit": str(limit)}
    while True:
        body = as_described(api.get(f"{BASE}/{path}", asked))
        assert len(body["items"]) <= limit
        yield body["items"]
        if "nextCursor" not in body["pageInfo"]:
            return
        asked["cursor"] = body["pageInfo"]["nextCursor"]


def all_of(api: APIClient, path: str, query: str = "", limit: int = 7) -> list[dict[str, Any]]:
    return [item for page in pages(api, path, query, limit) for item in page]


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_every_service_comes_once_in_any_order(alice_api: APIClient, sort: str) -> None:
    make_fleet(COUNT)
    items = all_of(alice_api, "services", f"sort={sort}")
    assert len({item["entityRef"] for item in items}) == len(items) == COUNT
    whole = as_described(alice_api.get(f"{BASE}/services?sort={sort}&limit=500"))
    assert [item["entityRef"] for item in items] == [item["entityRef"] for item in whole["items"]]
    assert whole["pageInfo"] == {}
    name = sort.removeprefix("-")
    if name in {"name", "score", "versionsBehind"}:
        values = [item[name] for item in items]
        assert values == sorted(values, reverse=sort.startswith("-"))


@pytest.mark.parametrize("query", ["", "verdict=fail", "level=gold", "team=payments"])
def test_every_verdict_comes_once(alice_api: APIClient, query: str) -> None:
    make_fleet(12)
    items = all_of(alice_api, "verdicts", query, limit=50)
    keys = {(item["service"], item["check"]) for item in items}
    assert len(keys) == len(items)
    counted = as_described(alice_api.get(f"{BASE}/verdicts?{query}&limit=1&totalItems=include"))
    assert counted["totalItems"] == len(items) > 0


def test_a_row_that_goes_or_comes_in_between_moves_no_other(alice_api: APIClient) -> None:
    for name in ("a", "b", "c", "d"):
        make_service(f"svc-{name}")
    first = as_described(alice_api.get(f"{BASE}/services?limit=2"))
    Service.objects.filter(name="svc-b").delete()
    make_service("svc-0")
    cursor = first["pageInfo"]["nextCursor"]
    second = as_described(alice_api.get(f"{BASE}/services", {"limit": 2, "cursor": cursor}))
    assert [item["name"] for item in second["items"]] == ["svc-c", "svc-d"]


def test_a_count_is_given_when_asked_for(alice_api: APIClient) -> None:
    for name in ("a", "b", "c"):
        make_service(f"svc-{name}")
    assert as_described(alice_api.get(f"{BASE}/services?limit=1&totalItems=include"))["totalItems"] == 3
    assert "totalItems" not in as_described(alice_api.get(f"{BASE}/services?limit=1"))
    assert as_described(alice_api.get(f"{BASE}/services?text=svc-a&totalItems=include"))["totalItems"] == 1


def test_a_page_is_never_larger_than_the_most(alice_api: APIClient) -> None:
    make_service("ledger")
    assert len(as_described(alice_api.get(f"{BASE}/verdicts?limit=999999"))["items"]) <= 500


def encoded(data: Any) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        encoded({}),
        encoded([]),
        encoded(["name"]),
        encoded(["name", "x", 1, 2]),
        encoded(["colour", "x", 1]),
        encoded([1, "x", 1]),
        encoded(["name", 1, 1]),
        encoded(["name", "a\0", 1]),
        encoded(["name", "x", "1 OR 1=1"]),
        encoded(["name", "x", 2**70]),
        encoded(["name", "x", True]),
        encoded(["name", None, 1]),
        encoded(["score", "high", 1]),
        encoded(["evaluatedAt", "yesterday", 1]),
        encoded(["evaluatedAt", "2026-11-24T09:00:00", 1]),
        encoded(["evaluatedAt", "2026-99-99T00:00:00Z", 1]),
        encoded(["name", "x" * 3_000, 1]),
        base64.b64encode(b"[" * 100_000).decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        "%%%",
        "é",
    ],
    ids=lambda value: str(len(value)),
)
def test_a_malformed_cursor_is_refused(alice_api: APIClient, cursor: str) -> None:
    answer = alice_api.get(f"{BASE}/services", {"cursor": cursor})
    assert refused(answer, 400, "InputError").startswith("Malformed cursor")


def test_a_cursor_of_another_order_is_refused(alice_api: APIClient) -> None:
    cursor = encoded(["-score", 50, 3])
    message = refused(alice_api.get(f"{BASE}/services", {"cursor": cursor, "sort": "name"}), 400, "InputError")
    assert "leave out sort" in message
    assert alice_api.get(f"{BASE}/services", {"cursor": cursor, "sort": "-score"}).status_code == 200
