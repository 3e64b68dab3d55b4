"""Services as rows."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from conformance.exports import COLUMNS, csv_lines, json_lines, service_rows
from conformance.models import Service
from tests.conformance.fleet import make_service

pytestmark = pytest.mark.django_db


def as_csv() -> list[dict[str, str]]:
    text = "".join(csv_lines(service_rows(Service.objects.all())))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_says_what_the_service_is_and_how_it_stands() -> None:
    service = make_service("ledger", files={"Makefile": "weakened"}, versions_behind=2)
    (row,) = service_rows(Service.objects.all())
    assert tuple(row) == COLUMNS
    assert (row["service"], row["level"], row["score"]) == ("component:default/ledger", "gold", 100)
    assert (row["weakened"], row["inSync"], row["versionsBehind"]) == (1, 60, 2)
    assert (row["pass"], row["notApplicable"]) == (service.passed, 0)
    assert row["commit"] == service.commit
    assert row["url"].endswith("/services/default/ledger")


def test_csv_and_json_hold_the_same() -> None:
    make_service("ledger", title='A "quoted", title')
    make_service("till", is_scanned=False)
    rows = json.loads("".join(json_lines(service_rows(Service.objects.all()))))
    assert [row["name"] for row in rows] == [row["name"] for row in as_csv()] == ["ledger", "till"]
    assert as_csv()[0]["title"] == rows[0]["title"] == 'A "quoted", title'
    assert as_csv()[0]["tags"] == "go rest"
    assert (rows[1]["evaluatedAt"], as_csv()[1]["evaluatedAt"]) == (None, "")
    assert (rows[0]["isHeld"], as_csv()[0]["isHeld"]) == (False, "false")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", '=HYPERLINK("https://x","y")', "\uff1d1+1", "\n=1"],
)
@pytest.mark.parametrize("column", ["title", "owner_ref", "problem"])
def test_csv_injection_is_disarmed(text: str, column: str) -> None:
    changes: dict[str, Any] = {"owner_ref": "group:default/payments", column: text}
    make_service("ledger", **changes)
    name = {"owner_ref": "owner"}.get(column, column)
    assert as_csv()[0][name] == f"'{text}"


def test_csv_injection_by_a_tag_is_disarmed() -> None:
    make_service("ledger", tags=["=cmd|' /c calc'!A0"])
    assert as_csv()[0]["tags"].startswith("'=")


def test_no_service_is_an_empty_list_and_a_header() -> None:
    assert "".join(csv_lines(service_rows(Service.objects.all()))) == ",".join(COLUMNS) + "\r\n"
    assert json.loads("".join(json_lines([]))) == []


def test_many_rows_cost_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(3):
        make_service(f"svc-{number}")
    with django_assert_num_queries(1):
        assert len(list(service_rows(Service.objects.all()))) == 3
