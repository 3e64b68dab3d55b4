"""The filters of lists of services: what the page, its files and the API share."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from conformance.examining.terms import Level
from conformance.models import Service
from conformance.models.service import STATES
from tests.conformance.fleet import check_levels, make_service, result

pytestmark = pytest.mark.django_db
BRONZE = next(check for check, level in check_levels().items() if level is Level.BRONZE)


def names(**chosen: str) -> list[str]:
    return list(Service.objects.listed(chosen).values_list("name", flat=True))


@pytest.fixture(autouse=True)
def services(db: None) -> None:
    failure = {BRONZE: result("fail", "No.")}
    make_service("ledger", files={"Makefile": "weakened", "go.mod": "behind"})
    make_service("till", results=failure, files={"Makefile": "drifted"}, versions_behind=2)
    make_service("vault", results=failure, waived={BRONZE: "user:default/bob"}, owner_ref="group:default/identity")
    make_service("doubt", results={BRONZE: result("error", "tool missing: hadolint is not installed")})
    make_service("new", is_scanned=False, scan_requested_at=timezone.now())
    make_service("gone", problem="Its default branch is gone.")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"drift": "weakened"}, ["ledger"]),
        ({"drift": "behind"}, ["ledger"]),
        ({"file": "Makefile"}, ["ledger", "till"]),
        ({"file": "Makefile", "drift": "drifted"}, ["till"]),
        ({"file": "go.mod", "drift": "weakened"}, []),
        ({"fails": BRONZE}, ["doubt", "till"]),
        ({"waives": BRONZE}, ["vault"]),
        ({"owner": "group:default/identity"}, ["vault"]),
        ({"level": "none", "state": "scanned"}, ["doubt", "till"]),
        ({"state": "unscanned"}, ["new"]),
        ({"state": "scanning"}, ["new"]),
        ({"state": "problem"}, ["gone"]),
        ({"state": "inconclusive"}, ["doubt"]),
        ({"state": "waived"}, ["vault"]),
        ({"state": "behind"}, ["till"]),
        ({"text": "LED"}, ["ledger"]),
    ],
)
def test_each_filter_finds_its_services(chosen: dict[str, str], expected: list[str]) -> None:
    assert names(**chosen) == expected


@pytest.mark.parametrize(
    "chosen",
    [{"drift": "nonsense"}, {"state": "nonsense"}, {"fails": "no-such-check"}, {"level": "platinum"}, {"text": "a\0b"},
     {"file": "Make\0file"}, {"file": "x" * 5000}, {"text": "%"}],
)  # fmt: skip
def test_a_filter_that_means_nothing_finds_nothing(chosen: dict[str, str]) -> None:
    assert names(**chosen) == []


def test_a_served_request_is_not_under_way() -> None:
    now = timezone.now()
    Service.objects.filter(name="new").update(scanned_request=now + dt.timedelta(seconds=1))
    assert not Service.objects.filter(STATES["scanning"]).exists()
