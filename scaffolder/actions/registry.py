"""Finds actions by the id that templates name."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from portal.foundation.errors import InputError
from scaffolder.actions.base import Action, Json

_actions: dict[str, Action] = {}


def register(action: Action) -> None:
    """Make `action` known under its id; a second one of the same id replaces the first."""
    _actions[action.id] = action
    _validator.cache_clear()


def forget(action_id: str) -> None:
    """Make an action unknown again."""
    del _actions[action_id]
    _validator.cache_clear()


def action(action_id: str) -> Action:
    """Return the action; an unknown id raises InputError."""
    try:
        return _actions[action_id]
    except KeyError:
        raise InputError(f"There is no action {action_id}.") from None


def actions() -> list[Action]:
    """Return all actions by id."""
    return [_actions[key] for key in sorted(_actions)]


def is_known(action_id: str) -> bool:
    """Tell whether an action of this id exists."""
    return action_id in _actions


def check_input(found: Action, given: Json) -> None:
    """Raise InputError when the bound input of a step does not fit the action's schema."""
    error = best_match(_validator(found.id).iter_errors(given))
    if error is not None:
        where = ".".join(str(part) for part in error.absolute_path) or "input"
        raise InputError(f"The input of {found.id} is wrong at {where}: {error.message}")


@cache
def _validator(action_id: str) -> Any:
    return Draft7Validator(_actions[action_id].input_schema)
