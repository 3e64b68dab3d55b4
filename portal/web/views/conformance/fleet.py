"""The first page of conformance: who needs help, and how the whole fleet stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.web.people import PageRequest, signed_in
from portal.web.views.conformance.overview import overview

if TYPE_CHECKING:
    from portal.web.demo.services import Progress

_DEMO_SERVICES = 20


@require_GET
@signed_in
def fleet(request: PageRequest) -> HttpResponse:
    """Show who needs help first, levels, trend, drift, worst checks, versions and teams: three queries of its own."""
    context = overview()
    return render(request, "conformance/fleet.html", {**context, "demo": _demo(context["total"])})


def _demo(total: int) -> Progress | None:
    """Return how far the demo services are, while they are being made; a real fleet is not asked for them."""
    if not settings.GOLDPATH_DEMO or total > _DEMO_SERVICES:
        return None
    from portal.web.demo.services import progress  # late: an installation without a demo never needs it

    return progress()
