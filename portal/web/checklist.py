"""The capabilities of a page as a checklist, with the picture of what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.web.architecture import Views, draw, scene
from scaffolder.capabilities import Capability, Catalogue, Choice, Rules, choose, rules_of
from scaffolder.parameters import CAPABILITY, FormField

GROUPS = (
    ("APIs", "How others call it.", frozenset({"api"})),
    ("Guards", "What every call has to pass.", frozenset({"guard"})),
    ("Data", "Where it keeps what it knows.", frozenset({"store", "cache"})),
    ("Observability", "How you see what it does.", frozenset({"observe"})),
    ("Inside", "What its own code works with.", frozenset({"other"})),
)


@dataclass(frozen=True, slots=True)
class Box:
    """One capability as a box: ticked because it is wanted, or because others need it (`because` says which)."""

    field: FormField
    errors: tuple[str, ...]
    capability: Capability
    is_wanted: bool
    because: str
    rules: Rules

    @property
    def is_ticked(self) -> bool:
        """Whether the service will have it."""
        return self.is_wanted or bool(self.because)

    @property
    def title(self) -> str:
        """What people call it."""
        return self.capability.title

    @property
    def description(self) -> str:
        """What it is, in the words of the template or else of the library."""
        return self.field.description or self.capability.manifest.description

    @property
    def described_by(self) -> str:
        """The ids of the texts that describe the box."""
        parts = ["hint"] if self.description or self.field.help else []
        parts += ["rules"] if self.rules.words else []
        parts += ["error"] if self.errors else []
        return " ".join(f"{self.field.html_id}-{part}" for part in [*parts, "state"])

    @property
    def data(self) -> Mapping[str, str]:
        """The rules as the script reads them: names, the alternatives of one rule separated by a bar."""
        return {
            "title": self.title,
            "needs": " ".join(self.rules.needs),
            "any": " ".join("|".join(each) for each in self.rules.alternatives),
            "not": " ".join(self.rules.excludes),
        }


@dataclass(frozen=True, slots=True)
class Group:
    """The boxes of one kind."""

    title: str
    hint: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """The boxes of a page by kind, and the picture of what is ticked."""

    groups: tuple[Group, ...]
    views: Views
    name: str


def titled(each: FormField, catalogue: Catalogue) -> FormField:
    """Return a question that chooses a capability under its title in the library, if the template gives it none."""
    return replace(each, label=catalogue.by_name[each.key].title) if is_box(each, catalogue) else each


def is_box(each: FormField, catalogue: Catalogue) -> bool:
    """Tell whether a question is a box of the checklist; one whose capability is not known (any more) is not."""
    return each.picker == CAPABILITY and each.key in catalogue.by_name


def checklist(
    catalogue: Catalogue, asked: Sequence[tuple[FormField, tuple[str, ...]]], values: Mapping[str, Any]
) -> Checklist:
    """Return the checklist of the questions `asked`, each with what is wrong with its answer, under these answers."""
    choice = choose(catalogue, (each.name for each in catalogue.asked if values.get(each.name) is True))
    boxes = [_box(catalogue, choice, field, errors) for field, errors in asked]
    name = str(values.get("name") or "")
    return Checklist(_grouped(boxes), draw(scene(catalogue, choice, name)), name)


def _grouped(boxes: Iterable[Box]) -> tuple[Group, ...]:
    given = list(boxes)
    groups = (
        Group(title, hint, tuple(box for box in given if box.capability.role in roles)) for title, hint, roles in GROUPS
    )
    return tuple(group for group in groups if group.boxes)


def _box(catalogue: Catalogue, choice: Choice, field: FormField, errors: tuple[str, ...]) -> Box:
    return Box(
        field=field,
        errors=errors,
        capability=catalogue.by_name[field.key],
        is_wanted=field.key in choice.wanted,
        because=choice.along.get(field.key, ""),
        rules=rules_of(catalogue, field.key),
    )
