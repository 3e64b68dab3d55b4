"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.models import Entity
from conformance.models import Service
from portal.foundation.models import User
from portal.web.people import PageRequest, signed_in
from scaffolder.models import Run

_SHOWN = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this is and one clear thing to do; to people who are signed in, what is theirs."""
    if isinstance(request.user, User):
        return _own(request)
    return render(request, "home/home.html")


@signed_in
def _own(request: PageRequest) -> HttpResponse:
    owners = [*request.actor.groups, request.actor.user_ref]
    services = list(Entity.objects.of_kind("Component").owned_by(owners).order_by("-created_at")[:_SHOWN])
    scanned = Service.objects.filter(entity_ref__in=[each.ref for each in services], evaluated_at__isnull=False)
    context = {
        "services": services,
        "standing": {each.entity_ref: each for each in scanned},
        "runs": Run.objects.filter(actor_ref=request.actor.user_ref).select_related("template")[:_SHOWN],
        "drafts": request.user.drafts.select_related("template")[:3],
        "owners": owners,
    }
    return render(request, "home/home.html", context)
