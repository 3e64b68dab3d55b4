"""SARIF as code scanning reads it.

`sarif-2.1.0-rtm.5.json` is the schema of the OASIS standard, unchanged out of the npm package @microsoft/jest-sarif
1.0.0-beta.0 (MIT).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from conformance.choices import WaiverStatus
from conformance.examining.terms import Level
from conformance.exports import sarif
from conformance.grading import evidence_digest
from conformance.models import Service, Verdict, Waiver
from tests.conformance.fleet import check_levels, make_service, result

pytestmark = pytest.mark.django_db
SCHEMA = Path(__file__).with_name("sarif-2.1.0-rtm.5.json")
DEPLOYMENT = "deployments/k8s/base/deployment.yaml"


@lru_cache(maxsize=1)
def validator() -> Any:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text()), format_checker=jsonschema.FormatChecker())


def run_of(service: Service) -> dict[str, Any]:
    """Return the one run of the service's log, which must be valid and must survive JSON."""
    log = json.loads(json.dumps(sarif(service)))
    problems = [f"{list(error.path)}: {error.message}" for error in validator().iter_errors(log)]
    assert problems == []
    run: dict[str, Any] = log["runs"][0]
    return run


def check_of(level: Level, number: int = 0) -> str:
    return [check for check, at in check_levels().items() if at is level][number]


def test_the_schema_refuses_what_is_no_sarif() -> None:
    assert list(validator().iter_errors({"version": "2.1.0", "runs": [{"results": []}]}))
    assert list(validator().iter_errors({"version": "2.0.0", "runs": []}))


def test_every_check_is_a_rule_with_help_and_only_failures_are_results() -> None:
    failing, broken = check_of(Level.SILVER), check_of(Level.GOLD)
    run = run_of(
        make_service(
            "ledger", results={failing: result("fail", "No limits.", DEPLOYMENT), broken: result("error", "No tool.")}
        )
    )
    rules = run["tool"]["driver"]["rules"]
    assert {each["id"] for each in rules} == set(check_levels())
    assert all(each["help"]["text"] and "How to fix it" in each["help"]["markdown"] for each in rules)
    assert [each["ruleId"] for each in run["results"]] == [failing]
    assert rules[run["results"][0]["ruleIndex"]]["id"] == failing
    note = run["invocations"][0]["toolExecutionNotifications"]
    assert [(each["associatedRule"]["id"], each["message"]["text"]) for each in note] == [(broken, "No tool.")]


def test_a_result_names_its_place_relative_to_the_repository() -> None:
    service = make_service("ledger", results={check_of(Level.BRONZE): result("fail", "Root.", DEPLOYMENT)})
    run = run_of(service)
    found = run["results"][0]
    place = found["locations"][0]["physicalLocation"]
    evidence = Verdict.objects.get(service=service, standing="fail").evidence[0]
    assert place["artifactLocation"] == {"uri": DEPLOYMENT, "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == max(1, evidence["line"])
    assert found["level"] == "error"
    assert run["versionControlProvenance"][0]["revisionId"] == service.commit
    assert run["versionControlProvenance"][0]["repositoryUri"].endswith("/git/default/ledger.git")


@pytest.mark.parametrize(("level", "word"), [(Level.BRONZE, "error"), (Level.SILVER, "warning"), (Level.GOLD, "note")])
def test_the_lower_the_level_the_graver_the_result(level: Level, word: str) -> None:
    run = run_of(make_service("ledger", results={check_of(level): result("fail", "No.", "Makefile")}))
    assert [each["level"] for each in run["results"]] == [word]


@pytest.mark.parametrize(
    "path", ["a b.yaml", "100%.md", "what?.md", "C:/x.go", "a#b", "ünï.md", "-x", "{{7*7}}", "a\\b"]
)
def test_any_path_becomes_a_relative_reference(path: str) -> None:
    run = run_of(make_service("ledger", results={check_of(Level.BRONZE): result("fail", "No.", path)}))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote(uri) == path
    assert uri.isascii()


@pytest.mark.parametrize(
    ("note", "text"),
    [("", "No limits."), ("No limits", "No limits."), ("In the init container.", "No limits. In the init container.")],
)
def test_a_note_is_told_unless_it_says_the_same(note: str, text: str) -> None:
    place = {"path": "Makefile", "line": 3, "sha": "", "excerpt": "x", "note": note}
    failure = {"verdict": "fail", "message": "No limits.", "evidence": [place]}
    run = run_of(make_service("ledger", results={check_of(Level.SILVER): failure}))
    assert run["results"][0]["message"]["text"] == text


def test_a_failure_of_the_whole_repository_has_a_place_too() -> None:
    run = run_of(make_service("ledger", results={check_of(Level.BRONZE): result("fail", "There is no README.")}))
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 1}
    assert "whole" in location["message"]["text"]


