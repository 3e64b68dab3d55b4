"""One version of a template: who is on it, and who is behind it."""

from __future__ import annotations

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conformance.models import Service
from conformance.services.fleet import Group, groups, levels_of
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
    rows = groups(template=ref)
    here = [row for row in rows if row.template_version == version]
    if found is None and not here:
        raise NotFoundError(f"There is no version {version[:64]} of {namespace}/{name}.")
    levels = levels_of(here)
    older = Counter[str]()
    for row in rows:
        older[row.template_version] += row.services if row.behind > _behind(here, found) else 0
    on_it = Service.objects.filter(template_ref=ref, template_version=version).order_by(*WORST_FIRST)
    context = {
        "template": found,
        "ref": ref,
        "name": name,
        "version": version,
        "behind": _behind(here, found),
        "levels": shares(overview.level_parts(levels, template=ref, version=version)),
        "bars": next((bars for _, bars in overview.versions(rows, "")), []),
        "older": sum(older.values()),
        "href": listing(template=ref, version=version),
        "page": page_of(request, on_it),
        "query": address_without_page(request),
    }
    return render(request, "conformance/version.html", context)


def _behind(here: list[Group], found: TemplateVersion | None) -> int:
    """Return how many versions are newer; a version that nobody is on counts as the newest when it is the current."""
    return max((row.behind for row in here), default=0 if found and found.is_current else 1)
