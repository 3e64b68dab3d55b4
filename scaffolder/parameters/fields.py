"""How a page of a form is shown: one FormField per question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scaffolder.parameters.effective import controlling_keys, effective_page
from scaffolder.parameters.pickers import CAPABILITY, SINGLE

_INPUT_TYPES = {"email": "email", "uri": "url", "date": "date"}
_MANY = 7
_YES_NO = ("Yes", "No")


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a choice: its value as it stands in a form, and what people read."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class FormField:
    """One question, ready for a template.

    `kind` names the control: text, textarea, number, checkbox, select, radio, checkboxes, name, entity, entities, tags,
    list, json or group (then `children` holds the parts). `value` is the answer as it stands in the control: text, or
    a tuple of texts. `is_controlling` says that another answer here changes what else is asked. `entity_filter` and
    `default_kind` are Backstage's `catalogFilter` and `defaultKind` for the pickers.
    """

    key: str
    path: tuple[str, ...]
    kind: str
    label: str
    schema: Mapping[str, Any]
    value: Any = ""
    description: str = ""
    help: str = ""
    placeholder: str = ""
    input_type: str = "text"
    choices: tuple[Choice, ...] = ()
    children: tuple[FormField, ...] = ()
    is_required: bool = False
    is_controlling: bool = False
    has_autofocus: bool = False
    is_disabled: bool = False
    is_readonly: bool = False
    picker: str = ""
    default_kind: str = ""
    entity_filter: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def name(self) -> str:
        """The control's name in the form: the path with dots."""
        return ".".join(self.path)

    @property
    def html_id(self) -> str:
        """The control's id on the page."""
        return "field-" + "-".join(self.path)


def form_fields(page: Mapping[str, Any], values: Mapping[str, Any]) -> list[FormField]:
    """Return the questions of `page` under the answers so far, in the order in which they are asked."""
    effective = effective_page(page, values)
    return _fields(effective, values, (), controlling_keys(page), _order(page))


def _fields(
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    path: tuple[str, ...],
    controlling: frozenset[str],
    order: Sequence[str],
) -> list[FormField]:
    required = schema.get("required", [])
    properties = schema.get("properties", {})
    return [
        _field((*path, key), _mapping(properties[key]), values, key in required, key in controlling)
        for key in _ordered(list(properties), order)
        if _mapping(properties[key]).get("ui:widget") != "hidden"
    ]


def _mapping(schema: Any) -> Mapping[str, Any]:
    return schema if isinstance(schema, Mapping) else {}


def _order(page: Mapping[str, Any]) -> list[str]:
    order = page.get("ui:order", [])
    return order if isinstance(order, list) else []


def _ordered(keys: list[str], order: Sequence[str]) -> list[str]:
    if not order:
        return keys
    rest = [key for key in keys if key not in order]
    before = list(order[: order.index("*")]) if "*" in order else list(order)
    after = list(order[order.index("*") + 1 :]) if "*" in order else []
    return [key for key in (*before, *rest, *after) if key in keys]


def _field(
    path: tuple[str, ...], schema: Mapping[str, Any], values: Mapping[str, Any], required: bool, controlling: bool
) -> FormField:
    key = path[-1]
    options = _mapping(schema.get("ui:options", {}))
    kind = control(schema)
    value = values.get(key, schema.get("default"))
    return FormField(
        key=key,
        path=path,
        kind=kind,
        label=str(schema.get("title") or schema.get("ui:title") or spoken(key)),
        schema=schema,
        value=shown(kind, value),
        description=str(schema.get("description", "")),
        help=str(schema.get("ui:help", "")),
        placeholder=str(schema.get("ui:placeholder", "")),
        input_type=_INPUT_TYPES.get(schema.get("format", ""), "text"),
        choices=choices(schema),
        children=tuple(_children(schema, value, path)) if kind == "group" else (),
        is_required=required and kind != "checkbox",
        is_controlling=controlling,
        has_autofocus=schema.get("ui:autofocus") is True,
        is_disabled=schema.get("ui:disabled") is True,
        is_readonly=schema.get("ui:readonly") is True,
        picker=str(schema.get("ui:field", "")),
        default_kind=str(options.get("defaultKind", "")),
        entity_filter=_entity_filter(schema, options),
    )


