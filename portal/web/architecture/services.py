"""The pictures of services, made and to be made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.web.architecture.drawing import Views, draw
from portal.web.architecture.scene import scene
from scaffolder.capabilities import catalogue_of, choose, wanted
from scaffolder.models import Lineage, TemplateVersion


def picture_of_answers(template: TemplateVersion, values: Mapping[str, Any]) -> Views | None:
    """Return the picture of what the answers lead to; None for a template that offers no capabilities."""
    catalogue = catalogue_of(template)
    if not catalogue.asked:
        return None
    return draw(scene(catalogue, choose(catalogue, wanted(values)), str(values.get("name") or "")))


def picture_of_service(lineage: Lineage) -> Views | None:
    """Return the picture of a service as it was rendered; None as well when nobody has its library any more."""
    return picture_of_answers(lineage.template, lineage.answers)
