"""Exports over REST."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from tests.conformance.api.conftest import BASE, as_described, refused
from tests.conformance.exports.test_sarif import validator
from tests.conformance.fleet import make_service

LEDGER = f"{BASE}/services/default/ledger"


def text_of(response: object) -> str:
    return b"".join(getattr(response, "streaming_content", None) or [response.content]).decode()  # type: ignore[attr-defined]


def test_sarif_is_served_under_its_own_type(alice_api: APIClient) -> None:
    make_service("ledger")
    response = alice_api.get(f"{LEDGER}/sarif")
    assert response["Content-Type"] == "application/sarif+json"
    assert list(validator().iter_errors(json.loads(response.content))) == []


def test_scorecard_is_json(alice_api: APIClient) -> None:
    make_service("ledger")
    assert as_described(alice_api.get(f"{LEDGER}/scorecard"))["score"] == 10.0


@pytest.mark.parametrize(
    "accept", ["image/avif,image/webp,*/*;q=0.8", "image/svg+xml", "application/json", "text/html"]
)
def test_the_badge_is_an_image_for_every_client(alice_api: APIClient, accept: str) -> None:
    make_service("ledger")
    response = alice_api.get(f"{LEDGER}/badge.svg", HTTP_ACCEPT=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    assert "max-age=60" in response["Cache-Control"]
    assert ElementTree.fromstring(response.content).get("aria-label") == "goldpath: gold"


def test_the_badge_needs_no_token_where_repositories_need_none(settings: Settings, people: object) -> None:
    make_service("ledger")
    settings.GOLDPATH_ANONYMOUS_GIT_READ = True
    response = APIClient().get(f"{LEDGER}/badge.svg")
    assert response.status_code == 200
    assert response["Cache-Control"].startswith("public")


def test_the_badge_needs_a_token_where_repositories_do(settings: Settings, alice_api: APIClient) -> None:
    make_service("ledger")
    settings.GOLDPATH_ANONYMOUS_GIT_READ = False
    refused(APIClient().get(f"{LEDGER}/badge.svg"), 401, "AuthenticationError")
    response = alice_api.get(f"{LEDGER}/badge.svg")
    assert response["Cache-Control"].startswith("private")


def test_services_come_as_csv_and_json_with_the_filters_of_the_list(alice_api: APIClient) -> None:
    make_service("ledger", title="=1+1")
    make_service("till", owner_ref="group:default/identity")
    response = alice_api.get(f"{BASE}/exports/services.csv?owner=payments")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="services.csv"'
    (row,) = csv.DictReader(io.StringIO(text_of(response), newline=""))
    assert (row["name"], row["title"]) == ("ledger", "'=1+1")
    rows = json.loads(text_of(alice_api.get(f"{BASE}/exports/services.json")))
    assert [each["name"] for each in rows] == ["ledger", "till"]
