"""Whether answers fit what a template asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jsonschema.exceptions import ValidationError

from portal.foundation.errors import FieldError, InputError
from scaffolder.parameters.effective import effective_page, possible_properties
from scaffolder.parameters.linting import refuse_unusable
from scaffolder.parameters.pickers import picker_problem
from scaffolder.parameters.safety import unsafe
from scaffolder.parameters.schema import validator
from scaffolder.parameters.wording import sentence

_ROUNDS = 8
Page = Mapping[str, Any]


def validate(pages: Sequence[Page], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that a run may use: `values`, with defaults, checked against every page.

    Each page is checked by itself against all values (draft 7). Refused with one FieldError per value: what does not
    fit, keys that no page knows, control characters, values beyond the limits of `safety`. Answers to questions that
    these values do not bring up (Backstage's form still sends them) are left out. Text with template syntax is data
    and passes. A template whose own schema cannot be used raises InputError too.
    """
    refuse_unusable(pages)
    if not isinstance(values, Mapping):
        raise InputError("The values must be an object.", [FieldError((), "This must be an object.", "type", "object")])
    _raise(unsafe(values, _multiline(pages)))
    _raise(list(_unknown(pages, values)))
    answers = relevant(pages, values)
    _raise([error for page in pages for error in check_page(page, answers)])
    return answers


def relevant(pages: Sequence[Page], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` with defaults filled in, without answers to questions that they do not bring up.

    A default may bring up a further question, and leaving an answer out may take one away: repeated until stable.
    """
    answers = dict(values)
    for _ in range(_ROUNDS):
        asked = _asked(pages, answers)
        kept = {key: value for key, value in answers.items() if key in asked}
        filled = {**_defaults(asked, kept), **kept}
        if filled == answers:
            break
        answers = filled
    return {key: answers[key] for key in sorted(answers)}


def check_page(page: Page, values: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with `values` on this page alone; keys of other pages are not its business."""
    own = {key: values[key] for key in possible_properties(page) if key in values}
    errors = unsafe(own, _multiline([page]))
    if errors:
        return errors
    effective = effective_page(page, values)
    errors = [_field_error(error) for error in _ordered(effective, values)]
    errors += list(_picker_errors(effective, values, {error.path for error in errors}))
    if errors:
        return errors
    return [_field_error(error) for error in _ordered(page, values)]


def _ordered(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[ValidationError]:
    order = list(schema.get("properties", {}))

    def place(error: ValidationError) -> tuple[int, str]:
        path = _path(error)
        known = path and path[0] in order
        return (order.index(str(path[0])) if known else len(order), str(path))

    return sorted(validator(schema).iter_errors(dict(values)), key=place)


def _picker_errors(page: Page, values: Mapping[str, Any], refused: set[tuple[str | int, ...]]) -> Iterator[FieldError]:
    for key, schema in page["properties"].items():
        if key not in values or (key,) in refused:
            continue
        problem = picker_problem(schema, values[key])
        if problem:
            yield FieldError((key,), problem, "ui:field", schema.get("ui:field"), values[key], dict(schema))


def _field_error(error: ValidationError) -> FieldError:
    schema = dict(error.schema) if isinstance(error.schema, Mapping) else {}
    message = "Please answer this." if error.validator == "required" else sentence(error)
    return FieldError(_path(error), message, str(error.validator), error.validator_value, error.instance, schema)


def _path(error: ValidationError) -> tuple[str | int, ...]:
    path = tuple(error.absolute_path)
    if error.validator != "required":
        return path
    required: Any = error.validator_value
    missing = [name for name in required if error.message.startswith(repr(name))]
    return (*path, *missing[:1])


def _asked(pages: Sequence[Page], values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: schema for page in pages for key, schema in effective_page(page, values)["properties"].items()}


def _defaults(properties: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: schema["default"]
        for key, schema in properties.items()
        if key not in values and isinstance(schema, Mapping) and "default" in schema
    }


def _unknown(pages: Sequence[Page], values: Mapping[str, Any]) -> Iterator[FieldError]:
    known = {key for page in pages for key in possible_properties(page)}
    for key in values:
        if key not in known:
            message = "The template does not ask for this. Leave it out or correct its name."
            yield FieldError((key,), message, "additionalProperties", False, values[key])


def _multiline(pages: Sequence[Page]) -> frozenset[str]:
    properties = [item for page in pages for item in possible_properties(page).items()]
    return frozenset(
        key for key, schema in properties if isinstance(schema, Mapping) and schema.get("ui:widget") == "textarea"
    )


def _raise(errors: list[FieldError]) -> None:
    if not errors:
        return
    first = errors[0]
    where = ".".join(map(str, first.path)) or "values"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise InputError(f"{where}: {first.message}{more}", errors)
