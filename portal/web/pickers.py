"""Feeds the form's pickers from the catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.models import Entity
from catalog.models.entity import EntityQuerySet
from catalog.services import groups_of
from portal.foundation.actors import Actor
from scaffolder.parameters import Choice, FormField

MOST = 500


@dataclass
class Pickers:
    """Fills the choices of picker fields for one person, asking the catalog once per different question."""

    actor: Actor
    _asked: dict[str, tuple[Choice, ...]] = field(default_factory=dict)

    def fill(self, fields: Iterable[FormField]) -> list[FormField]:
        """Return the fields, those that pick entities with what there is to pick."""
        return [self._filled(each) for each in fields]

    def _filled(self, each: FormField) -> FormField:
        if each.kind == "group":
            return replace(each, children=tuple(self.fill(each.children)))
        if each.kind not in {"entity", "entities"}:
            return each
        question = f"{each.picker} {each.entity_filter}"
        if question not in self._asked:
            self._asked[question] = tuple(_choice(entity) for entity in self._entities(each)[:MOST])
        choices = self._asked[question]
        value = _full(each.value, choices) if isinstance(each.value, str) else each.value
        if not value and each.is_required and len(choices) == 1:
            value = choices[0].value
        return replace(each, choices=choices, value=value)

    def _entities(self, each: FormField) -> EntityQuerySet:
        if each.picker in {"OwnerPicker", "MyGroupsPicker"}:
            return groups_of(self.actor)
        entities = Entity.objects.order_by("title", "name")
        if each.entity_filter:
            entities = entities.filtered([_filter(given) for given in each.entity_filter])
        if each.picker == "OwnedEntityPicker":
            entities = entities.owned_by([*self.actor.groups, self.actor.user_ref])
        return entities


def _filter(given: Mapping[str, Any]) -> dict[str, Sequence[str] | None]:
    return {key: _wanted(value) for key, value in given.items()}


def _wanted(value: Any) -> list[str] | None:
    if isinstance(value, Mapping):
        return None
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _choice(entity: Entity) -> Choice:
    return Choice(entity.ref, entity.display_name, str(entity.metadata.get("description", "")))


def _full(value: str, choices: Sequence[Choice]) -> str:
    """Return the reference among the choices that a short answer such as `checkout` means."""
    if not value or any(choice.value == value for choice in choices):
        return value
    return next((choice.value for choice in choices if choice.value.endswith(f"/{value.lower()}")), value)