def _children(schema: Mapping[str, Any], value: Any, path: tuple[str, ...]) -> list[FormField]:
    below = _mapping(value)
    effective = effective_page(schema, below)
    return _fields(effective, below, path, controlling_keys(schema), _order(schema))


def control(schema: Mapping[str, Any]) -> str:
    """Return the kind of control that `schema` is shown with."""
    picker = schema.get("ui:field")
    if picker in SINGLE:
        return "entity"
    special = {
        "EntityNamePicker": "name",
        "EntityTagsPicker": "tags",
        "MultiEntityPicker": "entities",
        CAPABILITY: "checkbox",
    }
    if picker in special:
        return special[str(picker)]
    return _plain_control(schema, str(schema.get("ui:widget", "")))


def _plain_control(schema: Mapping[str, Any], widget: str) -> str:
    kind = main_type(schema)
    if kind == "object":
        return "group" if schema.get("properties") else "json"
    if kind == "array":
        return _array_control(schema, widget)
    if kind == "boolean" and widget not in {"radio", "select"}:
        return "checkbox"
    if "enum" in schema or kind == "boolean":
        return widget if widget in {"radio", "select"} else "select"
    if kind in {"integer", "number"}:
        return "number"
    return "textarea" if widget == "textarea" else "text"


def _array_control(schema: Mapping[str, Any], widget: str) -> str:
    items = _mapping(schema.get("items", {}))
    if "enum" in items:
        few = len(items["enum"]) <= _MANY or widget == "checkboxes"
        return "checkboxes" if few else "select-many"
    return "list" if main_type(items) == "string" else "json"


def main_type(schema: Mapping[str, Any]) -> str:
    """Return the JSON type that `schema` asks for; of several the first that is not null."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "string")
    if kind is None:
        kind = "object" if "properties" in schema else "string"
    return str(kind)


def choices(schema: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Return the options of an enum (of the items, for an array) with the names that the template gives them."""
    source = _mapping(schema.get("items", {})) if main_type(schema) == "array" else schema
    members = source.get("enum")
    if members is None:
        return _booleans(schema) if main_type(schema) == "boolean" else ()
    names = _names(schema) or _names(source)
    return tuple(
        Choice(plain(member), str(names[index]) if index < len(names) else plain(member) or "None")
        for index, member in enumerate(members)
    )


def _booleans(schema: Mapping[str, Any]) -> tuple[Choice, ...]:
    yes, no = (*_names(schema), *_YES_NO)[:2] if len(_names(schema)) == 2 else _YES_NO
    return (Choice("true", str(yes)), Choice("false", str(no)))


def _names(schema: Mapping[str, Any]) -> list[Any]:
    names = schema.get("enumNames", schema.get("ui:enumNames", []))
    return names if isinstance(names, list) else []


def plain(value: Any) -> str:
    """Return a JSON value as it stands in a control: text as it is, None as nothing, the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def shown(kind: str, value: Any) -> Any:
    """Return the answer as the control of `kind` holds it."""
    if kind in {"checkboxes", "select-many", "entities"}:
        return tuple(plain(item) for item in value) if isinstance(value, list) else ()
    if kind == "list":
        return "\n".join(plain(item) for item in value) if isinstance(value, list) else plain(value)
    if kind == "tags":
        return ", ".join(plain(item) for item in value) if isinstance(value, list) else plain(value)
    if kind == "json":
        return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)
    return plain(value)


def spoken(key: str) -> str:
    """Return a label made of a key: `modulePath` is "Module path"."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key).replace("_", " ")
    words = spaced.replace("-", " ").split()
    return " ".join(words).capitalize() or key


def _entity_filter(schema: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    given = options.get("catalogFilter")
    if isinstance(given, Mapping):
        return (given,)
    if isinstance(given, list):
        return tuple(item for item in given if isinstance(item, Mapping))
    allowed = options.get("allowedKinds")
    if allowed:
        return ({"kind": allowed},)
    return ({"kind": ["Group", "User"]},) if schema.get("ui:field") == "OwnerPicker" else ()
