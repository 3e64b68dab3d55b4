"""What the catalog's API refuses, each time in Backstage's error envelope."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from portal.foundation.api.parsers import MAX_BODY, BodyTooLarge, LimitedJSONParser
from portal.foundation.models import ApiToken, User
from portal.foundation.tokens import create_token
from tests.catalog.helpers import put, service

BY_QUERY = "/api/catalog/entities/by-query"
BY_NAME = "/api/catalog/entities/by-name"
BY_REFS = "/api/catalog/entities/by-refs"
FACETS = "/api/catalog/entity-facets"
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture
def api(alice: User, api_for: Callable[[User], APIClient]) -> APIClient:
    put(*service("ledger"))
    return api_for(alice)


def refused(response: Any, status: int, name: str) -> str:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json; charset=utf-8"
    body = response.json()
    assert set(body) == {"error", "request", "response"}
    assert body["error"]["name"] == name
    assert body["response"] == {"statusCode": status}
    return str(body["error"]["message"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", [BY_QUERY, f"{BY_NAME}/component/default/ledger", f"{FACETS}?facet=kind", f"{BY_QUERY}?filter==&cursor=x"]
)
def test_a_missing_token_is_refused(path: str) -> None:
    response = APIClient().get(path)

    assert refused(response, 401, "AuthenticationError") == "Missing credentials"
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["request"] == {"method": "GET", "url": path.removeprefix("/api/catalog")}


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer gp_" + "0" * 64, "Bearer x", "Bearer ", "Bearer a b", "Bearer \u00ff"])
def test_a_forged_token_is_refused(header: str) -> None:
    refused(APIClient().get(BY_QUERY, headers={"authorization": header}), 401, "AuthenticationError")


def test_an_expired_token_is_refused(alice: User) -> None:
    token = create_token(alice, "old")
    ApiToken.objects.update(expiry=timezone.now() - dt.timedelta(seconds=1))

    refused(APIClient().get(BY_QUERY, headers={"authorization": f"Bearer {token}"}), 401, "AuthenticationError")


def test_the_token_of_a_deactivated_account_is_refused(alice: User) -> None:
    token = create_token(alice, "left")
    User.objects.filter(pk=alice.pk).update(is_active=False)

    refused(APIClient().get(BY_QUERY, headers={"authorization": f"Bearer {token}"}), 401, "AuthenticationError")


def test_a_session_cookie_is_no_token(alice: User) -> None:
    client = APIClient()
    client.force_login(alice)

    refused(client.get(BY_QUERY), 401, "AuthenticationError")


@pytest.mark.parametrize(
    "path",
    [
        "component/default/nosuch",
        "api/other/ledger",
        "rocket/default/ledger",
        "component/default/%00",
        "a%3Ab/c%20d/%ED%A0%80",
    ],
)
def test_an_unknown_entity_is_not_found(api: APIClient, path: str) -> None:
    message = refused(api.get(f"{BY_NAME}/{path}"), 404, "NotFoundError")

    assert message.isprintable()


@pytest.mark.parametrize(
    "path", ["entities/by-name/component/default", "entities/nosuch", "nosuch", "entities/by-query/"]
)
def test_an_unknown_endpoint_is_not_found(api: APIClient, path: str) -> None:
    refused(api.get(f"/api/catalog/{path}"), 404, "NotFoundError")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_writing_is_refused(api: APIClient, method: str) -> None:
    refused(getattr(api, method)(f"{BY_NAME}/component/default/ledger"), 405, "NotAllowedError")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"filter": "=x"}, "Invalid filter"),
        ({"filter": "kind=component,=x"}, "Invalid filter"),
        ({"filter": "a" * 1_001}, "longer than 1,000"),
        ({"filter": "kind=" + "x" * 1_000_000}, "longer than 1,000"),
        ({"filter": "kind=\x00"}, "control characters"),
        ({"filter": ",".join(f"k{n}=v" for n in range(201))}, "more than 200 conditions"),
        ({"orderField": "x,up"}, "must be asc or desc"),
        ({"orderField": ",asc"}, "must name a field"),
        ({"orderField": "x\x00,asc"}, "control characters"),
        ({"limit": "-1"}, "Invalid limit"),
        ({"limit": "ten"}, "Invalid limit"),
        ({"limit": "1.5"}, "Invalid limit"),
        ({"limit": "٣"}, "Invalid limit"),
        ({"limit": "9" * 5_000}, "Invalid limit"),
        ({"offset": "-1"}, "Invalid offset"),
        ({"offset": "9" * 20}, "Invalid offset"),
        ({"totalItems": "maybe"}, "Invalid totalItems"),
        ({"fields": "metadata.tags[0]"}, "Invalid field"),
        ({"fields": "\x00"}, "control characters"),
        ({"fullTextFilterTerm": "%" * 60_000}, "longer than 1,000"),
        ({"fullTextFilterTerm": "a\x00"}, "control characters"),
        ({"fullTextFilterTerm": "a", "fullTextFilterFields": "\x00"}, "control characters"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_parameter_is_refused(api: APIClient, parameters: dict[str, str], words: str) -> None:
    assert words in refused(api.get(f"{BY_QUERY}?{urlencode(parameters)}"), 400, "InputError")


PLACE = ["ledger", "00000000-0000-0000-0000-000000000000"]
GOOD: dict[str, Any] = {
    "orderFields": [{"field": "metadata.name", "order": "asc"}],
    "orderFieldValues": PLACE,
    "firstSortFieldValues": PLACE,
    "isPrevious": False,
    "totalItems": 1,
}


def encoded(data: Any) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


def test_a_cursor_of_our_layout_is_accepted(api: APIClient) -> None:
    response = api.get(f"{BY_QUERY}?{urlencode({'cursor': encoded(GOOD)})}")

    assert response.status_code == 200
    assert response.json()["items"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "é",
        "opaque~1",
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(DEEP.encode()).decode(),
        encoded([]),
        encoded({}),
        encoded(GOOD | {"orderFieldValues": ["ledger"]}),
        encoded(GOOD | {"orderFieldValues": [PLACE[1]]}),
        encoded(GOOD | {"orderFieldValues": []}),
        encoded(GOOD | {"orderFieldValues": [*PLACE, "more"]}),
        encoded(GOOD | {"orderFieldValues": ["ledger", "1 OR 1=1"]}),
        encoded(GOOD | {"orderFieldValues": ["ledger", None]}),
        encoded(GOOD | {"orderFieldValues": ["\x00", PLACE[1]]}),
        encoded(GOOD | {"orderFieldValues": [None, PLACE[1]]}),
        encoded(GOOD | {"orderFields": []}),
        encoded(GOOD | {"orderFields": [{"field": "\x00", "order": "asc"}]}),
        encoded(GOOD | {"orderFields": [{"field": "kind", "order": "up"}]}),
        encoded(GOOD | {"isPrevious": "no"}),
        encoded(GOOD | {"totalItems": "many"}),
        encoded(GOOD | {"filter": {"key": "kind"}}),
        encoded(GOOD | {"filter": {"anyOf": [{"allOf": [{"key": "kind", "values": [1]}]}]}}),
        encoded(GOOD | {"filter": {"anyOf": [{"allOf": [{"key": f"k{n}"} for n in range(201)]}]}}),
        encoded(GOOD | {"filter": {"anyOf": [{"allOf": [{"key": "kind", "values": ["\x00"]}]}]}}),
        encoded(GOOD | {"query": "{"}),
        encoded(GOOD | {"fullTextFilter": {"term": "x" * 2_000}}),
    ],
    ids=lambda value: str(len(value)),
)
def test_a_malformed_cursor_is_refused(api: APIClient, cursor: str) -> None:
    message = refused(api.post(BY_QUERY, {"cursor": cursor}, format="json"), 400, "InputError")

    assert message.startswith("Malformed cursor")


def test_a_wrong_predicate_in_a_cursor_is_refused(api: APIClient) -> None:
    cursor = encoded(GOOD | {"query": '{"$where": "1"}'})

    assert "Invalid query" in refused(api.post(BY_QUERY, {"cursor": cursor}, format="json"), 400, "InputError")


def nested(depth: int) -> dict[str, Any]:
    query: dict[str, Any] = {"kind": "component"}
    for _ in range(depth):
        query = {"$not": query}
    return query


@pytest.mark.parametrize(
    "query",
    [
        "text",
        7,
        None,
        True,
        [],
        {"kind": None},
        {"kind": ["component"]},
        {"kind": {}},
        {"kind": {"$regex": ".*"}},
        {"kind": {"$in": "component"}},
        {"kind": {"$in": [["component"]]}},
        {"kind": {"$exists": "yes"}},
        {"kind": {"$exists": True, "$in": []}},
        {"kind": {"$hasPrefix": 3}},
        {"kind": {"$hasPrefix": "%" * 60_000}},
        {"kind": {"$contains": {"type": "x"}}},
        {"relations": {"$contains": {"targetRef": "x"}}},
        {"relations": {"$contains": {"type": "ownedBy", "other": 1}}},
        {"$all": {}},
        {"$any": "x"},
        {"$not": []},
        {"$nor": []},
        {"$all": [], "kind": "component"},
        {"kind": "a\x00"},
        {"k\x00": "a"},
        {"kind": "x" * 1_000_000},
        {"$any": [{"kind": str(number)} for number in range(300)]},
        {"kind": {"$in": [str(number) for number in range(6_000)]}},
        nested(30),
        nested(200),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_predicate_is_refused(api: APIClient, query: Any) -> None:
    message = refused(api.post(BY_QUERY, {"query": query}, format="json"), 400, "InputError")

    assert message.startswith("Invalid")


@pytest.mark.parametrize("content", ["{", "[]", '"x"', "null", DEEP, '{"query": NaN}', '{"limit": 1e999}', "\x00"])
def test_a_body_that_is_no_query_is_refused(api: APIClient, content: str) -> None:
    for path in (BY_QUERY, BY_REFS, FACETS):
        refused(api.post(path, content, content_type="application/json"), 400, "InputError")


def test_a_half_character_is_refused(api: APIClient) -> None:
    content = '{"query": {"kind": "\\ud800"}}'

    refused(api.post(BY_QUERY, content, content_type="application/json"), 400, "InputError")


def test_a_form_is_refused(api: APIClient) -> None:
    refused(api.post(BY_QUERY, "a=b", content_type="application/x-www-form-urlencoded"), 415, "InputError")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"entityRefs": "component:default/x"},
        {"entityRefs": [1]},
        {"entityRefs": ["x:y/z"] * 1_001},
        {"entityRefs": [], "fields": "kind"},
        {"entityRefs": [], "fields": [1]},
        {"entityRefs": [], "query": None},
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_refs_are_refused(api: APIClient, body: dict[str, Any]) -> None:
    refused(api.post(BY_REFS, body, format="json"), 400, "InputError")


@pytest.mark.parametrize("ref", ["x" * 1_000_000, "a\x00b:c/d", "\u202e", "{{ 7*7 }}", "../../etc/passwd"])
def test_a_ref_that_cannot_be_is_null(api: APIClient, ref: str) -> None:
    assert api.post(BY_REFS, {"entityRefs": [ref]}, format="json").json() == {"items": [None]}


def test_facets_without_a_facet_are_refused(api: APIClient) -> None:
    assert refused(api.get(FACETS), 400, "InputError") == "Missing facet parameter"
    assert refused(api.post(FACETS, {"query": {}}, format="json"), 400, "InputError") == "Missing facet parameter"


def test_too_many_facets_are_refused(api: APIClient) -> None:
    query = urlencode({"facet": [f"k{number}" for number in range(51)]}, doseq=True)

    assert "at most 50" in refused(api.get(f"{FACETS}?{query}"), 400, "InputError")


@pytest.mark.parametrize(
    "body",
    [
        {"orderBy": "kind"},
        {"orderBy": [{"field": 1, "order": "asc"}]},
        {"orderBy": [{"field": "kind", "order": "up"}]},
        {"orderBy": {"order": "asc"}},
        {"limit": "x"},
        {"limit": True},
        {"limit": -1},
        {"limit": 1.5},
        {"offset": []},
        {"totalItems": []},
        {"fullTextFilter": "x"},
        {"fullTextFilter": {"term": 1}},
        {"fullTextFilter": {"term": "x", "fields": "y"}},
        {"fields": {"a": 1}},
    ],
    ids=str,
)
def test_a_bad_body_is_refused(api: APIClient, body: dict[str, Any]) -> None:
    refused(api.post(BY_QUERY, body, format="json"), 400, "InputError")


def test_sql_in_a_filter_is_only_a_value(api: APIClient) -> None:
    query = urlencode({"filter": "kind=x' OR '1'='1", "fullTextFilterTerm": "'; DROP TABLE catalog_entity; --"})

    assert api.get(f"{BY_QUERY}?{query}").json()["items"] == []
    assert api.get(f"{BY_NAME}/component/default/ledger").status_code == 200


def test_answers_name_no_machine_path(api: APIClient) -> None:
    for path in (BY_QUERY, f"{BY_QUERY}?cursor=x", f"{BY_NAME}/component/default/nosuch"):
        assert not re.search(rb"/(work|root|home|tmp)/", api.get(path).content)


def test_reading_is_throttled(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"read": "2/min"})
    cache.clear()
    try:
        codes = [api.get(f"{BY_QUERY}?limit=0").status_code for _ in range(3)]
    finally:
        cache.clear()

    assert codes == [200, 200, 429]


@pytest.mark.parametrize("path", [BY_QUERY, BY_REFS, FACETS])
def test_a_body_without_end_is_not_read_into_memory(api: APIClient, path: str) -> None:
    body = b'{"query": "' + b"x" * (1024 * 1024) + b'"}'
    message = refused(api.post(path, body, content_type="application/json"), 413, "PayloadTooLargeError")
    assert "1048576 bytes" in message


def test_a_body_that_announces_too_small_a_length_is_still_counted() -> None:
    with pytest.raises(BodyTooLarge):
        LimitedJSONParser().parse(io.BytesIO(b" " * (MAX_BODY + 1)), "application/json", {})
    assert LimitedJSONParser().parse(io.BytesIO(b"{}"), "application/json", {}) == {}
