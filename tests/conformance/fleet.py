"""Services as scans leave them: one by one with what a test needs, or a fleet as an organisation has it.

Rows only: the repositories have no folders. `make_service` derives level, score and counts from the results that it is
given, by the same arithmetic as the portal; `make_fleet` is deterministic, and everything in it happened within the
last 90 days.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from conformance import checks
from conformance.choices import WAIVED, PolicyStatus
from conformance.examining.terms import DEPARTED, Level, Outcome
from conformance.grading import Grade, Standing, Traits, evidence_digest, grade, levels_for
from conformance.models import DriftedFile, Evaluation, Policy, Service, Snapshot, Verdict, Waiver
from conformance.models.service import DRIFT_COLUMNS, STANDING_COLUMNS, columns_of
from scaffolder.models import Lineage, Repository, TemplateVersion

BLANK = "template:default/go-blank-service"
ORDER = "template:default/go-order-service"
OLD_VERSIONS = ("0.0.8", "0.0.9", "0.1.0")
NEWEST = "1.0.0"
MOST_CHECKS = 40
INVENTED = {
    Level.BRONZE: ("ownership-recorded", "readme-useful", "licence-present", "workflow-present", "workflow-as-rendered",
                   "image-not-root", "image-pinned", "probes-exist", "lock-believed", "workflows-valid"),
    Level.SILVER: ("actions-pinned", "permissions-least", "resources-bounded", "root-read-only", "capabilities-dropped",
                   "logs-structured", "shutdown-graceful", "server-timeouts", "metrics-scraped", "updates-configured",
                   "race-tests-run", "lint-configured", "no-local-replace", "no-secrets", "manifests-valid"),
    Level.GOLD: ("traces-sent", "disruption-budget", "autoscaling", "network-policy", "coverage-gated", "sbom-built",
                 "security-policy", "contributing-guide", "runbook-present", "decisions-recorded", "objectives-set",
                 "api-linted", "freshness", "topology-spread", "images-signed"),
}  # fmt: skip
"""Names for checks that are not there; the real ones come first."""


def check_levels() -> dict[str, Level]:
    """Return the real checks with their levels, filled up with invented ones to 40."""
    known = {check.id: check.level for check in checks.registry().values()}
    invented = {name: level for level, names in INVENTED.items() for name in names if name not in known}
    return {**known, **dict(list(invented.items())[: max(0, MOST_CHECKS - len(known))])}


def published_policy() -> Policy:
    """Return the published policy; without one, a first that asks all checks of all services."""
    found = Policy.objects.filter(status=PolicyStatus.PUBLISHED).first()
    if found is not None:
        return found
    rules = [{"check": check, "level": level.value} for check, level in check_levels().items()]
    days = {"bronze": 30, "silver": 60, "gold": 90}
    document = {"rules": rules, "waivers": {"maxDays": days, "approvers": "owners-and-platform"}}
    digest = hashlib.sha256(repr(document).encode()).hexdigest()
    return Policy.objects.create(
        number=1, status=PolicyStatus.PUBLISHED, document=document, digest=digest, published_at=timezone.now()
    )


def template_version(ref: str = BLANK, version: str = "") -> TemplateVersion:
    """Return a registered version of a template, the newest one without `version`; made where it is missing."""
    newest = TemplateVersion.objects.filter(ref=ref, is_current=True).first()
    if newest is None:
        newest = TemplateVersion.objects.create(ref=ref, version=NEWEST, **_about(ref))
    if version in {"", newest.version}:
        return newest
    found = TemplateVersion.objects.filter(ref=ref, version=version).first()
    return found or TemplateVersion.objects.create(ref=ref, version=version, is_current=False, **_about(ref))


def result(verdict: str, message: str = "", *paths: str) -> dict[str, Any]:
    """Return one check's result as snapshots hold it, with a line of evidence in each path."""
    evidence = [
        {"path": path, "line": 3 + number, "sha": _hash(path)[:40], "excerpt": f"line of {path}", "note": ""}
        for number, path in enumerate(paths)
    ]
    return {"verdict": verdict, "message": message or f"It {verdict}es.", "evidence": evidence}


def make_service(
    name: str,
    *,
    results: Mapping[str, Mapping[str, Any]] | None = None,
    files: Mapping[str, str] | None = None,
    waived: Mapping[str, str] | None = None,
    history: Mapping[int, str] | None = None,
    is_scanned: bool = True,
    **changes: Any,
) -> Service:
    """Make a service with everything behind it.

    `results` are by check and replace the pass that every other check gives; `files` are drift classes by path;
    `waived` gives the approver by check, whose failure is then waived; `history` are former levels by how many days
    ago they began. Without `is_scanned` no scan ever looked at it. `changes` set columns of the service as they are.
    """
    namespace = str(changes.pop("namespace", "default"))
    service = _blank(name, namespace, changes)
    service.save()
    if is_scanned:
        snapshot = _snapshot(service, results or {}, files or {})
        _state(service, snapshot, waived or {}, history or {})
    for column, value in changes.items():
        setattr(service, column, value)
    service.save()
    return service


def make_fleet(count: int) -> None:
    """Make `count` services of twelve teams in bulk: every level, drift class and state, with 90 days of history."""
    from tests.conformance.bulk import fill

    fill(count)


