"""Policy documents: the built-in one, and what a document may say."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conformance import checks
from conformance.examining.terms import LEVELS, Level
from portal.foundation.errors import FieldError, InputError

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST_BYTES = 256 * 1024
MOST_RULES = 1000
MOST_VALUES = 50
MOST_DAYS = 366
MOST_ERRORS = 50
APPROVERS = {"platform": "Platform engineers", "owners-and-platform": "Platform engineers and the owning team"}
FILTERS = {"types": "Type", "lifecycles": "Lifecycle", "tags": "Tag", "templates": "Template"}

_VALUE = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\u0000-\u001f\u007f\ud800-\udfff]+$"}
_VALUES = {"type": "array", "items": _VALUE, "minItems": 1, "maxItems": MOST_VALUES, "uniqueItems": True}
_DAYS = {"type": "integer", "minimum": 1, "maximum": MOST_DAYS}
_LEVEL = {"enum": [level.value for level in Level]}


def _closed(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_RULE = _closed(
    {"check": _VALUE, "level": _LEVEL, "when": _closed(dict.fromkeys(FILTERS, _VALUES), ())}, ("check", "level")
)
_MAX_DAYS = _closed(dict.fromkeys(("bronze", "silver", "gold"), _DAYS), ("bronze", "silver", "gold"))
SCHEMA = _closed(
    {
        "rules": {"type": "array", "items": _RULE, "minItems": 1, "maxItems": MOST_RULES},
        "waivers": _closed({"maxDays": _MAX_DAYS, "approvers": {"enum": list(APPROVERS)}}, ("maxDays", "approvers")),
    },
    ("rules", "waivers"),
)
"""The JSON Schema (draft 7) of a document; that its checks exist and its rules can apply is asked besides."""


def built_in() -> dict[str, Any]:
    """Return the policy of an installation that has made none.

    Every check counts at its own level. What is deprecated needs bronze only: nobody should polish what is going away.
    """
    rules: list[dict[str, Any]] = []
    for check in checks.registry().values():
        if check.level is not Level.BRONZE:
            rules.append({"check": check.id, "level": Level.NONE.value, "when": {"lifecycles": ["deprecated"]}})
        rules.append({"check": check.id, "level": check.level.value})
    days = {Level.BRONZE.value: 30, Level.SILVER.value: 60, Level.GOLD.value: 90}
    return {"rules": rules, "waivers": {"maxDays": days, "approvers": "platform"}}


def parse(text: str) -> Any:
    """Return the JSON that `text` is, or raise InputError that says where it is none."""
    if len(text) > MOST_BYTES:
        raise _too_large()
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"This is not JSON: {error.msg.lower()}, line {error.lineno}, column {error.colno}.") from None
    except (ValueError, RecursionError):
        raise InputError(
            "This is not JSON that a policy could be: it is nested too deeply, or a number is none."
        ) from None


def shown(document: Mapping[str, Any]) -> str:
    """Return the document as text that people can edit: one rule a line, keys in the same order on any database."""
    rules = ",\n    ".join(json.dumps(_tidy(rule), ensure_ascii=False) for rule in document["rules"])
    waivers = json.dumps(
        {"maxDays": dict(most_days(document)), "approvers": document["waivers"]["approvers"]}, ensure_ascii=False
    )
    return f'{{\n  "rules": [\n    {rules}\n  ],\n  "waivers": {waivers}\n}}\n'


def most_days(document: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return for how many days failures may be waived, by level, lowest first."""
    given = document["waivers"]["maxDays"]
    return [(level.value, int(given[level.value])) for level in LEVELS]


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the document in its canonical form."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def validate(document: Any) -> dict[str, Any]:
    """Return the document as it is stored, or raise InputError with one FieldError for everything that is wrong.

    Refused are more than 256 KB, what does not fit `SCHEMA`, checks that do not exist, and rules that can never apply
    because an earlier one without a filter decides for every service.
    """
    from scaffolder.parameters.schema import validator  # late: it is large, and who only scans validates nothing

    try:
        size = len(json.dumps(document))
    except (TypeError, ValueError, RecursionError):
        raise InputError("The policy must be JSON: an object with rules and waivers.") from None
    if size > MOST_BYTES:
        raise _too_large()
    _raise([_field_error(error) for error in validator(SCHEMA).iter_errors(document)])
    _raise(list(_unknown_checks(document["rules"])))
    _raise(list(_idle_rules(document["rules"])))
    return {"rules": [_tidy(rule) for rule in document["rules"]], "waivers": document["waivers"]}


def unmentioned(document: Mapping[str, Any]) -> list[str]:
    """Return the checks that exist and that the document has no rule for: they do not count."""
    known = {rule["check"] for rule in document["rules"]}
    return [check for check in checks.registry() if check not in known]


def place_of(path: Sequence[str | int]) -> str:
    """Return where something is wrong, for people: `rule 3, level`."""
    if len(path) > 1 and path[0] == "rules":
        return ", ".join([f"Rule {int(path[1]) + 1}", *map(str, path[2:])])
    return ", ".join(map(str, path)).capitalize()


def _raise(errors: Sequence[FieldError]) -> None:
    if errors:
        errors = errors[:MOST_ERRORS]
        first = errors[0]
        place = place_of(first.path)
        raise InputError(f"{place}: {first.message}" if place else first.message, errors)


def _field_error(error: ValidationError) -> FieldError:
    path = tuple(error.absolute_path)
    return FieldError(path, _sentence(error), str(error.validator), error.validator_value)


def _sentence(error: ValidationError) -> str:
    from scaffolder.parameters.wording import sentence  # late, as the validator

    argument: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        return f"{next(name for name in argument if name not in instance)} is missing."
    if error.validator == "additionalProperties":
        known = error.schema["properties"] if isinstance(error.schema, Mapping) else {}
        unknown = next(name for name in instance if name not in known)
        return f"{unknown[:60]} means nothing here. Known are: {', '.join(known)}."
    if error.validator == "type":
        return f"This must be {_TYPES[argument]}."
    if error.validator == "pattern":
        return "Use printable characters only."
    return sentence(error)


_TYPES = {"object": "an object", "array": "a list", "string": "text", "integer": "a whole number"}


def _unknown_checks(rules: Sequence[Mapping[str, Any]]) -> Iterator[FieldError]:
    known = checks.registry()
    for number, rule in enumerate(rules):
        if rule["check"] not in known:
            near = difflib.get_close_matches(rule["check"], known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield FieldError(
                ("rules", number, "check"), f"There is no check called {rule['check'][:80]}.{hint}", "check"
            )


def _idle_rules(rules: Sequence[Mapping[str, Any]]) -> Iterator[FieldError]:
    deciding: dict[str, int] = {}
    for number, rule in enumerate(rules):
        earlier = deciding.get(rule["check"])
        if earlier is not None:
            problem = f"This rule never applies: rule {earlier + 1} decides on {rule['check']} for every service."
            yield FieldError(("rules", number), problem, "order")
        elif not rule.get("when"):
            deciding[rule["check"]] = number


def _tidy(rule: Mapping[str, Any]) -> dict[str, Any]:
    tidy = {"check": rule["check"], "level": rule["level"]}
    when = {name: rule["when"][name] for name in FILTERS if name in rule.get("when", {})}
    return {**tidy, "when": when} if when else tidy


def _too_large() -> InputError:
    return InputError(f"A policy has at most {MOST_BYTES // 1024} KB.")


def _no_constant(name: str) -> Any:
    raise ValueError(name)
