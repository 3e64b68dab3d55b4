"""Templates: registered from the library, found by reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from django.db import transaction

import catalog.services as catalog
from catalog.refs import parse_ref
from portal.foundation.errors import InputError, NotFoundError
from scaffolder import library, parameters
from scaffolder.actions import registry
from scaffolder.engine import expressions
from scaffolder.models import TemplateVersion

_STEP_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")
_STEP_NAME = 200


def find_template(ref: str) -> TemplateVersion:
    """Return the current version of a template by its reference (`template:default/x`, or a short form of it).

    Raises NotFoundError when the library has no such template (any more).
    """
    try:
        full = str(parse_ref(ref, kind="template"))
    except InputError:
        raise NotFoundError(f"There is no template {ref[:100]}.") from None
    found = TemplateVersion.objects.current().filter(ref=full).first()
    if found is None:
        raise NotFoundError(f"There is no template {full[:200]}.")
    return found


def register_templates() -> list[TemplateVersion]:
    """Make the library's templates the current ones, in the database and in the catalog, and return them.

    A version is a reference, a version number and a digest: the same again changes nothing. Runs keep the version that
    they were started with. Raises InputError with everything that is wrong with a template; then nothing changed.
    """
    loaded = library.load()
    for ref, template in loaded.templates.items():
        _refuse_broken(ref, template.manifest, loaded.capabilities)
    with transaction.atomic():
        versions = [
            _register(ref, deepcopy(dict(template.manifest)), loaded.version, loaded.digest, loaded.name)
            for ref, template in sorted(loaded.templates.items())
        ]
        gone = TemplateVersion.objects.current().filter(library=loaded.name)
        gone.exclude(pk__in=[version.pk for version in versions]).update(is_current=False)
        documents = [version.manifest for version in versions]
        catalog.upsert_entities(documents, location=f"url:goldpath/templates/{loaded.name}")
    return versions


def same_template(entity: Mapping[str, Any]) -> TemplateVersion:
    """Return the registered template that a full `Template` entity is; one that differs raises InputError."""
    metadata = entity.get("metadata")
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        raise InputError("The template has no metadata.name: send a whole Template entity, or its reference.")
    namespace = metadata.get("namespace") or "default"
    found = find_template(f"template:{namespace}/{metadata['name']}")
    if entity.get("spec") != found.manifest["spec"]:
        raise InputError(
            f"The spec of {found.ref} differs from the registered template. Goldpath runs only templates of its "
            "library: change the template there, or send the template as it is registered."
        )
    return found


def _register(ref: str, manifest: dict[str, Any], version: str, digest: str, name: str) -> TemplateVersion:
    fields = {"library": name, "manifest": manifest, "is_current": False}
    row, _ = TemplateVersion.objects.get_or_create(ref=ref, version=version, digest=digest, defaults=fields)
    if not row.is_current:
        TemplateVersion.objects.filter(ref=ref, is_current=True).update(is_current=False)
        TemplateVersion.objects.filter(pk=row.pk).update(is_current=True)
        row.is_current = True
    return row


def _refuse_broken(ref: str, manifest: Mapping[str, Any], capabilities: Sequence[str]) -> None:
    found = problems(manifest, capabilities)
    if found:
        raise InputError(f"The template {ref} cannot be registered: {'; '.join(found)}.")


def problems(manifest: Mapping[str, Any], capabilities: Sequence[str]) -> list[str]:
    """Return what is wrong with the parameters, steps and output of a template's manifest.

    `capabilities` are those of its library, which its CapabilityPickers may ask for.
    """
    spec = manifest.get("spec", {})
    pages = spec.get("parameters", [])
    pages = pages if isinstance(pages, list) else [pages]
    found = [f"{problem.path}: {problem.message}" for problem in parameters.lint(pages) if problem.is_error]
    unknown = [key for key in parameters.capability_questions(pages) if key not in capabilities]
    found += [f"{key}: the library has no capability of this name" for key in unknown]
    steps = spec.get("steps") or []
    if not steps:
        found.append("it has no steps")
    seen: set[str] = set()
    for step in steps:
        found += _step_problems(step, frozenset(seen))
        seen.add(str(step.get("id")))
    return found + expressions.problems(spec.get("output", {}), frozenset(seen))


def _step_problems(step: Mapping[str, Any], earlier: frozenset[str]) -> list[str]:
    key = step.get("id")
    if not isinstance(key, str) or not _STEP_ID.fullmatch(key):
        return [f"a step has no id, or one of other than letters, digits, hyphens and underscores: {key!r}"]
    found = [f"step {key}: {problem}" for problem in expressions.problems(step.get("input", {}), earlier)]
    found += [f"step {key}: {problem}" for problem in expressions.problems(step.get("if"), earlier)]
    if key in earlier:
        found.append(f"two steps are called {key}")
    if not registry.is_known(str(step.get("action"))):
        found.append(f"step {key}: there is no action {step.get('action')}")
    if len(str(step.get("name") or "")) > _STEP_NAME:
        found.append(f"step {key}: its name is longer than {_STEP_NAME} characters")
    if "each" in step:
        found.append(f"step {key}: each is not supported")
    return found
