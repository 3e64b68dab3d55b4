"""Entities of the catalog's tests."""

from __future__ import annotations

from typing import Any

from catalog.models import Entity
from catalog.services import upsert_entities

HERE = "url:https://git.example/here"


def document(kind: str, name: str, spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """Return a valid entity of `kind`; `spec` is added to the least that the kind needs."""
    least: dict[str, dict[str, Any]] = {
        "Component": {"type": "service", "lifecycle": "production", "owner": "payments"},
        "API": {"type": "openapi", "lifecycle": "production", "owner": "payments", "definition": "openapi: 3.0.3"},
        "Resource": {"type": "database", "owner": "payments"},
        "System": {"owner": "payments"},
        "Domain": {"owner": "payments"},
        "Group": {"type": "team", "children": []},
        "User": {"memberOf": []},
        "Location": {},
        "Template": {"type": "service", "steps": [{"action": "debug:log"}]},
    }
    is_template = kind == "Template"
    return {
        "apiVersion": "scaffolder.backstage.io/v1beta3" if is_template else "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": {**least.get(kind, {}), **(spec or {})},
    }


def component(name: str, spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """Return a valid Component."""
    return document("Component", name, spec, **metadata)


def put(*documents: dict[str, Any], location: str = HERE) -> list[Entity]:
    """Make the catalog hold `documents` for `location`."""
    return upsert_entities(documents, location=location)


def service(name: str) -> list[dict[str, Any]]:
    """Return the two entities that a new service registers."""
    spec = {"system": "checkout", "providesApis": [name]}
    return [component(name, spec, tags=["go", "rest"]), document("API", name, {"system": "checkout"})]
