"""How many queries each read needs, recorded: a rise fails, and so does a number that grows with the fleet.

Record anew with GOLDPATH_TEST_RECORD_QUERIES=1 after you have looked at what changed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from conformance import checks
from conformance.examining.terms import Level
from conformance.services import events, policies
from tests.conformance.api.conftest import BASE
from tests.conformance.api.test_services import FILE, check_of
from tests.conformance.fleet import make_fleet, make_service, result

RECORD = Path(__file__).with_name("query_counts.json")
SERVICE = "services/default/zz-ledger"
READS = (
    "fleets", "fleets?owner=payments", "services?limit=500", "services?sort=-level&totalItems=include",
    "services?drift=drifted&text=a", SERVICE, f"{SERVICE}/snapshots", f"{SERVICE}/evaluations", f"{SERVICE}/drift",
    f"{SERVICE}/sarif", f"{SERVICE}/scorecard", f"{SERVICE}/badge.svg", "exports/services.csv", "exports/services.json",
    "checks", "checks/{check}", "verdicts?limit=500", "verdicts?verdict=fail&team=payments",
    "policies", "policies/1", "policies/1/what-if", "waivers?limit=500", "events?limit=500", "webhooks",
)  # fmt: skip


def count(api: APIClient, path: str) -> int:
    address = f"{BASE}/{path.format(check=next(iter(checks.registry())))}"
    with CaptureQueriesContext(connection) as captured:
        response = api.get(address)
        assert response.status_code == 200, path
        b"".join(getattr(response, "streaming_content", []))
    return len(captured)


def test_no_read_needs_more_queries_than_recorded_however_large_the_fleet(admin_api: APIClient) -> None:
    failing = {check_of(Level.SILVER, number): result("fail", "No.", FILE) for number in range(3)}
    make_service("zz-ledger", results=failing, files={"Makefile": "drifted"}, history={9: "none"})
    policies.published()
    for path in READS:
        count(admin_api, path)
    small = {path: count(admin_api, path) for path in READS}
    make_fleet(90)
    for _ in range(20):
        events.record("policy.published", body={})
    large = {path: count(admin_api, path) for path in READS}
    if os.environ.get("GOLDPATH_TEST_RECORD_QUERIES"):
        RECORD.write_text(json.dumps(large, indent=2) + "\n")
    recorded = json.loads(RECORD.read_text())
    assert {path: number for path, number in large.items() if number > recorded[path]} == {}
    assert {path: number for path, number in large.items() if number > small[path]} == {}
