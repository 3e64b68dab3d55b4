"""Waivers: the list, one of them with its history, asking for one, and deciding."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conformance import documents
from conformance.choices import WaiverStatus
from conformance.exports.rules import rule
from conformance.models import Service, Verdict, Waiver
from conformance.services import policies, waivers
from portal.foundation.errors import ConflictError, FieldError, InputError, NotAllowedError, NotFoundError
from portal.web.paging import address_without_page, page_of
from portal.web.people import PageRequest, signed_in
from portal.web.prose import markdown
from portal.web.views.conformance.detail import places_of

SHOWN_WAITING = 5
USUAL_DAYS = 14
_FILTERS = {"team": "service__owner_ref", "check": "check_id"}
_DONE = {
    "approve": "Approved. The failure counts as waived from now on.",
    "reject": "Rejected. The failure goes on counting.",
    "withdraw": "Withdrawn. Nothing changes.",
    "revoke": "Revoked. The failure counts again.",
}


@require_GET
@signed_in
def listing(request: PageRequest) -> HttpResponse:
    """List waivers by the filters in the address: status, team, check. Those that wait for the reader come first."""
    chosen = {name: request.GET.get(name, "")[:255] for name in (*_FILTERS, "status")}
    columns = {column: chosen[name] for name, column in _FILTERS.items() if chosen[name]}
    rows = Waiver.objects.filter(**columns)
    counts: dict[str, int] = dict(rows.order_by().values_list("status").annotate(Count("pk")))
    if chosen["status"] in WaiverStatus.values:
        rows = rows.filter(status=chosen["status"])
    is_filtered = any(chosen.values())
    waiting = waivers.decidable(request.actor)
    context = {
        "page": page_of(request, rows.select_related("service")),
        "query": address_without_page(request),
        "chosen": chosen,
        "is_filtered": is_filtered,
        "counts": [(status.value, status.label, counts.get(status, 0)) for status in WaiverStatus],
        "total": sum(counts.values()),
        "teams": _values("service__owner_ref"),
        "checks": sorted(_values("check_id"), key=lambda check: rule(check).title),
        "waiting": [] if is_filtered else list(waiting[:SHOWN_WAITING]),
        "waiting_count": 0 if is_filtered else waiting.count(),
    }
    return render(request, "conformance/waivers/waivers.html", context)


@require_GET
@signed_in
def waiver(request: PageRequest, waiver_id: int) -> HttpResponse:
    """Show one waiver: what is waived, why, until when, who decided, and what happened to it."""
    return _page(request, waivers.find(waiver_id))


@require_POST
@signed_in
def act(request: PageRequest, waiver_id: int, verb: str) -> HttpResponse:
    """Approve, reject, withdraw or revoke."""
    if verb not in _DONE:
        raise NotFoundError("There is nothing at this address.")
    found = waivers.find(waiver_id)
    decision = request.POST.get("decision", "")
    verbs: dict[str, Callable[[], Waiver]] = {
        "approve": lambda: waivers.approve(request.actor, found, decision),
        "reject": lambda: waivers.reject(request.actor, found, decision),
        "withdraw": lambda: waivers.withdraw(request.actor, found),
        "revoke": lambda: waivers.revoke(request.actor, found, decision),
    }
    try:
        verbs[verb]()
    except InputError as refused:
        return _page(request, found, decision=decision, error=refused.message)
    except ConflictError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _DONE[verb])
    return redirect("web:conformance-waiver", waiver_id)


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: PageRequest) -> HttpResponse:
    """Ask for a waiver of a failing check: `service` and `check` in the address say which, `path` which place of it."""
    service = _service(request.GET.get("service", ""))
    if not request.actor.may_act_for(service.owner_ref):
        raise NotAllowedError(
            f"Only members of {service.owner_ref or 'the owning team'} ask for waivers of this service."
        )
    check_id = request.GET.get("check", "")[:63]
    if not check_id:
        failing = Verdict.objects.filter(service=service, standing="fail")
        return render(request, "conformance/waivers/choose.html", {"service": service, "failing": failing})
    verdict = waivers.failure(service, check_id)
    if request.method == "POST":
        return _ask(request, service, verdict)
    return _form(request, service, verdict)


def _ask(request: PageRequest, service: Service, verdict: Verdict) -> HttpResponse:
    sent = {name: request.POST.get(name, "") for name in ("path", "reason", "until")}
    try:
        made = waivers.request(
            request.actor, service, verdict.check_id, sent["path"], sent["reason"], _moment(sent["until"])
        )
    except InputError as refused:
        return _form(request, service, verdict, sent, refused)
    messages.success(request, "The waiver is asked for. Until somebody decides, the check goes on failing.")
    return redirect("web:conformance-waiver", made.pk)


def _form(
    request: PageRequest,
    service: Service,
    verdict: Verdict,
    sent: dict[str, str] | None = None,
    refused: InputError | None = None,
) -> HttpResponse:
    policy = policies.published()
    most = waivers.most_days(policy, verdict.level)
    today = timezone.now().date()
    usual = today + dt.timedelta(days=min(most, USUAL_DAYS))
    about = rule(verdict.check_id)
    context = {
        "service": service,
        "verdict": verdict,
        "rule": about,
        "fix": markdown(about.fix),
        "places": places_of(service, verdict),
        "paths": sorted({str(each["path"]) for each in verdict.evidence if each.get("path")}),
        "most": most,
        "first_day": today + dt.timedelta(days=1),
        "last_day": today + dt.timedelta(days=most),
        "sent": sent or {"path": request.GET.get("path", ""), "reason": "", "until": usual.isoformat()},
        "errors": _by_control(refused),
        "deciders": documents.APPROVERS[policy.document["waivers"]["approvers"]],
        "most_reason": waivers.MOST_REASON,
    }
    return render(request, "conformance/waivers/new.html", context, status=422 if refused else 200)


def _page(request: PageRequest, found: Waiver, *, decision: str = "", error: str = "") -> HttpResponse:
    service = found.service
    verdict = Verdict.objects.filter(service=service, check_id=found.check_id).first()
    is_open = found.status == WaiverStatus.REQUESTED
    policy = policies.published()
    context = {
        "waiver": found,
        "service": service,
        "rule": rule(found.check_id),
        "verdict": verdict,
        "places": places_of(service, verdict) if verdict else (),
        "events": waivers.history(found),
        "is_open": is_open,
        "may_decide": is_open and waivers.may_decide(request.actor, found),
        "may_withdraw": is_open and request.actor.user_ref == found.requester_ref,
        "may_revoke": found.status == WaiverStatus.APPROVED and waivers.may_revoke(request.actor, found),
        "deciders": documents.APPROVERS[policy.document["waivers"]["approvers"]],
        "decision": decision,
        "error": error,
        "most_reason": waivers.MOST_REASON,
    }
    return render(request, "conformance/waivers/waiver.html", context, status=422 if error else 200)


def _service(ref: str) -> Service:
    found = Service.objects.select_related("repository").filter(entity_ref=ref.lower()[:255]).first()
    if found is None:
        raise NotFoundError(
            "A waiver is asked for from a failing check on the page of a service. There is no such service."
        )
    return found


def _moment(until: str) -> dt.datetime:
    """Return the beginning of a day, in UTC."""
    try:
        day = dt.date.fromisoformat(until)
    except ValueError:
        problem = "Give the day on which the waiver ends, like 2026-12-24."
        raise InputError(problem, [FieldError(("expires_at",), problem)]) from None
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _by_control(refused: InputError | None) -> dict[str, str]:
    if refused is None:
        return {}
    names = {"expires_at": "until"}
    return {names.get(str(error.path[0]), str(error.path[0])): error.message for error in refused.fields}


def _values(column: str) -> list[str]:
    rows: QuerySet[Waiver, Any] = Waiver.objects.order_by(column).values_list(column, flat=True).distinct()
    return [value for value in rows if value]
