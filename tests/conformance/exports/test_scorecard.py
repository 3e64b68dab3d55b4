"""OpenSSF Scorecard's JSON, version 2."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from conformance.examining.terms import Level
from conformance.exports import scorecard
from conformance.models import Service
from tests.conformance.exports.test_sarif import check_of
from tests.conformance.fleet import check_levels, make_service, result

pytestmark = pytest.mark.django_db

TEXT = {"type": "string", "minLength": 1}


def _pair(*names: str) -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in names}
    return {"type": "object", "required": list(names), "additionalProperties": False, "properties": texts}


SHAPE = {
    "type": "object",
    "required": ["date", "repo", "scorecard", "score", "checks", "metadata"],
    "additionalProperties": False,
    "properties": {
        "date": {"type": "string", "format": "date-time"},
        "repo": _pair("name", "commit"),
        "scorecard": _pair("version", "commit"),
        "score": {"type": "number", "minimum": -1, "maximum": 10},
        "metadata": {"type": "array", "items": TEXT},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "score", "reason", "details", "documentation"],
                "additionalProperties": False,
                "properties": {
                    "name": TEXT,
                    "score": {"type": "integer", "minimum": -1, "maximum": 10},
                    "reason": TEXT,
                    "details": {"type": ["array", "null"], "items": TEXT, "minItems": 1},
                    "documentation": _pair("url", "short"),
                    "annotations": {"type": "array", "items": TEXT, "minItems": 1},
                },
            },
        },
    },
}
"""What Scorecard's own `pkg/scorecard/json.go` writes and reads, and nothing else."""


def card_of(service: Service) -> dict[str, Any]:
    card: dict[str, Any] = json.loads(json.dumps(scorecard(service)))
    jsonschema.validate(card, SHAPE, format_checker=jsonschema.FormatChecker())
    return card


def test_each_verdict_has_scorecards_score(settings: Settings) -> None:
    settings.GOLDPATH_BASE_URL = "https://goldpath.example"
    wrong, unsure, none, excused = (check_of(Level.SILVER, number) for number in range(4))
    service = make_service(
        "ledger",
        results={
            wrong: result("fail", "No limits.", "deployments/k8s/base/deployment.yaml"),
            unsure: result("error", "hadolint is not installed."),
            none: result("not-applicable", "There is no Dockerfile."),
            excused: result("fail", "Old image."),
        },
        waived={excused: "user:default/bob"},
    )
    card = card_of(service)
    checks = {each["name"]: each for each in card["checks"]}
    assert [checks[each]["score"] for each in (wrong, unsure, none, excused)] == [0, -1, -1, 0]
    assert checks[check_of(Level.BRONZE)]["score"] == 10
    assert checks[none]["reason"] == "not applicable: There is no Dockerfile."
    assert "Waived until" in checks[excused]["annotations"][0]
    (detail,) = checks[wrong]["details"]
    assert detail.startswith("Warn: ")
    assert "deployments/k8s/base/deployment.yaml" in detail
    assert card["repo"] == {"name": "goldpath.example/git/default/ledger", "commit": service.commit}
    assert card["score"] == round(service.score / 10, 1)


def test_a_service_that_was_never_scanned_is_inconclusive() -> None:
    card = card_of(make_service("ledger", is_scanned=False))
    assert (card["score"], card["checks"], card["repo"]["commit"]) == (-1.0, [], "")


def test_a_card_costs_two_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    make_service("ledger", results={check: result("fail", "No.", "Makefile") for check in check_levels()})
    service = Service.objects.select_related("snapshot").get()
    with django_assert_max_num_queries(2):
        scorecard(service)