def _blank(name: str, namespace: str, changes: dict[str, Any]) -> Service:
    owner = str(changes.setdefault("owner_ref", "group:default/payments"))
    template = template_version(str(changes.get("template_ref", BLANK)), str(changes.get("template_version", "")))
    repository = Repository.objects.create(
        namespace=namespace, name=name, owner_ref=owner, head_commit=_hash(name)[:40], is_protected=True
    )
    entity_ref = f"component:{namespace}/{name}"
    Lineage.objects.create(
        entity_ref=entity_ref,
        repository=repository,
        template=template,
        answers={"name": name},
        render_commit=_hash(f"{name} render")[:40],
        render_tree=_hash(f"{name} tree")[:40],
    )
    return Service(
        entity_ref=entity_ref,
        repository=repository,
        namespace=namespace,
        name=name,
        owner_ref=owner,
        system_ref=str(changes.get("system_ref", "system:default/checkout")),
        type=str(changes.get("type", "service")),
        lifecycle=str(changes.get("lifecycle", "production")),
        tags=changes.get("tags", ["go", "rest"]),
        template_ref=template.ref,
        template_version=template.version,
    )


def _snapshot(service: Service, results: Mapping[str, Mapping[str, Any]], files: Mapping[str, str]) -> Snapshot:
    drift = Counter(files.values())
    rows = [{"path": path, "drift": kind, "guard": kind == "weakened", "renamedTo": ""} for path, kind in files.items()]
    DriftedFile.objects.bulk_create(
        DriftedFile(service=service, path=path, drift=kind, is_guard=kind == "weakened")
        for path, kind in files.items()
        if kind in DEPARTED
    )
    return Snapshot.objects.create(
        service=service,
        commit=service.repository.head_commit,
        tree=_hash(f"{service.name} head tree")[:40],
        committed_at=timezone.now() - dt.timedelta(hours=2),
        checker_version="suite",
        newest_version=template_version(service.template_ref).version,
        origin=_hash(f"{service.pk} origin"),
        file_count=150,
        drift={"in-sync": 60, "team-owned": 90, **drift},
        files=rows,
        results={**{check: result(Outcome.PASS) for check in check_levels()}, **results},
    )


def _state(service: Service, snapshot: Snapshot, waived: Mapping[str, str], history: Mapping[int, str]) -> None:
    """Write what a scan and the policy would: verdicts, the service's numbers, evaluations."""
    policy = published_policy()
    waivers = {check: _waiver(service, check, snapshot.results[check], by) for check, by in waived.items()}
    traits = Traits(service.type, service.lifecycle, frozenset(service.tags), service.template_ref)
    worth = _with_waivers(grade(snapshot.results, levels_for(policy.document, traits)), waivers)
    Verdict.objects.bulk_create(_verdicts(service, snapshot, policy, worth))
    _evaluate(service, snapshot, policy, worth, history)
    fill_in(service, snapshot, policy, worth)


def fill_in(service: Service, snapshot: Snapshot, policy: Policy, worth: Grade) -> None:
    """Set the service's numbers from its snapshot."""
    numbers = {
        **columns_of(snapshot.drift, DRIFT_COLUMNS),
        **columns_of(worth.counts, STANDING_COLUMNS),
        "level": worth.level.value,
        "score": worth.score,
        "commit": snapshot.commit,
        "committed_at": snapshot.committed_at,
        "evaluated_at": snapshot.taken_at,
        "snapshot": snapshot,
        "policy": policy,
    }
    for column, value in numbers.items():
        setattr(service, column, value)


def _with_waivers(worth: Grade, waivers: Mapping[str, Waiver]) -> Grade:
    """Return the grade with these failures waived, reckoned anew."""
    standings = dict(worth.standings)
    for check, waiver in waivers.items():
        standings[check] = Standing(standings[check].level, WAIVED, waiver.pk)
    again = grade(
        {
            check: {"verdict": Outcome.PASS.value if each.standing == WAIVED else each.standing}
            for check, each in standings.items()
        },
        {check: each.level for check, each in standings.items()},
    )
    return Grade(again.level, again.score, is_held=again.is_held, standings=standings)


def _waiver(service: Service, check: str, failure: Mapping[str, Any], approver: str) -> Waiver:
    now = timezone.now()
    return Waiver.objects.create(
        service=service,
        check_id=check,
        reason="The vendor's image is replaced next quarter.",
        status="approved",
        requester_ref="user:default/alice",
        approver_ref=approver,
        evidence_digest=evidence_digest(check, failure),
        expires_at=now + dt.timedelta(days=20),
        decided_at=now,
    )


def _verdicts(service: Service, snapshot: Snapshot, policy: Policy, worth: Grade) -> list[Verdict]:
    return [
        Verdict(
            service=service,
            snapshot=snapshot,
            policy=policy,
            check_id=check,
            level=each.level.value,
            standing=each.standing,
            message=snapshot.results.get(check, {}).get("message", ""),
            evidence=snapshot.results.get(check, {}).get("evidence", []),
            waiver_id=each.waiver_id,
            since=snapshot.committed_at,
        )
        for check, each in worth.standings.items()
    ]


def _evaluate(service: Service, snapshot: Snapshot, policy: Policy, worth: Grade, history: Mapping[int, str]) -> None:
    now = timezone.now()
    steps = [(now - dt.timedelta(days=days), level) for days, level in sorted(history.items(), reverse=True)]
    previous = ""
    for at, level in [*steps, (snapshot.committed_at, worth.level.value)]:
        Evaluation.objects.create(
            service=service,
            snapshot=snapshot,
            commit=snapshot.commit,
            policy=policy,
            level=level,
            previous_level=previous,
            is_level_change=level != previous,
            score=worth.score,
            counts=worth.counts,
            departed=sum(snapshot.drift.get(kind, 0) for kind in DEPARTED),
            at=at,
        )
        previous = level


def _about(ref: str) -> dict[str, Any]:
    name = ref.rpartition("/")[2]
    manifest = {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {"name": name, "title": f"{name.replace('-', ' ').capitalize()}"},
        "spec": {"type": "service", "owner": "group:default/platform", "parameters": [], "steps": []},
    }
    return {"digest": f"sha256:{_hash(ref)}", "library": "go", "manifest": manifest}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
