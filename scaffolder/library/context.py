"""The context that templates are rendered with: everything a template may use, all of it text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings

from portal.foundation.errors import FieldError, InputError
from scaffolder.library.naming import MODULE, NAME, module_problem, name_problem, overlap_problem

REF = re.compile(r"(?:[A-Za-z]+:)?(?:[A-Za-z0-9._-]+/)?[A-Za-z0-9._-]+")
LONGEST = 4000
KEYS = (
    "name",
    "title",
    "description",
    "namespace",
    "owner",
    "owner_team",
    "codeowner",
    "system",
    "lifecycle",
    "module",
    "logger",
    "repository_url",
    "repository_slug",
    "template",
    "template_version",
)


def render_context(
    template: tuple[str, str],
    values: Mapping[str, Any],
    *,
    capabilities: Iterable[str],
    chosen: Iterable[str],
    repository_url: str,
    repository_slug: str,
) -> dict[str, str]:
    """Return the context for `values`, the validated answers.

    `template` is its reference and version; `capabilities` are all that the library knows, `chosen` those that are
    on. A value that cannot stand in a template raises InputError by its field.
    """
    name = _matching("name", values.get("name"), NAME)
    owner = _matching("owner", values.get("owner"), REF)
    module = values.get("modulePath") or _default_module(name)
    team = _last_part(owner)
    on = set(chosen)
    context = {
        "name": name,
        "title": " ".join(word.capitalize() for word in name.split("-")),
        "description": _line("description", values.get("description", "")),
        "namespace": repository_slug.partition("/")[0],
        "owner": owner,
        "owner_team": team,
        "codeowner": f"@{settings.GOLDPATH_CODEOWNERS_ORG}/{team}",
        "system": _last_part(_matching("system", values["system"], REF)) if values.get("system") else "",
        "lifecycle": _line("lifecycle", values.get("lifecycle", "experimental")),
        "module": _matching("modulePath", module, MODULE),
        "logger": _line("logger", values.get("logger", "logrus")),
        "repository_url": repository_url,
        "repository_slug": repository_slug,
        "template": template[0],
        "template_version": template[1],
    }
    return {**context, **{capability: "yes" if capability in on else "no" for capability in capabilities}}


def refused_names(values: Mapping[str, Any], required: Iterable[str]) -> Iterator[FieldError]:
    """Yield what stands against the name and the module path of a service, by the field that has to change.

    A module path that was not chosen follows from the name. `required` are the Go modules that services may require.
    """
    name, module = values.get("name"), values.get("modulePath")
    if isinstance(name, str):
        reason = name_problem(name) or overlap_problem(_default_module(name), required)
        if reason:
            yield FieldError(("name",), reason, "goldpath", "name", name)
    if isinstance(module, str) and module:
        reason = module_problem(module, required)
        if reason:
            yield FieldError(("modulePath",), reason, "goldpath", "modulePath", module)


def _default_module(name: str) -> str:
    return f"{settings.GOLDPATH_MODULE_PREFIX}/{name}"


def _matching(key: str, value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value) or len(value) > LONGEST:
        raise _refused(key, value, "has characters that cannot be used there")
    return value


def _line(key: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise _refused(key, value, f"must be text of at most {LONGEST} characters")
    text = " ".join(value.split())
    if not text.isprintable():
        raise _refused(key, value, "holds control characters")
    return text


def _refused(key: str, value: Any, why: str) -> InputError:
    shown = value if isinstance(value, str) and len(value) <= 100 else None
    return InputError(f"{key} {why}.", [FieldError((key,), f"{key} {why}", instance=shown)])


def _last_part(ref: str) -> str:
    return ref.rpartition("/")[2].rpartition(":")[2]
