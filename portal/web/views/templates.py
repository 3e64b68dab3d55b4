"""Templates: which there are, what they are made of, what they ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.web.checklist import titled
from portal.web.people import PageRequest, signed_in
from scaffolder import library, parameters
from scaffolder.capabilities import Catalogue, catalogue_of
from scaffolder.library import Layer, LibraryError
from scaffolder.models import TemplateVersion
from scaffolder.parameters import FormField
from scaffolder.services import find_template


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a template, as its page lists it."""

    page: str
    field: FormField
    is_conditional: bool


@require_GET
@signed_in
def templates(request: PageRequest) -> HttpResponse:
    """List the current version of every template."""
    found = TemplateVersion.objects.current().order_by("ref")
    return render(request, "templates/templates.html", {"templates": found})


@require_GET
@signed_in
def template(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Show one template: layers, versions, questions, steps, and what the lint says."""
    found = find_template(f"template:{namespace}/{name}")
    context = {
        "template": found,
        "versions": TemplateVersion.objects.filter(ref=found.ref).order_by("-registered_at")[:10],
        "questions": [question for page in found.pages for question in _questions(page, catalogue_of(found))],
        "problems": parameters.lint(found.pages),
        "layers": _layers(found),
        "steps": found.manifest["spec"].get("steps", []),
    }
    return render(request, "templates/template.html", context)


def _questions(page: dict[str, Any], catalogue: Catalogue) -> list[Question]:
    possible = parameters.possible_properties(page)
    always = page.get("properties", {})
    flat = {"properties": possible, "required": page.get("required", []), "ui:order": page.get("ui:order", [])}
    title = str(page.get("title", ""))
    fields = [titled(each, catalogue) for each in parameters.form_fields(flat, {})]
    return [Question(title, each, each.key not in always) for each in fields]


def _layers(found: TemplateVersion) -> list[tuple[Layer, str]]:
    """Return the layers that a service of this template may be made of, with when they are in it."""
    try:
        loaded = library.load()
    except LibraryError:
        return []
    own = loaded.templates.get(found.ref)
    if own is None:
        return []
    shared = [(layer, _when(layer)) for layer in loaded.layers if not layer.name.startswith("services/")]
    return [*shared, (own.layer, "always")]


def _when(layer: Layer) -> str:
    return f"when {layer.capability} is chosen" if layer.capability else "always"
