"""How many queries each page needs, recorded: a rise fails, and so does a number that grows with the catalog.

Record anew with GOLDPATH_TEST_RECORD_QUERIES=1 after you have looked at what changed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.services import actor_for
from conformance.services import scans
from portal.foundation.models import User
from scaffolder import services
from scaffolder.models import Draft, Run
from tests.conformance.fleet import make_fleet
from tests.portal.web.conftest import ANSWERS, REF
from tests.portal.web.fleet import fleet

RECORD = Path(__file__).with_name("query_counts.json")


def pages(made: Run, draft: Draft) -> dict[str, str]:
    """Every page that reads the database, by the name under which it is recorded."""
    repository = "/git/default/ledger"
    return {
        "home": "/",
        "create": "/create",
        "create, first page": "/create/default/go-blank-service",
        "create, pickers": f"/create/draft/{draft.pk}/2",
        "create, is the name free": "/create/name?name=till",
        "create, review": f"/create/draft/{draft.pk}/review",
        "runs": "/runs",
        "run": f"/runs/{made.pk}",
        "run, log": f"/runs/{made.pk}/log?after=0",
        "catalog": "/catalog",
        "catalog, every kind, second page": "/catalog?kind=&page=2",
        "catalog, filtered": "/catalog?owner=group:default/payments&lifecycle=production&text=service",
        "entity, service": "/catalog/component/default/ledger",
        "entity, owner of hundreds": "/catalog/group/default/payments",
        "templates": "/templates",
        "template": "/templates/default/go-blank-service",
        "repository": f"{repository}/",
        "repository, file": f"{repository}/file/go.mod",
        "repository, commits": f"{repository}/commits",
        "tokens": "/tokens",
        "conformance": "/conformance",
        "conformance, services": "/conformance/services",
        "conformance, services, filtered": "/conformance/services?level=gold&drift=behind&sort=-score&page=2",
        "conformance, service": "/conformance/services/default/ledger",
        "conformance, service, state": "/conformance/services/default/ledger/state",
        "conformance, team": "/conformance/teams/default/payments",
        "conformance, checks": "/conformance/checks",
        "conformance, check": "/conformance/checks/coverage-gate",
        "conformance, template version": f"/conformance/templates/default/go-blank-service/{made.template.version}",
        "badge": "/badges/default/ledger.svg",
    }


def scanned(made: Run) -> None:
    """Scan the service that a run made, as a worker would have done."""
    service = scans.service_of(made.repositories.get())
    assert service is not None
    scans.scan(service.pk)


def count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code in {200, 286}, address
    return len(captured)


@pytest.fixture
def draft_of_another_name(alice: User, made: Run) -> Draft:
    return Draft.objects.create(user=alice, template=made.template, values={**ANSWERS, "name": "till"})


def test_no_page_needs_more_queries_than_recorded_with_a_thousand_services(
    alice_web: Client, made: Run, draft_of_another_name: Draft
) -> None:
    scanned(made)
    addresses = pages(made, draft_of_another_name)
    for address in addresses.values():
        alice_web.get(address)
    small = {name: count(alice_web, address) for name, address in addresses.items()}
    fleet(1000)
    make_fleet(300)
    large = {name: count(alice_web, address) for name, address in addresses.items()}
    if os.environ.get("GOLDPATH_TEST_RECORD_QUERIES"):
        RECORD.write_text(json.dumps(large, indent=2) + "\n")
    recorded = json.loads(RECORD.read_text())
    assert {name: number for name, number in large.items() if number > recorded[name]} == {}
    assert {name: number for name, number in large.items() if number > small[name] + 1} == {}


def test_a_list_of_runs_needs_as_many_queries_for_many_as_for_one(alice_web: Client, alice: User, made: Run) -> None:
    one = count(alice_web, "/runs")
    for number in range(5):
        services.start_run(REF, {**ANSWERS, "name": f"till-{number}"}, actor_for(alice), user=alice)
    assert count(alice_web, "/runs") == one
