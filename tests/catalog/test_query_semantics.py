"""Backstage's filter, predicate, order, paging and projection rules, over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from portal.foundation.models import User
from tests.catalog.helpers import component, document, put

BY_QUERY = "/api/catalog/entities/by-query"

SLUG = {"github.com/project-slug": "Acme/Ledger"}


@pytest.fixture
def api(alice: User, api_for: Callable[[User], APIClient]) -> APIClient:
    put(
        component("ledger", {"system": "checkout"}, tags=["go", "rest"], annotations=SLUG, title="Alpha"),
        component("basket", {"type": "library", "size": 3, "flags": {"on": True}}, tags=["go"], title="beta"),
        component("Vault", {"owner": "identity", "lifecycle": "Experimental", "empty": ""}, description="d" * 300),
        document("API", "ledger", {"definition": "x" * 400}),
        document("Resource", "db", {"dependencyOf": ["component:ledger"], "nothing": None}),
        location="url:https://git.example/semantics",
    )
    return api_for(alice)


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return sorted(f"{item['kind'].lower()}:{item['metadata']['name']}" for item in response.json()["items"])


LEDGER, BASKET, VAULT, API, DB = "component:ledger", "component:basket", "component:Vault", "api:ledger", "resource:db"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["kind=component"], [VAULT, BASKET, LEDGER]),
        (["KIND=Component"], [VAULT, BASKET, LEDGER]),
        (["kind=component,spec.type=library"], [BASKET]),
        (["kind=component,spec.type=service,spec.type=library"], [VAULT, BASKET, LEDGER]),
        (["kind=api", "kind=resource"], [API, DB]),
        (["kind=component,spec.type=library", "kind=resource"], [BASKET, DB]),
        (["kind=component,metadata.tags"], [BASKET, LEDGER]),
        (["metadata.tags=rest"], [LEDGER]),
        (["metadata.tags.rest"], [LEDGER]),
        (["metadata.tags.rest=true"], [LEDGER]),
        (["metadata.tags=go,metadata.tags.rest"], [LEDGER]),
        (["metadata.annotations.github.com/project-slug=acme/ledger"], [LEDGER]),
        (["metadata.annotations.github.com/project-slug"], [LEDGER]),
        (["spec.lifecycle=EXPERIMENTAL"], [VAULT]),
        (["spec.empty="], [VAULT]),
        (["spec.empty"], [VAULT]),
        (["spec.nothing"], [DB]),
        (["spec.nothing="], []),
        (["spec.size=3"], [BASKET]),
        (["spec.flags.on=true"], [BASKET]),
        (["kind=component,metadata.description"], [VAULT]),
        (["metadata.description=" + "d" * 300], []),
        (["metadata.name=ledger,metadata.namespace=default"], [API, LEDGER]),
        (["relations.ownedBy=group:default/identity,kind=component"], [VAULT]),
        (["relations.ownedby=GROUP:default/identity,kind=component"], [VAULT]),
        (["relations.dependsOn"], [LEDGER]),
        (["relations.hasPart=component:default/ledger"], ["system:checkout"]),
        (["relations.hasMember=user:default/charlie"], ["group:identity"]),
        (["relations.nosuch"], []),
        (["nosuch=1"], []),
        (["kind=component,"], [VAULT, BASKET, LEDGER]),
        ([" kind = component , spec.type = library "], [BASKET]),
        (["metadata.etag"], []),
        (["spec.type=service,spec.type"], [VAULT, LEDGER]),
    ],
)
def test_filters(api: APIClient, filters: list[str], expected: list[str]) -> None:
    response = api.get(f"{BY_QUERY}?{urlencode({'filter': filters}, doseq=True)}")

    assert names(response) == sorted(expected)
    assert response.json()["totalItems"] == len(expected)


@pytest.mark.parametrize("filters", [[], [""], [","]])
def test_no_filter_matches_everything(api: APIClient, filters: list[str]) -> None:
    response = api.get(f"{BY_QUERY}?{urlencode({'filter': filters}, doseq=True)}")

    assert response.json()["totalItems"] == 5 + 10


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "component"}, [VAULT, BASKET, LEDGER]),
        ({"kind": "Component", "spec.type": "LIBRARY"}, [BASKET]),
        ({"$all": [{}, {"kind": {"$in": ["API", "Resource"]}}]}, [API, DB]),
        ({"$any": [{"kind": "api"}, {"kind": "resource"}]}, [API, DB]),
        ({"$any": []}, []),
        ({"$all": [{"kind": "component"}, {"$not": {"spec.type": "library"}}]}, [VAULT, LEDGER]),
        ({"kind": "component", "metadata.tags": {"$exists": True}}, [BASKET, LEDGER]),
        ({"kind": "component", "metadata.tags": {"$exists": False}}, [VAULT]),
        ({"metadata.name": {"$hasPrefix": "LED"}}, [API, LEDGER]),
        ({"metadata.name": {"$hasPrefix": "%"}}, []),
        ({"metadata.tags": {"$contains": "rest"}}, [LEDGER]),
        ({"spec.size": 3}, [BASKET]),
        ({"spec.size": 3.0}, [BASKET]),
        ({"spec.flags.on": True}, [BASKET]),
        ({"relations": {"$contains": {"type": "dependsOn"}}}, [LEDGER]),
        (
            {
                "relations": {"$contains": {"type": "ownedby", "targetRef": "group:default/IDENTITY"}},
                "kind": "component",
            },
            [VAULT],
        ),
        (
            {
                "relations": {
                    "$contains": {"type": "hasPart", "targetRef": {"$in": ["component:default/ledger", "x:y/z"]}}
                }
            },
            ["system:checkout"],
        ),
        ({"relations": {"$contains": {"type": "nosuch"}}}, []),
        ({"kind": {"$in": []}}, []),
        ({"$not": {"$any": [{}]}}, []),
        ({"$all": [{"$any": [{}, {"kind": "api"}]}, {"metadata.name": "vault"}]}, [VAULT]),
    ],
)
def test_predicates(api: APIClient, query: dict[str, Any], expected: list[str]) -> None:
    response = api.post(BY_QUERY, {"query": query}, format="json")

    assert names(response) == sorted(expected)
    assert response.json()["totalItems"] == len(expected)


@pytest.mark.parametrize("body", [{}, {"query": {}}, {"query": {"$all": []}}])
def test_an_empty_predicate_matches_everything(api: APIClient, body: dict[str, Any]) -> None:
    assert api.post(BY_QUERY, body, format="json").json()["totalItems"] == 15


def titles(response: Any) -> list[str]:
    return [item["metadata"]["title"] for item in response.json()["items"]]


def test_the_order_ignores_case_and_leaves_out_what_lacks_the_field(api: APIClient) -> None:
    ascending = api.get(f"{BY_QUERY}?filter=kind=component&orderField=metadata.title,asc&orderField=metadata.name,desc")
    descending = api.get(f"{BY_QUERY}?filter=kind=component&orderField=metadata.title,desc")

    assert (titles(ascending), titles(descending)) == (["Alpha", "beta"], ["beta", "Alpha"])
    assert ascending.json()["totalItems"] == 2


def test_an_order_by_a_list_or_a_relation_names_each_entity_once(api: APIClient) -> None:
    by_tag = api.get(f"{BY_QUERY}?filter=kind=component&orderField=metadata.tags")
    by_relation = api.get(f"{BY_QUERY}?filter=kind=component&orderField=relations.ownedBy,desc")

    assert names(by_tag) == sorted([BASKET, LEDGER])
    assert by_relation.json()["totalItems"] == 3
    assert by_relation.json()["items"][-1]["metadata"]["name"] == "Vault"


def test_a_post_orders_by_the_first_of_its_fields(api: APIClient) -> None:
    order = [{"field": "metadata.title", "order": "desc"}, {"field": "metadata.name", "order": "asc"}]

    response = api.post(BY_QUERY, {"query": {"kind": "component"}, "orderBy": order}, format="json")

    assert titles(response) == ["beta", "Alpha"]


def test_a_limit_of_zero_counts_only(api: APIClient) -> None:
    assert api.get(f"{BY_QUERY}?filter=kind=component&limit=0").json() == {"items": [], "totalItems": 3, "pageInfo": {}}
    assert api.post(BY_QUERY, {"query": {"kind": "component"}, "limit": 0}, format="json").json()["totalItems"] == 3


def test_the_default_limit_is_200(api: APIClient) -> None:
    put(*[component(f"many-{number}") for number in range(205)])

    page = api.get(f"{BY_QUERY}?filter=kind=component").json()

    assert (len(page["items"]), page["totalItems"]) == (200, 208)
    assert set(page["pageInfo"]) == {"nextCursor"}


def test_leaving_out_the_count_answers_zero(api: APIClient) -> None:
    page = api.get(f"{BY_QUERY}?filter=kind=component&totalItems=exclude&limit=2").json()
    following = api.get(f"{BY_QUERY}?{urlencode({'cursor': page['pageInfo']['nextCursor']})}").json()

    assert (page["totalItems"], following["totalItems"]) == (0, 0)
    assert (len(page["items"]), len(following["items"])) == (2, 1)


@pytest.mark.parametrize("order", ["", "metadata.name,asc", "spec.lifecycle,desc", "relations.ownedBy,asc"])
def test_walking_forward_and_back_shows_every_entity_once_in_the_same_order(api: APIClient, order: str) -> None:
    put(*[component(f"svc-{number}", {"lifecycle": f"l{number % 3}"}) for number in range(11)])
    start = urlencode({"filter": "kind=component", "limit": 4, **({"orderField": order} if order else {})})
    whole = api.get(f"{BY_QUERY}?{start}&limit=100").json()["items"]

    pages = [api.get(f"{BY_QUERY}?{start}").json()]
    while cursor := pages[-1]["pageInfo"].get("nextCursor"):
        pages.append(api.get(f"{BY_QUERY}?{urlencode({'cursor': cursor, 'limit': 4})}").json())
    back = [pages[-1]]
    while cursor := back[-1]["pageInfo"].get("prevCursor"):
        back.append(api.get(f"{BY_QUERY}?{urlencode({'cursor': cursor, 'limit': 4})}").json())

    assert [item for page in pages for item in page["items"]] == whole
    assert [len(page["items"]) for page in pages] == [4, 4, 4, 2]
    assert [page["items"] for page in reversed(back)] == [page["items"] for page in pages]
    assert all(page["totalItems"] == 14 for page in pages + back)
    assert "prevCursor" not in pages[0]["pageInfo"]


def test_with_a_cursor_only_fields_and_limit_count(api: APIClient) -> None:
    first = api.get(f"{BY_QUERY}?filter=kind=component&orderField=metadata.name,asc&limit=1").json()
    noise = {"filter": "kind=user", "orderField": "metadata.title,desc", "offset": 5, "fullTextFilterTerm": "nothing"}
    wanted = {"cursor": first["pageInfo"]["nextCursor"], "limit": 1, "fields": "metadata.name"}

    by_get = api.get(f"{BY_QUERY}?{urlencode({**noise, **wanted})}").json()
    by_post = api.post(
        BY_QUERY, {**wanted, "fields": ["metadata.name"], "query": {"kind": "user"}}, format="json"
    ).json()

    assert by_get["items"] == by_post["items"] == [{"metadata": {"name": "ledger"}}]


def test_a_cursor_tells_the_client_which_verb_to_use(api: APIClient) -> None:
    by_get = api.get(f"{BY_QUERY}?filter=kind=component&limit=1").json()["pageInfo"]["nextCursor"]
    body = {"query": {"kind": "component"}, "limit": 1}
    by_post = api.post(BY_QUERY, body, format="json").json()["pageInfo"]["nextCursor"]

    assert "query" not in json.loads(base64.b64decode(by_get))
    assert "query" in json.loads(base64.b64decode(by_post))
    assert len(api.post(BY_QUERY, {"cursor": by_post}, format="json").json()["items"]) == 2


def test_ties_are_broken_by_uid_in_the_direction_of_the_order(api: APIClient) -> None:
    query = f"{BY_QUERY}?filter=kind=component,metadata.namespace&orderField=metadata.namespace"

    ascending = [item["metadata"]["uid"] for item in api.get(f"{query},asc").json()["items"]]
    descending = [item["metadata"]["uid"] for item in api.get(f"{query},desc").json()["items"]]

    assert ascending == sorted(ascending)
    assert descending == ascending[::-1]


def test_an_offset_skips(api: APIClient) -> None:
    page = api.get(f"{BY_QUERY}?filter=kind=component&orderField=metadata.name,asc&offset=1&limit=1").json()

    assert [item["metadata"]["name"] for item in page["items"]] == ["ledger"]
    assert page["totalItems"] == 3
    assert set(page["pageInfo"]) == {"nextCursor"}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"fullTextFilterTerm": "EDG", "fullTextFilterFields": "metadata.name,metadata.title"}, [API, LEDGER]),
        ({"fullTextFilterTerm": "alph", "fullTextFilterFields": "metadata.name,metadata.title"}, [LEDGER]),
        ({"fullTextFilterTerm": "bet", "orderField": "metadata.title,asc"}, [BASKET]),
        ({"fullTextFilterTerm": "led", "orderField": "metadata.title,asc"}, []),
        ({"fullTextFilterTerm": "ledger"}, []),
        ({"fullTextFilterTerm": "%", "fullTextFilterFields": "metadata.name"}, []),
        ({"fullTextFilterTerm": "_", "fullTextFilterFields": "metadata.name"}, []),
        (
            {"fullTextFilterTerm": "identity", "fullTextFilterFields": "relations.ownedBy", "filter": "kind=component"},
            [VAULT],
        ),
    ],
)
def test_full_text(api: APIClient, parameters: dict[str, str], expected: list[str]) -> None:
    assert names(api.get(f"{BY_QUERY}?{urlencode(parameters)}")) == sorted(expected)


def test_full_text_of_a_post(api: APIClient) -> None:
    body = {"query": {"kind": "component"}, "fullTextFilter": {"term": "ask", "fields": ["metadata.name"]}}

    assert names(api.post(BY_QUERY, body, format="json")) == [BASKET]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("kind", {"kind": "Component"}),
        ("kind,metadata.name", {"kind": "Component", "metadata": {"name": "ledger"}}),
        ("metadata.annotations.github.com/project-slug", {"metadata": {"annotations": SLUG}}),
        ("spec.type,spec.nosuch,nosuch.x", {"spec": {"type": "service"}}),
        ("spec.type.deeper", {}),
        ("metadata.tags", {"metadata": {"tags": ["go", "rest"]}}),
        ("kind.,metadata.", {}),
        ("metadata.title,metadata.title", {"metadata": {"title": "Alpha"}}),
    ],
)
def test_fields_select_by_prefix(api: APIClient, fields: str, expected: dict[str, Any]) -> None:
    query = urlencode({"filter": "kind=component,metadata.name=ledger", "fields": fields})

    assert api.get(f"{BY_QUERY}?{query}").json()["items"] == [expected]


def test_a_whole_and_a_part_of_it_may_both_be_selected(api: APIClient) -> None:
    query = "filter=kind=component,metadata.name=ledger&fields="

    whole = api.get(f"{BY_QUERY}?{query}metadata").json()
    both = api.get(f"{BY_QUERY}?{query}metadata,metadata.name").json()
    reverse = api.get(f"{BY_QUERY}?{query}metadata.name,metadata").json()

    assert whole == both == reverse
    assert api.get("/api/catalog/entities/by-name/component/default/ledger").json()["metadata"]["title"] == "Alpha"


def test_by_refs_keeps_order_and_length(api: APIClient) -> None:
    refs = [
        "component:default/vault",
        "component:default/nosuch",
        "not a ref",
        "API:Default/Ledger",
        "component:default/vault",
    ]

    response = api.post("/api/catalog/entities/by-refs", {"entityRefs": refs, "fields": ["kind"]}, format="json")

    assert response.json() == {"items": [{"kind": "Component"}, None, None, {"kind": "API"}, {"kind": "Component"}]}


def test_by_refs_leaves_out_what_filter_or_predicate_refuse(api: APIClient) -> None:
    body = {"entityRefs": ["component:default/vault", "api:default/ledger"], "fields": ["kind"]}

    filtered = api.post("/api/catalog/entities/by-refs?filter=kind=api", body, format="json")
    matched = api.post("/api/catalog/entities/by-refs", {**body, "query": {"kind": "component"}}, format="json")

    assert filtered.json()["items"] == [None, {"kind": "API"}]
    assert matched.json()["items"] == [{"kind": "Component"}, None]


def test_facets_keep_the_case_and_come_sorted(api: APIClient) -> None:
    query = "facet=spec.lifecycle&facet=metadata.tags&facet=nosuch&facet=relations.ownedBy&filter=kind=component"

    assert api.get(f"/api/catalog/entity-facets?{query}").json() == {
        "facets": {
            "spec.lifecycle": [{"value": "Experimental", "count": 1}, {"value": "production", "count": 2}],
            "metadata.tags": [{"value": "go", "count": 2}, {"value": "rest", "count": 1}],
            "nosuch": [],
            "relations.ownedBy": [
                {"value": "group:default/identity", "count": 1},
                {"value": "group:default/payments", "count": 2},
            ],
        }
    }


def test_facets_of_a_post_follow_its_predicate(api: APIClient) -> None:
    body = {"facets": ["kind", "metadata.description"], "query": {"metadata.name": {"$in": ["ledger", "vault"]}}}

    assert api.post("/api/catalog/entity-facets", body, format="json").json() == {
        "facets": {
            "kind": [{"value": "API", "count": 1}, {"value": "Component", "count": 2}],
            "metadata.description": [],
        }
    }
