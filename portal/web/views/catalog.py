"""The catalog: what exists, and one thing of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from catalog.choices import Kind
from catalog.models import Entity
from catalog.services import find, relations_graph
from conformance.models import Service
from portal.foundation.actors import Actor
from portal.foundation.errors import NotFoundError
from portal.web.architecture import picture_of_service
from portal.web.paging import address_without_page, page_of
from portal.web.people import PageRequest, signed_in
from portal.web.pictures import draw
from portal.web.prose import safe_link
from portal.web.readme import readme_of
from portal.web.sources import lines
from scaffolder.models import Lineage, Run

_FILTERS = ("type", "owner", "lifecycle")


@require_GET
@signed_in
def catalog(request: PageRequest) -> HttpResponse:
    """List entities by the filters in the address: kind, type, owner, lifecycle, text."""
    kind = request.GET.get("kind", "component")
    chosen = {name: request.GET.get(name, "")[:255] for name in _FILTERS}
    text = request.GET.get("text", "")[:200]
    found = Entity.objects.listed(kind=kind, text=text, **chosen).order_by("title", "name", "ref")
    context = {
        "page": page_of(request, found),
        "query": address_without_page(request),
        "kinds": [(each.value.lower(), each.label) for each in Kind],
        "kind": kind.lower(),
        "text": text,
        "chosen": chosen,
        "is_filtered": bool(text) or any(chosen.values()),
        "options": _options(kind),
    }
    return render(request, "catalog/catalog.html", context)


@require_GET
@signed_in
def entity(request: PageRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    """Show one entity: what it is, whose it is, what it relates to, where it came from."""
    found = find(f"{kind}:{namespace}/{name}")
    if found is None:
        raise NotFoundError(f"The catalog has no {kind} called {name}.")
    graph = relations_graph(found)
    lineage = Lineage.objects.filter(entity_ref=found.ref).select_related("repository", "template").first()
    context = {
        "entity": found,
        "picture": draw(graph),
        "graph": graph,
        "links": _links(found),
        "definition": _definition(found),
        **_origin(lineage, request.actor),
    }
    return render(request, "catalog/entity.html", context)


def _options(kind: str) -> dict[str, list[str]]:
    """Return the values that each filter offers for a kind, in one query."""
    rows = set(Entity.objects.of_kind(kind).order_by().values_list("type", "owner_ref", "lifecycle").distinct())
    return {name: sorted({row[index] for row in rows} - {""}) for index, name in enumerate(_FILTERS)}


def _links(found: Entity) -> list[dict[str, str]]:
    given = found.metadata.get("links", [])
    links = [(safe_link(str(link.get("url", ""))), link) for link in given if isinstance(link, dict)]
    return [{"url": url, "title": str(link.get("title") or url)} for url, link in links if url]


def _definition(found: Entity) -> list[Any]:
    text = found.spec.get("definition")
    return lines("definition.yaml", text.encode()) if isinstance(text, str) else []


def _origin(lineage: Lineage | None, actor: Actor) -> dict[str, Any]:
    if lineage is None:
        return {}
    slug = lineage.repository.slug
    run = Run.objects.visible_to(actor).filter(lineages=lineage).first()
    return {
        "lineage": lineage,
        "views": picture_of_service(lineage),
        "standing": Service.objects.filter(entity_ref=lineage.entity_ref).first(),
        "run": run,
        "readme": readme_of(lineage.repository),
        "clone": f"git clone {settings.GOLDPATH_BASE_URL}/git/{slug}.git",
    }
