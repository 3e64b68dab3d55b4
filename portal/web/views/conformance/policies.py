"""Policies: the versions, a draft's editor, what it would change, publishing and discarding."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from conformance import checks, documents
from conformance.choices import PolicyStatus
from conformance.examining.terms import Level
from conformance.exports.rules import rule
from conformance.models import Policy
from conformance.services import policies
from conformance.services.what_if import WhatIf, what_if
from portal.foundation.errors import ConflictError, FieldError, InputError
from portal.web.charts.flows import ORDER, flow
from portal.web.numbers import whole
from portal.web.people import PageRequest, signed_in
from portal.web.policy_forms import LEVELS, PolicyForm, counts_by_level

SHOWN_CHANGES = 100
SHOWN_CHECKS = 8


@require_http_methods(["GET", "POST"])
@signed_in
def listing(request: PageRequest) -> HttpResponse:
    """List the versions; a POST makes a draft from the published one."""
    current = policies.published()
    if request.method == "POST":
        draft = policies.create_draft(request.actor, _start(current.document))
        messages.success(request, f"Draft {draft.number} is made. It changes nothing until it is published.")
        return redirect("web:conformance-policy", draft.number)
    others = Policy.objects.exclude(pk=current.pk)
    context = {
        "current": current,
        "counts": counts_by_level(current.document),
        "days": documents.most_days(current.document),
        "approvers": documents.APPROVERS[current.document["waivers"]["approvers"]],
        "drafts": others.filter(status=PolicyStatus.DRAFT),
        "retired": others.filter(status=PolicyStatus.RETIRED),
        "new_checks": [checks.registry()[check] for check in documents.unmentioned(current.document)],
        "unsettled": policies.unsettled().count(),
        "may_change": policies.may_change(request.actor),
    }
    return render(request, "conformance/policies/policies.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def policy(request: PageRequest, number: int) -> HttpResponse:
    """Show a version as a table; a POST saves a draft."""
    found = policies.find(number)
    form = PolicyForm(found, policies.published())
    if request.method == "POST":
        return _save(request, form)
    return _table(request, form)


@require_http_methods(["GET", "POST"])
@signed_in
def as_json(request: PageRequest, number: int) -> HttpResponse:
    """Show a version as JSON; a POST saves a draft."""
    found = policies.find(number)
    context: dict[str, Any] = {"text": documents.shown(found.document), "note": found.note, "seen": found.digest}
    status = 200
    if request.method == "POST":
        context = {name: request.POST.get(name, "") for name in ("text", "note", "seen")}
        try:
            given = documents.parse(context["text"])
            policies.update_draft(request.actor, found, given, context["note"], seen=context["seen"])
        except InputError as refused:
            context["errors"] = _messages(refused)
            status = 422
        except ConflictError as refused:
            context["errors"] = [refused.message]
            status = refused.status
        else:
            messages.success(request, f"Draft {number} is saved.")
            return redirect("web:conformance-policy-json", number)
    return render(request, "conformance/policies/json.html", {**context, **_about(request, found)}, status=status)


@require_GET
@signed_in
def trial(request: PageRequest, number: int) -> HttpResponse:
    """Show who would rise and fall under a version."""
    found = policies.find(number)
    result = what_if(found)
    context = {**_about(request, found), **_outcome(result)}
    return render(request, "conformance/policies/what_if.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def publish(request: PageRequest, number: int) -> HttpResponse:
    """Ask once more, with what would change, and publish."""
    found = policies.find(number)
    if request.method == "POST":
        try:
            policies.publish(request.actor, found, over=whole(request.POST.get("over", ""), 0))
        except (ConflictError, InputError) as refused:
            messages.error(request, refused.message)
            return redirect("web:conformance-policy-what-if", number)
        messages.success(request, f"Version {number} holds now. The services are being restated.")
        return redirect("web:conformance-policies")
    _require_draft(request, found)
    context = {**_about(request, found), **_outcome(what_if(found))}
    return render(request, "conformance/policies/publish.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def discard(request: PageRequest, number: int) -> HttpResponse:
    """Ask once more, and delete a draft."""
    found = policies.find(number)
    if request.method == "POST":
        policies.discard(request.actor, found)
        messages.success(request, f"Draft {number} is discarded.")
        return redirect("web:conformance-policies")
    _require_draft(request, found)
    return render(request, "conformance/policies/discard.html", _about(request, found))


def _save(request: PageRequest, form: PolicyForm) -> HttpResponse:
    number = form.policy.number
    form.sent = request.POST
    try:
        policies.update_draft(
            request.actor, form.policy, form.document(), form.note(), seen=request.POST.get("seen", "")
        )
    except InputError as refused:
        form.errors = list(refused.fields) or [FieldError((), refused.message)]
        return _table(request, form, status=422)
    except ConflictError as refused:
        form.errors = [FieldError((), refused.message)]
        return _table(request, form, status=refused.status)
    messages.success(request, _said(request.POST))
    if request.POST.get("go") == "what-if":
        return redirect("web:conformance-policy-what-if", number)
    return redirect(f"{reverse('web:conformance-policy', args=[number])}{_anchor(request.POST)}")


def _said(sent: QueryDict) -> str:
    if sent.get("drop"):
        return "The exception is removed, and the draft saved."
    return "The exception is added, and the draft saved." if sent.get("go") == "except" else "The draft is saved."


def _anchor(sent: QueryDict) -> str:
    check = sent.get("drop", "").rpartition(":")[0]
    return f"#{check}" if check in checks.registry() else ""


def _table(request: PageRequest, form: PolicyForm, status: int = 200) -> HttpResponse:
    waiver_rules = form.waivers()
    context = {
        **_about(request, form.policy),
        "form": form,
        "refused": {error.path[-1] for error in form.errors if error.path},
        "seen": form.policy.digest if form.sent is None else form.sent.get("seen", ""),
        "levels": LEVELS,
        "days": waiver_rules["days"],
        "approvers": waiver_rules["approvers"],
        "approver_choices": documents.APPROVERS.items(),
    }
    return render(request, "conformance/policies/policy.html", context, status=status)


def _about(request: PageRequest, found: Policy) -> dict[str, Any]:
    may_change = policies.may_change(request.actor)
    is_draft = found.status == PolicyStatus.DRAFT
    return {
        "policy": found,
        "heading": f"{'Draft' if is_draft else 'Version'} {found.number}",
        "may_change": may_change,
        "is_draft": is_draft,
        "may_edit": may_change and is_draft,
    }


def _outcome(result: WhatIf) -> dict[str, Any]:
    return {
        "result": result,
        "picture": flow(result.moves),
        "level_rows": [_level_row(result, level) for level in ORDER],
        "falls": [(change, [rule(check) for check in change.checks]) for change in result.falls[:SHOWN_CHANGES]],
        "rises": [(change, [rule(check) for check in change.checks]) for change in result.rises[:SHOWN_CHANGES]],
        "behind_falls": _behind(result.behind_falls.most_common(SHOWN_CHECKS), result.fall_count),
        "behind_rises": _behind(result.behind_rises.most_common(SHOWN_CHECKS), result.rise_count),
        "shown": SHOWN_CHANGES,
    }


def _level_row(result: WhatIf, level: Level) -> dict[str, Any]:
    before, after = result.before[level], result.after[level]
    return {"level": level, "before": before, "after": after, "change": after - before}


def _behind(counts: list[tuple[str, int]], whole_count: int) -> list[dict[str, Any]]:
    return [{"rule": rule(check), "count": count, "of": max(1, whole_count)} for check, count in counts]


def _start(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a draft begins with: the document, without rules for checks that are gone."""
    rules = [each for each in document["rules"] if each["check"] in checks.registry()]
    return {**document, "rules": rules or documents.built_in()["rules"]}


def _require_draft(request: PageRequest, found: Policy) -> None:
    """Refuse what the service would refuse anyway, before asking whether it is really wanted."""
    if found.status != PolicyStatus.DRAFT:
        raise ConflictError(f"Version {found.number} is no draft any more.")
    policies.require_platform(request.actor)


def _messages(refused: InputError) -> list[str]:
    """Return what is wrong, a sentence each."""
    if not refused.fields:
        return [refused.message]
    return [f"{documents.place_of(error.path)}: {error.message}".lstrip(": ") for error in refused.fields]
