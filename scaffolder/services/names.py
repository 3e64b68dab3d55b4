"""Whether a name is free, and whether answers may become a service."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

import catalog.services as catalog
from catalog.models import Entity
from catalog.refs import DEFAULT_NAMESPACE as NAMESPACE
from catalog.refs import make_ref, parse_ref
from portal.foundation.actors import Actor
from portal.foundation.errors import FieldError, InputError
from scaffolder import library as libraries
from scaffolder.choices import ACTIVE_RUN
from scaffolder.forges import forge
from scaffolder.models import Repository, Run


@dataclass(frozen=True, slots=True)
class NameStatus:
    """Whether a service may get a name; `reason` says, for people, why not."""

    free: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What the answers are about: the name that the run reserves, and who will own it."""

    namespace: str
    name: str
    owner_ref: str


def name_status(namespace: str, name: str, *, but: uuid.UUID | None = None) -> NameStatus:
    """Tell whether no active run, repository or component has the name; `but` is a run that does not count.

    What cannot be a name at all is not free either.
    """
    for impossible in _refused({"name": name}):
        return NameStatus(free=False, reason=impossible.message)
    runs = Run.objects.filter(target_namespace=namespace, target_name=name, status__in=ACTIVE_RUN)
    if but is not None:
        runs = runs.exclude(pk=but)
    if runs.exists():
        return NameStatus(free=False, reason=f"{name} is being created right now. Choose another name.")
    if Entity.objects.filter(ref=make_ref("Component", namespace, name)).exists():
        return NameStatus(free=False, reason=f"The catalog has a component called {name} already. Choose another name.")
    repositories = Repository.objects.filter(namespace=namespace, name=name)
    if but is not None:
        repositories = repositories.exclude(created_by=but)
    if repositories.exists() or (but is None and not _is_free_on_forge(namespace, name)):
        return NameStatus(free=False, reason=f"There is a repository called {name} already. Choose another name.")
    return NameStatus(free=True)


def refused_module(values: Mapping[str, Any]) -> list[FieldError]:
    """Return what stands against the Go module path that was chosen in `values`, if any was."""
    return _refused({"modulePath": values.get("modulePath")})


def preflight(values: Mapping[str, Any], actor: Actor) -> Target:
    """Return what the validated answers are about; what stands against them raises InputError, an error a field."""
    name = _text(values, "name")
    owner, errors = _owner(values, actor)
    errors = [*_name(name), *errors, *_system(values), *refused_module(values)]
    if errors:
        raise InputError(" ".join(error.message for error in errors), errors)
    return Target(NAMESPACE, name, owner)


def check_ownership(values: Mapping[str, Any], actor: Actor) -> None:
    """Check that the owner of stored answers is still a group that `actor` may act for, and that the system exists.

    Raises InputError, an error a field.
    """
    _, errors = _owner(values, actor)
    errors = [*errors, *_system(values)]
    if errors:
        raise InputError(" ".join(error.message for error in errors), errors)


def refusal(field: str, message: str, instance: Any) -> FieldError:
    """Return the error of one field that stands in the way of a run, though it fits the schema."""
    return FieldError((field,), message, keyword="goldpath", argument=field, instance=instance)


def _refused(values: Mapping[str, Any]) -> list[FieldError]:
    return list(libraries.refused_names(values, libraries.required_modules(libraries.default_root())))


def _name(name: str) -> list[FieldError]:
    status = name_status(NAMESPACE, name)
    return [] if status.free else [refusal("name", status.reason, name)]


def _owner(values: Mapping[str, Any], actor: Actor) -> tuple[str, list[FieldError]]:
    given = _text(values, "owner")
    ref = _ref(given, "group")
    if not ref.startswith("group:") or catalog.find(ref) is None:
        message = f"There is no group {given[:100]} in the catalog. Choose one of the teams there."
        return "", [refusal("owner", message, given)]
    if not actor.may_act_for(ref):
        return "", [refusal("owner", f"You are not a member of {ref}. Choose one of your own teams.", given)]
    return ref, []


def _system(values: Mapping[str, Any]) -> list[FieldError]:
    given = _text(values, "system", default="")
    if not given:
        return []
    ref = _ref(given, "system")
    if not ref.startswith("system:") or catalog.find(ref) is None:
        message = f"There is no system {given[:100]} in the catalog. Choose one of the systems there, or none."
        return [refusal("system", message, given)]
    return []


def _ref(text: str, kind: str) -> str:
    try:
        return str(parse_ref(text, kind=kind, namespace=NAMESPACE))
    except InputError:
        return ""


def _text(values: Mapping[str, Any], field: str, *, default: str | None = None) -> str:
    found = values.get(field, default)
    if not isinstance(found, str):
        raise InputError(f"{field}: a template must ask for this as text.", [refusal(field, "This is missing.", found)])
    return found


def _is_free_on_forge(namespace: str, name: str) -> bool:
    try:
        return forge(settings.GOLDPATH_FORGE).is_free(namespace, name)
    except InputError:
        return True
