"""One version of a template: who is on it, and who is behind it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conformance.models import Service
from conformance.services.fleet import levels_on, versions_of
from portal.foundation.errors import NotFoundError
from portal.web.charts.shares import shares
from portal.web.paging import address_without_page, page_of
from portal.web.people import PageRequest, signed_in
from portal.web.views.conformance import overview
from portal.web.views.conformance.addresses import listing
from portal.web.views.conformance.listing import WORST_FIRST
from scaffolder.models import TemplateVersion


@require_GET
@signed_in
def version(request: PageRequest, namespace: str, name: str, version: str) -> HttpResponse:
    """Show one version of a template: its services, their levels, and which services are on older ones."""
    ref = f"template:{namespace}/{name}".lower()
    found = TemplateVersion.objects.filter(ref=ref, version=version).order_by("-is_current", "-pk").first()
    used = versions_of(ref)
    here = next((each for each in used if each.version == version), None)
    if found is None and here is None:
        raise NotFoundError(f"There is no version {version[:64]} of {namespace}/{name}.")
    behind = here.behind if here else int(found is not None and not found.is_current)
    on_it = Service.objects.filter(template_ref=ref, template_version=version).order_by(*WORST_FIRST)
    context = {
        "template": found,
        "ref": ref,
        "name": name,
        "version": version,
        "behind": behind,
        "levels": shares(overview.level_parts(levels_on(ref, version), template=ref, version=version)),
        "bars": next((bars for _, bars in overview.versions(used)), []),
        "older": sum(each.services for each in used if each.behind > behind),
        "href": listing(template=ref, version=version),
        "page": page_of(request, on_it),
        "query": address_without_page(request),
    }
    return render(request, "conformance/version.html", context)
