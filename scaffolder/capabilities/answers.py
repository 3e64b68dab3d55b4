"""Answers to a template with everything that its capabilities ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.foundation.errors import InputError
from scaffolder import parameters
from scaffolder.capabilities.catalogue import Catalogue, catalogue_of
from scaffolder.capabilities.choosing import Choice, choose
from scaffolder.models import TemplateVersion


@dataclass(frozen=True, slots=True)
class Answers:
    """Validated answers; `along` has a sentence for each that was changed to yes because others require it."""

    values: dict[str, Any]
    along: Mapping[str, str] = field(default_factory=dict)


def settle(template: TemplateVersion, values: Mapping[str, Any]) -> Answers:
    """Return the answers that a run may use: validated, with yes to what the chosen capabilities require.

    Raises InputError as `parameters.validate` does, and for capabilities that do not go together or miss another.
    """
    catalogue = catalogue_of(template)
    answers = parameters.validate(template.pages, values)
    given: dict[str, Any] = dict(values)
    said: dict[str, str] = {}
    for _ in catalogue.capabilities:
        choice = choose(catalogue, wanted(answers))
        if choice.problems:
            raise InputError(" ".join(problem.message for problem in choice.problems), choice.problems)
        added = [name for name in choice.along if name in _asked(template, answers)]
        if not added:
            break
        said |= notes(catalogue, choice, added)
        given |= dict.fromkeys(added, True)
        answers = parameters.validate(template.pages, given)
    return Answers(answers, said)


def wanted(values: Mapping[str, Any]) -> list[str]:
    """Return the questions that were answered with yes."""
    return [name for name, value in values.items() if value is True]


def notes(catalogue: Catalogue, choice: Choice, names: Iterable[str]) -> dict[str, str]:
    """Return for each of `names` that comes along a sentence that says so and why."""
    return {
        name: f"{catalogue.by_name[name].title} comes along: {choice.along[name]}."
        for name in names
        if name in choice.along
    }


def _asked(template: TemplateVersion, values: Mapping[str, Any]) -> set[str]:
    """Return the questions that these answers bring up."""
    return {key for page in template.pages for key in parameters.effective_page(page, values)["properties"]}
