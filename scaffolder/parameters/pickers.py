"""Form fields with a name of their own, Backstage's and ours, and the rules for their values.

Backstage's know the catalog. A `CapabilityPicker` is a yes-or-no question named as a capability of the library; all of
a page stand in one checklist. Backstage, which does not know it, shows a plain box.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ENTITY_NAME = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
ENTITY_REF = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9]*:)?(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*/)?[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*"
)
TAG = re.compile(r"[a-z0-9+#]+(?:-[a-z0-9+#]+)*")
SINGLE = frozenset({"OwnerPicker", "EntityPicker", "OwnedEntityPicker", "MyGroupsPicker"})
ENTITIES = SINGLE | {"MultiEntityPicker"}
CAPABILITY = "CapabilityPicker"
KNOWN = ENTITIES | {"EntityNamePicker", "EntityTagsPicker", CAPABILITY}
REFUSED = {
    "Secret": "asks for a secret; secrets never go through a form here",
    "RepoUrlPicker": "picks a repository on a foreign host; Goldpath makes the repository itself",
    "RepoBranchPicker": "picks a branch on a foreign host; Goldpath makes the repository itself",
    "RepoOwnerPicker": "picks an owner on a foreign host; use OwnerPicker",
}


def picker_problem(schema: Mapping[str, Any], value: Any) -> str:
    """Return why `value` cannot come from the picker that `schema` names, or ""."""
    picker = schema.get("ui:field")
    if picker == "EntityNamePicker":
        return _name(value)
    if picker in SINGLE:
        return _reference(value)
    if picker == "MultiEntityPicker":
        return next(filter(None, map(_reference, _list(value))), "")
    if picker == "EntityTagsPicker":
        return next(filter(None, map(_tag, _list(value))), "")
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _name(value: Any) -> str:
    if isinstance(value, str) and len(value) <= 63 and ENTITY_NAME.fullmatch(value):
        return ""
    return "Use 1 to 63 letters and digits, with single - _ or . between them."


def _reference(value: Any) -> str:
    if isinstance(value, str) and len(value) <= 255 and ENTITY_REF.fullmatch(value):
        return ""
    return "Name an entity of the catalog, like group:default/payments."


def _tag(value: Any) -> str:
    if isinstance(value, str) and len(value) <= 63 and TAG.fullmatch(value):
        return ""
    return "Tags are lower-case letters, digits, + and #, with single - between them."
