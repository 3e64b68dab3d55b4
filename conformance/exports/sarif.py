"""Findings of a service as SARIF 2.1.0, for code scanning and editors.

Written after the OASIS standard and what GitHub's code scanning asks on top of it: every result has a location with a
line, and a `primaryLocationLineHash` by which it is recognised when lines move.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.choices import WAIVED
from conformance.examining.terms import Level
from conformance.exports.acceptance import Accepted, words
from conformance.exports.links import check_url, clone_url, file_url, path_uri, portal_url
from conformance.exports.rules import plain, rule
from conformance.grading import evidence_digest
from conformance.models import Service, Verdict
from portal.foundation.api.times import wire_time

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
WHOLE = ".goldpath/lock.json"
SEVERITIES = {Level.BRONZE: "error", Level.SILVER: "warning", Level.GOLD: "note"}
_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}

Json = dict[str, Any]


def sarif(service: Service) -> Json:
    """Return a SARIF log with one run: what fails in the service's last scanned commit, place by place.

    Every check that the policy asks is a rule; a rule without a result passed or did not apply. A failure that an
    approved waiver covers is suppressed externally, with its reason. A check that could not decide is no result but a
    notification, as is a repository that could not be scanned.
    """
    verdicts = list(service.verdicts.select_related("waiver").order_by("check_id"))
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(service, verdicts)]}


def _run(service: Service, verdicts: list[Verdict]) -> Json:
    numbers = {verdict.check_id: number for number, verdict in enumerate(verdicts)}
    return {
        "tool": {"driver": _driver(service, verdicts)},
        "automationDetails": {"id": f"goldpath/{service.namespace}/{service.name}/"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The top folder of the repository at this commit."}}},
        "versionControlProvenance": [_provenance(service)],
        "invocations": [_invocation(service, verdicts, numbers)],
        "results": list(_results(service, verdicts, numbers)),
        "properties": {"level": service.level, "score": service.score, "entityRef": service.entity_ref},
    }


def _driver(service: Service, verdicts: Iterable[Verdict]) -> Json:
    checker = service.snapshot.checker_version if service.snapshot else ""
    return {
        "name": "Goldpath",
        "informationUri": portal_url(),
        **({"version": checker} if checker else {}),
        "rules": [_rule(verdict) for verdict in verdicts],
    }


def _rule(verdict: Verdict) -> Json:
    found = rule(verdict.check_id)
    severity = _severity(verdict)
    return {
        "id": found.id,
        "name": "".join(part.capitalize() for part in found.id.split("-")),
        "shortDescription": {"text": found.title},
        "fullDescription": {"text": plain(found.rationale)},
        "help": {"text": plain(found.help), "markdown": found.help},
        "helpUri": check_url(found.id),
        "defaultConfiguration": {"level": severity},
        "properties": {
            "tags": [found.area.lower(), verdict.level],
            "precision": "very-high",
            "problem.severity": _PROBLEMS[severity],
        },
    }


def _provenance(service: Service) -> Json:
    commit = {"revisionId": service.commit} if service.commit else {}
    branch = service.repository.default_branch
    return {"repositoryUri": clone_url(service), **commit, "branch": branch, "mappedTo": {"uriBaseId": ROOT}}


def _invocation(service: Service, verdicts: Iterable[Verdict], numbers: Mapping[str, int]) -> Json:
    ended = {"endTimeUtc": wire_time(service.evaluated_at)} if service.evaluated_at else {}
    notes = [_notification(each, numbers) for each in verdicts if each.standing == "error"]
    problem = service.problem or ("" if service.snapshot_id else "This service has not been scanned yet.")
    if problem:
        notes.append({"level": "error", "message": {"text": problem}})
    return {"executionSuccessful": not problem, **ended, "toolExecutionNotifications": notes}


def _notification(verdict: Verdict, numbers: Mapping[str, int]) -> Json:
    return {
        "level": "warning",
        "message": {"text": verdict.message or "The check could not decide."},
        "associatedRule": {"id": verdict.check_id, "index": numbers[verdict.check_id]},
        "locations": [_location(each) for each in verdict.evidence],
    }


def _results(service: Service, verdicts: Iterable[Verdict], numbers: Mapping[str, int]) -> Iterator[Json]:
    accepted = Accepted(service)
    seen: Counter[str] = Counter()
    for verdict in verdicts:
        if verdict.standing not in {"fail", WAIVED}:
            continue
        for evidence in verdict.evidence or [None]:
            yield _result(service, verdict, evidence, numbers[verdict.check_id]) | {
                "partialFingerprints": _fingerprints(verdict, evidence, seen),
                "suppressions": _suppressions(accepted, verdict, evidence),
            }


def _result(service: Service, verdict: Verdict, evidence: Mapping[str, Any] | None, number: int) -> Json:
    text = _message(verdict, str(evidence.get("note", "")) if evidence else "")
    return {
        "ruleId": verdict.check_id,
        "ruleIndex": number,
        "kind": "fail",
        "level": _severity(verdict),
        "message": {"text": text},
        "locations": [_location(evidence) if evidence else _nowhere()],
        **_viewer(service, evidence),
    }


def _message(verdict: Verdict, note: str) -> str:
    """Return what is wrong, with what is noted at the place unless that says the same."""
    if note.rstrip(".") in verdict.message:
        note = ""
    return " ".join(each for each in (verdict.message, note) if each) or rule(verdict.check_id).title


def _location(evidence: Mapping[str, Any]) -> Json:
    region: Json = {"startLine": max(1, int(evidence.get("line", 0)))}
    if evidence.get("excerpt"):
        region["snippet"] = {"text": evidence["excerpt"]}
    return {"physicalLocation": {"artifactLocation": _artifact(str(evidence["path"])), "region": region}}


def _nowhere() -> Json:
    """Return the location of a finding about the repository as a whole: viewers refuse results without a place."""
    place = {"artifactLocation": _artifact(WHOLE), "region": {"startLine": 1}}
    return {
        "physicalLocation": place,
        "message": {"text": "This is about the repository as a whole, not about a line."},
    }


def _artifact(path: str) -> Json:
    return {"uri": path_uri(path), "uriBaseId": ROOT}


def _viewer(service: Service, evidence: Mapping[str, Any] | None) -> Json:
    if not evidence or not evidence.get("sha"):
        return {}
    return {"hostedViewerUri": file_url(service, service.commit, evidence["path"], int(evidence["line"]))}


def _fingerprints(verdict: Verdict, evidence: Mapping[str, Any] | None, seen: Counter[str]) -> dict[str, str]:
    """Return what stays the same while the finding does. Equal excerpts of one file are told apart by their order."""
    path = str(evidence["path"]) if evidence else ""
    excerpt = str(evidence.get("excerpt", "")) if evidence else ""
    line = hashlib.sha256("\0".join((verdict.check_id, path, excerpt)).encode("utf-8", "replace")).hexdigest()[:16]
    seen[line] += 1
    result = {"message": verdict.message, "evidence": verdict.evidence}
    return {
        "primaryLocationLineHash": f"{line}:{seen[line]}",
        "goldpathEvidence/v1": evidence_digest(verdict.check_id, result, path),
    }


def _suppressions(accepted: Accepted, verdict: Verdict, evidence: Mapping[str, Any] | None) -> list[Json]:
    waiver = accepted.of(verdict, evidence)
    if waiver is None:
        return []
    return [{"kind": "external", "status": "accepted", "justification": words(waiver)}]


def _severity(verdict: Verdict) -> str:
    return SEVERITIES[Level(verdict.level)]
