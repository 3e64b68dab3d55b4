"""Neither reading nor writing asks the database more often when there is more of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.models import Entity
from catalog.services import relations_graph
from portal.foundation.models import User
from tests.catalog.helpers import component, put, service

MANY = 120


def queries(action: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)


def many_services() -> None:
    put(*[each for number in range(MANY) for each in service(f"svc-{number:03}")])


READS: dict[str, Callable[[APIClient], object]] = {
    "by-name": lambda api: api.get("/api/catalog/entities/by-name/group/default/payments"),
    "by-query": lambda api: api.get(
        "/api/catalog/entities/by-query?filter=kind=component&orderField=metadata.name,asc"
    ),
    "by-query post": lambda api: api.post(
        "/api/catalog/entities/by-query", {"query": {"$all": [{}, {"kind": "component"}]}, "limit": 500}, format="json"
    ),
    "by-refs": lambda api: api.post(
        "/api/catalog/entities/by-refs",
        {"entityRefs": [f"component:default/svc-{number:03}" for number in range(MANY)]},
        format="json",
    ),
    "facets": lambda api: api.get("/api/catalog/entity-facets?facet=kind&facet=metadata.tags&facet=relations.ownedBy"),
}
EXPECTED = {"by-name": 3, "by-query": 4, "by-query post": 4, "by-refs": 3, "facets": 3}


@pytest.mark.parametrize("read", READS)
def test_reading_many_costs_as_many_queries_as_reading_few(
    alice: User, api_for: Callable[[User], APIClient], read: str
) -> None:
    api = api_for(alice)
    put(*service("svc-000"))
    READS[read](api)
    few = queries(lambda: READS[read](api))

    many_services()

    assert (few, queries(lambda: READS[read](api))) == (EXPECTED[read], EXPECTED[read])


@pytest.mark.django_db
def test_a_list_page_costs_the_same_for_many() -> None:
    put(*service("svc-000"))

    def page() -> None:
        rows = Entity.objects.listed(kind="Component", text="svc", tag="go")
        rows.facets(["spec.type", "spec.lifecycle", "metadata.tags", "relations.ownedBy"])
        rows[:200].with_relations()

    few = queries(page)
    many_services()

    assert (few, queries(page)) == (4, 4)


@pytest.mark.django_db
def test_the_picture_costs_two_queries(people: dict[str, User]) -> None:
    many_services()
    payments = Entity.objects.get(ref="group:default/payments")

    assert queries(lambda: relations_graph(payments)) == 2


@pytest.mark.django_db
def test_a_new_service_costs_seven_statements_in_one_savepoint() -> None:
    assert queries(lambda: put(*service("ledger"))) == 7 + 2


@pytest.mark.django_db
def test_a_batch_costs_as_much_as_one() -> None:
    put(*service("other"), location="url:https://git.example/other")
    one = queries(lambda: put(*service("ledger")))

    assert queries(lambda: put(*service("ledger"), *[component(f"b{n}") for n in range(20)])) == one


@pytest.mark.django_db
def test_an_unchanged_service_costs_one_query() -> None:
    put(*service("ledger"))

    assert queries(lambda: put(*service("ledger"))) == 1 + 2
