"""One service: its level and what is missing, every check with its evidence, drift, waivers, history; scan now."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from conformance.examining.terms import Level
from conformance.models import DriftedFile, Evaluation, Service, Waiver
from conformance.services.scans import request_scan
from portal.foundation.errors import NotAllowedError, NotFoundError
from portal.web.charts import history as histories
from portal.web.people import PageRequest, signed_in
from portal.web.views.conformance import detail
from portal.web.views.conformance.addresses import team_page, version_page

POLL_ENDED = 286
_FRESH = dt.timedelta(minutes=1)
_EVALUATIONS = 200
_SHOWN = 12
_FILES = 300


@require_GET
@signed_in
def service(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Show one service."""
    found = find(namespace, name)
    return render(request, "conformance/service.html", _context(request, found))


@require_GET
@signed_in
def state(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Answer the page that waits for a scan: how far it is, or the result, which ends the asking."""
    found = find(namespace, name)
    if is_under_way(found):
        return render(request, "conformance/service/poller.html", _scan_state(found))
    return render(request, "conformance/service/live.html", _context(request, found), status=POLL_ENDED)


@require_POST
@signed_in
def scan(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Ask for a scan; only who may act for the owner may."""
    found = find(namespace, name)
    if not request.actor.may_act_for(found.owner_ref):
        raise NotAllowedError(f"Only members of {found.owner_ref} and platform engineers ask for scans of {name}.")
    if is_under_way(found):
        messages.info(request, "A scan was already asked for; its result will appear here.")
    else:
        request_scan(found)
    return redirect("web:conformance-service", namespace, name)


def find(namespace: str, name: str) -> Service:
    """Return a service with its repository; NotFoundError when there is none."""
    rows = Service.objects.select_related("repository")
    found = rows.filter(entity_ref=f"component:{namespace}/{name}".lower()).first()
    if found is None:
        raise NotFoundError(f"No service {namespace}/{name} came from a template of this portal.")
    return found


def is_under_way(found: Service) -> bool:
    """Tell whether a scan was asked for that has not been served."""
    asked, served = found.scan_requested_at, found.scanned_request
    return asked is not None and (served is None or asked > served)


def _scan_state(found: Service) -> dict[str, Any]:
    expires = found.lease_expires_at
    is_held = found.lease_holder is not None and expires is not None and expires > timezone.now()
    looks = [moment for moment in (found.evaluated_at, found.scanned_request) if moment is not None]
    return {
        "service": found,
        "is_under_way": is_under_way(found),
        "is_running": is_held,
        "looked_at": max(looks, default=None),
        "is_fresh": found.scanned_request is not None and timezone.now() - found.scanned_request < _FRESH,
    }


def _context(request: PageRequest, found: Service) -> dict[str, Any]:
    stages = detail.stages(found, detail.verdicts_of(found))
    following = next((stage for stage in stages if stage.is_next), None)
    return {
        **_scan_state(found),
        "may_scan": request.actor.may_act_for(found.owner_ref),
        "stages": stages,
        "stages_any": any(stage.rows for stage in stages),
        "next": following,
        "missing": detail.missing(stages),
        "files": DriftedFile.objects.filter(service=found)[:_FILES],
        "waivers": Waiver.objects.filter(service=found)[:_SHOWN],
        "team_href": team_page(found.owner_ref),
        "version_href": version_page(found.template_ref, found.template_version),
        **_history(found),
        **_badge(found),
    }


def _history(found: Service) -> dict[str, Any]:
    rows = Evaluation.objects.filter(service=found).values(
        "at", "level", "previous_level", "is_level_change", "score", "commit", "departed", "policy__number"
    )
    newest = list(rows[:_EVALUATIONS])
    moments = [histories.Moment(row["at"], Level(row["level"]), row["score"]) for row in reversed(newest)]
    return {
        "history": histories.history(moments, now=timezone.now()),
        "evaluations": newest[:_SHOWN],
        "policy_number": newest[0]["policy__number"] if newest else None,
    }


def _badge(found: Service) -> dict[str, str]:
    base = settings.GOLDPATH_BASE_URL
    image = reverse("web:badge", args=[found.namespace, found.name])
    page = reverse("web:conformance-service", args=[found.namespace, found.name])
    return {"badge": image, "badge_markdown": f"[![Goldpath]({base}{image})]({base}{page})"}
