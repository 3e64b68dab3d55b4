"""A service in the JSON of OpenSSF Scorecard, version 2, for the tools that read that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.choices import WAIVED
from conformance.exports.acceptance import words
from conformance.exports.links import check_url, clone_url
from conformance.exports.rules import rule
from conformance.models import Service, Verdict
from portal.foundation.api.times import wire_time

INCONCLUSIVE = -1
SCORES = {"pass": 10, "fail": 0, WAIVED: 0, "error": INCONCLUSIVE, "not-applicable": INCONCLUSIVE}
_DETAILS = {"pass": "Info", "fail": "Warn", WAIVED: "Warn"}


def scorecard(service: Service) -> dict[str, Any]:
    """Return the service's verdicts as Scorecard writes them.

    `score` is the service's score from 0 to 10 with one digit, -1 when it was never scanned. A check has 10 when it
    passes, 0 when it fails, -1 when it is inconclusive or does not apply. A waiver is an annotation, as Scorecard's own
    exemptions are: shown, and not scored. `scorecard` names the checker; what Scorecard has no word for is in
    `metadata`.
    """
    verdicts = service.verdicts.select_related("waiver").order_by("check_id")
    snapshot = service.snapshot
    return {
        "date": wire_time(service.evaluated_at or service.created_at),
        "repo": {"name": clone_url(service).partition("://")[2].removesuffix(".git"), "commit": service.commit},
        "scorecard": {"version": "goldpath", "commit": snapshot.checker_version if snapshot else ""},
        "score": round(service.score / 10, 1) if snapshot else float(INCONCLUSIVE),
        "checks": [_check(verdict) for verdict in verdicts],
        "metadata": [f"level:{service.level}", f"entity:{service.entity_ref}", f"owner:{service.owner_ref}"],
    }


def _check(verdict: Verdict) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": verdict.check_id,
        "score": SCORES[verdict.standing],
        "reason": _reason(verdict),
        "details": _details(verdict) or None,
        "documentation": {"short": rule(verdict.check_id).title, "url": check_url(verdict.check_id)},
    }
    if verdict.waiver is not None and verdict.standing == WAIVED:
        found["annotations"] = [words(verdict.waiver)]
    return found


def _reason(verdict: Verdict) -> str:
    message = verdict.message or rule(verdict.check_id).title
    return f"not applicable: {message}" if verdict.standing == "not-applicable" else message


def _details(verdict: Verdict) -> list[str]:
    """Return a detail for each place, in Scorecard's form: severity, words, path and line."""
    severity, title = _DETAILS.get(verdict.standing, "Info"), rule(verdict.check_id).title
    return [_detail(severity, each, title) for each in verdict.evidence]


def _detail(severity: str, each: Mapping[str, Any], otherwise: str) -> str:
    said = each.get("note") or each.get("excerpt") or otherwise
    line = f":{each['line']}" if each.get("line") else ""
    return f"{severity}: {said}: {each['path']}{line}"
