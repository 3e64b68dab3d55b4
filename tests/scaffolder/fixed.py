"""A template that does not change with the library: for golden answers and for tests that do not render."""

from __future__ import annotations

from typing import Any

from scaffolder.models import TemplateVersion

REF = "template:default/fixed"
PAGES: list[dict[str, Any]] = [
    {
        "title": "Service",
        "required": ["name", "description"],
        "properties": {
            "name": {
                "title": "Name",
                "type": "string",
                "pattern": "^[a-z](?:[a-z0-9]|-(?!-))*[a-z0-9]$",
                "maxLength": 63,
                "ui:field": "EntityNamePicker",
            },
            "description": {"title": "Description", "type": "string", "maxLength": 200},
        },
    },
    {
        "title": "Ownership",
        "description": "Who answers for it.",
        "required": ["owner"],
        "properties": {
            "owner": {"title": "Owner", "type": "string", "ui:field": "OwnerPicker"},
            "system": {"title": "System", "type": "string", "ui:field": "EntityPicker"},
            "lifecycle": {"type": "string", "enum": ["experimental", "production"], "default": "experimental"},
        },
    },
]
MANIFEST: dict[str, Any] = {
    "apiVersion": "scaffolder.backstage.io/v1beta3",
    "kind": "Template",
    "metadata": {"name": "fixed", "title": "Fixed", "description": "Never changes", "tags": ["go"]},
    "spec": {
        "type": "service",
        "owner": "group:default/platform",
        "parameters": PAGES,
        "steps": [
            {
                "id": "render",
                "name": "Render it",
                "action": "goldpath:render",
                "input": {"values": "${{ parameters }}"},
            },
            {
                "id": "publish",
                "name": "Publish it",
                "action": "publish:local",
                "if": "${{ parameters.name }}",
                "input": {"name": "${{ parameters.name }}", "owner": "${{ parameters.owner }}"},
            },
        ],
        "output": {"links": [{"title": "Repository", "url": "${{ steps.publish.output.remoteUrl }}"}]},
    },
}


def fixed_template() -> TemplateVersion:
    """Store the template."""
    return TemplateVersion.objects.create(
        ref=REF, version="1.0.0", digest="sha256:1", library="test", manifest=MANIFEST
    )
