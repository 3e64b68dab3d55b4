r"""JSON Schemas of the kinds, after Backstage's catalog model (packages/catalog-model/src/schema).

Patterns end in `\Z`, not `$`: in Python `$` also matches before a final newline.
"""

from __future__ import annotations

from typing import Any

from catalog.choices import Kind

Schema = dict[str, Any]

CORE_VERSIONS = ("backstage.io/v1alpha1", "backstage.io/v1beta1")
TEMPLATE_VERSIONS = ("scaffolder.backstage.io/v1beta3",)

NAME = r"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?\Z"
NAMESPACE = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z"
TAG = r"^[a-z0-9:+#]+(-[a-z0-9:+#]+)*\Z"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_SUBDOMAIN = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
ANNOTATION_KEY = rf"^({_SUBDOMAIN}/)?{_LABEL}\Z"

TEXT: Schema = {"type": "string", "minLength": 1}
TEXTS: Schema = {"type": "array", "items": TEXT}


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties}


def _keyed(value: Schema) -> Schema:
    key = {"pattern": ANNOTATION_KEY, "maxLength": 317}
    return {"type": "object", "propertyNames": key, "additionalProperties": value}


METADATA = _object(
    ("name",),
    name={"type": "string", "pattern": NAME, "maxLength": 63},
    namespace={"type": "string", "pattern": NAMESPACE, "maxLength": 63},
    title={"type": "string", "minLength": 1, "maxLength": 200},
    description={"type": "string"},
    labels=_keyed({"type": "string", "pattern": rf"^({_LABEL})?\Z"}),
    annotations=_keyed({"type": "string"}),
    tags={"type": "array", "items": {"type": "string", "pattern": TAG, "maxLength": 63}},
    links={"type": "array", "items": _object(("url",), url=TEXT, title=TEXT, icon=TEXT, type=TEXT)},
)
_PROFILE = _object((), displayName=TEXT, email=TEXT, picture=TEXT)
_KIND_OF_THING: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
_REMOTES: Schema = {"type": "array", "minItems": 1, "items": _object(("type", "url"), type=TEXT, url=TEXT)}

_API: Schema = {
    **_object(("type", "lifecycle", "owner"), type=_KIND_OF_THING, lifecycle=_KIND_OF_THING, owner=TEXT, system=TEXT),
    "if": {"properties": {"type": {"const": "mcp-server"}}},
    "then": {"required": ["remotes"], "properties": {"remotes": _REMOTES}},
    "else": {"required": ["definition"], "properties": {"definition": TEXT}},
}
_STEP: Schema = _object(("action",), id=TEXT, name=TEXT, action=TEXT, input={"type": "object"})
_OUTPUT = _object(
    (),
    links={"type": "array", "items": {"type": "object"}},
    text={"type": "array", "items": {"type": "object"}},
)

SPECS: dict[Kind, Schema] = {
    Kind.COMPONENT: _object(
        ("type", "lifecycle", "owner"),
        type=_KIND_OF_THING,
        lifecycle=_KIND_OF_THING,
        owner=TEXT,
        system=TEXT,
        subcomponentOf=TEXT,
        scaffoldedFrom=TEXT,
        providesApis=TEXTS,
        consumesApis=TEXTS,
        dependsOn=TEXTS,
        dependencyOf=TEXTS,
    ),
    Kind.API: _API,
    Kind.RESOURCE: _object(
        ("type", "owner"), type=_KIND_OF_THING, owner=TEXT, system=TEXT, dependsOn=TEXTS, dependencyOf=TEXTS
    ),
    Kind.SYSTEM: _object(("owner",), owner=TEXT, domain=TEXT, type=_KIND_OF_THING),
    Kind.DOMAIN: _object(("owner",), owner=TEXT, subdomainOf=TEXT, type=_KIND_OF_THING),
    Kind.GROUP: _object(
        ("type", "children"), type=_KIND_OF_THING, children=TEXTS, parent=TEXT, members=TEXTS, profile=_PROFILE
    ),
    Kind.USER: _object(("memberOf",), memberOf=TEXTS, profile=_PROFILE),
    Kind.LOCATION: _object(
        (), type=_KIND_OF_THING, target=TEXT, targets=TEXTS, presence={"enum": ["required", "optional"]}
    ),
    Kind.TEMPLATE: _object(
        ("type", "steps"),
        type=_KIND_OF_THING,
        lifecycle=_KIND_OF_THING,
        owner=TEXT,
        parameters={"type": ["object", "array"], "items": {"type": "object"}},
        steps={"type": "array", "items": _STEP},
        output=_OUTPUT,
    ),
}


def versions(kind: Kind) -> tuple[str, ...]:
    """Return the apiVersions in which entities of `kind` may be written."""
    return TEMPLATE_VERSIONS if kind == Kind.TEMPLATE else CORE_VERSIONS


def schema(kind: Kind) -> Schema:
    """Return the JSON Schema of an entity of `kind`, as its source may write it."""
    spec_is_optional = kind == Kind.LOCATION
    required = ["apiVersion", "kind", "metadata", *([] if spec_is_optional else ["spec"])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": required,
        "properties": {
            "apiVersion": {"enum": list(versions(kind))},
            "kind": {"const": kind.value},
            "metadata": METADATA,
            "spec": SPECS[kind],
        },
        "additionalProperties": False,
    }
