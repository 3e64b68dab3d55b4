"""A form with everything that a template may ask."""

from __future__ import annotations

from typing import Any

PAGES: list[dict[str, Any]] = [
    {
        "title": "Service",
        "required": ["name"],
        "properties": {
            "name": {
                "title": "Name",
                "type": "string",
                "pattern": "^[a-z][a-z0-9-]{1,62}$",
                "maxLength": 63,
                "ui:field": "EntityNamePicker",
                "ui:autofocus": True,
                "ui:help": "Lower-case letters, digits and hyphens.",
            },
            "description": {"type": "string", "maxLength": 200, "default": ""},
            "notes": {"type": "string", "ui:widget": "textarea"},
        },
        "ui:order": ["name", "*", "description"],
    },
    {
        "title": "Ownership",
        "required": ["owner"],
        "properties": {
            "owner": {"type": "string", "ui:field": "OwnerPicker", "ui:options": {"catalogFilter": {"kind": "Group"}}},
            "lifecycle": {
                "type": "string",
                "enum": ["experimental", "production"],
                "enumNames": ["Trying out", "In production"],
                "default": "experimental",
                "ui:widget": "radio",
            },
            "tags": {"type": "array", "items": {"type": "string"}, "ui:field": "EntityTagsPicker"},
        },
    },
    {
        "title": "Options",
        "properties": {
            "postgres": {"type": "boolean", "default": False},
            "replicas": {"type": "integer", "minimum": 1, "maximum": 9},
            "regions": {"type": "array", "items": {"type": "string", "enum": ["eu", "us"]}, "uniqueItems": True},
        },
        "dependencies": {
            "postgres": {
                "oneOf": [
                    {"properties": {"postgres": {"const": False}}},
                    {
                        "properties": {
                            "postgres": {"const": True},
                            "database": {"type": "string", "default": "main", "minLength": 2},
                        },
                        "required": ["database"],
                    },
                ]
            },
            "replicas": ["regions"],
        },
        "if": {"properties": {"lifecycle": {"const": "production"}}, "required": ["lifecycle"]},
        "then": {"properties": {"pager": {"type": "string", "format": "email"}}, "required": ["pager"]},
        "else": {"properties": {"expires": {"type": "string", "format": "date"}}},
    },
]
GOOD = {"name": "ledger", "owner": "group:default/payments"}
