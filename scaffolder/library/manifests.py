"""The YAML files of a library: their schemas and what they become."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from scaffolder.library.problems import Problem

API_VERSION = "goldpath.dev/v1alpha1"
TEMPLATE_API_VERSION = "scaffolder.backstage.io/v1beta3"
CLASSES = ("platform", "generated", "team")
_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9/-]*$", "maxLength": 63}
_GLOBS = {"type": "array", "items": {"type": "string", "minLength": 1}}
_NAMES = {"type": "array", "items": _NAME, "uniqueItems": True}


def _document(kind: str, spec: dict[str, Any], required: list[str], api_version: str = API_VERSION) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": api_version},
            "kind": {"const": kind},
            "metadata": {"type": "object", "required": ["name"], "properties": {"name": _NAME}},
            "spec": {"type": "object", "required": required, "properties": spec},
        },
    }


ROLES = ("api", "guard", "store", "cache", "observe", "other")
_PHRASE = {"type": "string", "minLength": 1, "maxLength": 120}
_LAYER_SPEC: dict[str, Any] = {
    "requires": _NAMES,
    "requiresAny": _NAMES,
    "conflicts": _NAMES,
    "brings": {"type": "array", "items": _PHRASE, "maxItems": 8},
    "architecture": {
        "type": "object",
        "required": ["role", "label"],
        "properties": {"role": {"enum": list(ROLES)}, "label": _PHRASE, "detail": _PHRASE},
        "additionalProperties": False,
    },
    "packages": _NAMES,
    "overrides": _GLOBS,
    "guards": _GLOBS,
    "verbatim": _GLOBS,
    "ownership": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["class", "paths"],
            "properties": {"class": {"enum": list(CLASSES)}, "paths": _GLOBS},
            "additionalProperties": False,
        },
    },
}
_STRICT_LAYER = _document("Layer", _LAYER_SPEC, [])
_STRICT_LAYER["properties"]["spec"]["additionalProperties"] = False
SCHEMAS: dict[str, dict[str, Any]] = {
    "Library": _document(
        "Library",
        {
            "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
            "owner": {"type": "string"},
            "modulePlaceholder": {"const": "goldpath.local/service"},
            "layers": _NAMES,
            "capabilities": _NAMES,
            "templates": {
                "type": "array",
                "items": {"type": "string", "pattern": "^services/[a-z][a-z0-9-]*/template[.]yaml$"},
                "uniqueItems": True,
            },
        },
        ["version", "owner", "layers", "capabilities", "templates"],
    ),
    "Layer": _STRICT_LAYER,
    "Template": _document(
        "Template",
        {
            "type": {"type": "string"},
            "owner": {"type": "string"},
            "parameters": {"type": ["array", "object"]},
            "steps": {"type": "array", "minItems": 1},
        },
        ["type", "steps"],
        TEMPLATE_API_VERSION,
    ),
}


@dataclass(frozen=True, slots=True)
class OwnershipRule:
    """Files that match `paths` are of this class."""

    owner_class: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a layer looks in the picture of a service: its role (one of ROLES), its name there, and what it is for."""

    role: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LayerManifest:
    """`manifest.yaml` of a layer: what it needs, brings and protects. Globs are as in .gitignore.

    `requires` come along with the layer; at least one of `requires_any` must be chosen with it; `brings` says in short
    phrases what people get.
    """

    name: str
    title: str = ""
    description: str = ""
    requires: tuple[str, ...] = ()
    requires_any: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    architecture: Architecture | None = None
    packages: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()
    ownership: tuple[OwnershipRule, ...] = ()


def read_document(path: Path, root: Path, kind: str, problems: list[Problem]) -> dict[str, Any] | None:
    """Return the YAML document at `path` when it is a valid `kind`; else add to `problems` and return None."""
    name = str(path.relative_to(root))
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(Problem(name, 0, "is missing"))
        return None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problems.append(Problem(name, mark.line + 1 if mark else 0, f"is not YAML: {getattr(error, 'problem', error)}"))
        return None
    errors = sorted(Draft202012Validator(SCHEMAS[kind]).iter_errors(document), key=lambda error: error.json_path)
    problems.extend(Problem(name, 0, f"{error.json_path}: {error.message}") for error in errors)
    return None if errors else document


def layer_manifest(document: dict[str, Any]) -> LayerManifest:
    """Return a validated Layer document as an object."""
    metadata, spec = document["metadata"], document.get("spec") or {}
    lists = {
        key: tuple(spec.get(key, ()))
        for key in ("requires", "conflicts", "brings", "packages", "overrides", "guards", "verbatim")
    }
    architecture = Architecture(**spec["architecture"]) if "architecture" in spec else None
    rules = tuple(OwnershipRule(rule["class"], tuple(rule["paths"])) for rule in spec.get("ownership", ()))
    return LayerManifest(
        name=metadata["name"],
        title=metadata.get("title", ""),
        description=metadata.get("description", ""),
        ownership=rules,
        requires_any=tuple(spec.get("requiresAny", ())),
        architecture=architecture,
        **lists,
    )