def test_fingerprints_survive_a_moved_line_and_tell_equal_lines_apart() -> None:
    check = check_of(Level.SILVER)
    first = {"path": "Makefile", "line": 3, "sha": "", "excerpt": "x", "note": ""}
    places: list[dict[str, Any]] = [first, {**first, "line": 9}]
    failure = {"verdict": "fail", "message": "No.", "evidence": places}
    service = make_service("ledger", results={check: failure})
    before = [each["partialFingerprints"]["primaryLocationLineHash"] for each in run_of(service)["results"]]
    assert len(set(before)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{16}:[12]", each) for each in before)
    moved = [{**each, "line": each["line"] + 40} for each in places]
    Verdict.objects.filter(check_id=check).update(evidence=moved)
    assert [each["partialFingerprints"]["primaryLocationLineHash"] for each in run_of(service)["results"]] == before


def test_a_waived_failure_is_suppressed_with_its_reason() -> None:
    check = check_of(Level.SILVER)
    run = run_of(
        make_service("ledger", results={check: result("fail", "No.", "Makefile")}, waived={check: "user:default/bob"})
    )
    (suppression,) = run["results"][0]["suppressions"]
    assert suppression["kind"] == "external"
    assert suppression["status"] == "accepted"
    assert "user:default/bob" in suppression["justification"]
    assert "vendor's image" in suppression["justification"]


def waiver_of_path(service: Service, check: str, path: str, **changes: Any) -> Waiver:
    verdict = Verdict.objects.get(service=service, check_id=check)
    failure = {"message": verdict.message, "evidence": verdict.evidence}
    given = {
        "status": WaiverStatus.APPROVED,
        "expires_at": timezone.now() + dt.timedelta(days=5),
        "evidence_digest": evidence_digest(check, failure, path),
        **changes,
    }
    return Waiver.objects.create(
        service=service,
        check_id=check,
        path=path,
        reason="Soon.",
        requester_ref="user:default/alice",
        approver_ref="user:default/bob",
        **given,
    )


def test_a_waiver_of_one_path_suppresses_that_place_only() -> None:
    check = check_of(Level.SILVER)
    service = make_service("ledger", results={check: result("fail", "No.", "Makefile", "Dockerfile")})
    waiver_of_path(service, check, "Makefile")
    suppressed = {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: bool(each["suppressions"])
        for each in run_of(service)["results"]
    }
    assert suppressed == {"Makefile": True, "Dockerfile": False}


@pytest.mark.parametrize(
    "changes",
    [
        {"status": WaiverStatus.REQUESTED},
        {"status": WaiverStatus.REVOKED},
        {"expires_at": timezone.now() - dt.timedelta(seconds=1)},
        {"evidence_digest": "of another failure"},
    ],
    ids=["requested", "revoked", "expired", "of another failure"],
)
def test_a_waiver_that_does_not_hold_suppresses_nothing(changes: dict[str, Any]) -> None:
    check = check_of(Level.SILVER)
    service = make_service("ledger", results={check: result("fail", "No.", "Makefile")})
    waiver_of_path(service, check, "Makefile", **changes)
    assert [each["suppressions"] for each in run_of(service)["results"]] == [[]]


def test_a_service_that_was_never_scanned_is_a_run_that_failed() -> None:
    run = run_of(make_service("ledger", is_scanned=False))
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "not been scanned" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_a_service_with_a_problem_says_it() -> None:
    run = run_of(make_service("ledger", problem="The default branch is gone."))
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"] == "The default branch is gone."


def test_a_check_that_is_gone_is_still_a_rule() -> None:
    service = make_service("ledger", results={check_of(Level.BRONZE): result("fail", "No.", "Makefile")})
    Verdict.objects.filter(service=service, standing="fail").update(check_id="not-there-any-more")
    rules = {each["id"]: each for each in run_of(service)["tool"]["driver"]["rules"]}
    assert "no longer" in rules["not-there-any-more"]["help"]["text"]


def test_a_log_names_no_machine_path_and_costs_few_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    service = make_service("ledger", results={check: result("fail", "No.", "Makefile") for check in check_levels()})
    fresh = Service.objects.get(pk=service.pk)
    with django_assert_max_num_queries(4):
        text = json.dumps(sarif(fresh))
    assert not re.search(r"/(work|root|home|tmp)/", text)
