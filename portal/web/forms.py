"""One page of a template's form, as a person fills it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict

from portal.foundation.actors import Actor
from portal.foundation.errors import FieldError
from portal.web.checklist import Checklist, checklist, is_box, titled
from portal.web.pickers import Pickers
from scaffolder import parameters
from scaffolder.capabilities import Catalogue, catalogue_of, choose, notes, wanted
from scaffolder.models import TemplateVersion
from scaffolder.parameters import FormField
from scaffolder.services import name_status, refused_module

SHOWN = "_shown"
NAMESPACE = "default"


@dataclass(frozen=True, slots=True)
class ShownField:
    """A question with what was wrong with its answer."""

    field: FormField
    errors: tuple[str, ...] = ()
    children: tuple[ShownField, ...] = ()

    @property
    def is_chosen(self) -> bool:
        """Whether the answer is one of the choices."""
        return any(choice.value == self.field.value for choice in self.field.choices)

    @property
    def described_by(self) -> str:
        """The ids of the texts that describe the control."""
        parts = ["hint"] if self.field.description or self.field.help else []
        parts += ["answer"] if self.field.kind == "name" else []
        parts += ["error"] if self.errors else []
        return " ".join(f"{self.field.html_id}-{part}" for part in parts)


@dataclass
class PageForm:
    """Page `number` (from 1) of a template's form, with the answers so far and what is wrong with them."""

    template: TemplateVersion
    number: int
    values: dict[str, Any]
    actor: Actor
    errors: Sequence[FieldError] = field(default_factory=list)

    @property
    def schema(self) -> dict[str, Any]:
        """The page's schema."""
        return self.template.pages[self.number - 1]

    @cached_property
    def fields(self) -> list[ShownField]:
        """The questions, with choices and errors."""
        fields = Pickers(self.actor).fill(parameters.form_fields(self.schema, self.values))
        return [self._shown(titled(each, self.catalogue)) for each in fields]

    @cached_property
    def catalogue(self) -> Catalogue:
        """The capabilities that the template offers."""
        return catalogue_of(self.template)

    @cached_property
    def parts(self) -> list[ShownField | Checklist]:
        """The questions as they stand on the page: the capabilities together, where the first of them stands."""
        boxes = [each for each in self.fields if is_box(each.field, self.catalogue)]
        if not boxes:
            return [*self.fields]
        made = checklist(self.catalogue, [(each.field, each.errors) for each in boxes], self.values)
        return [made if each is boxes[0] else each for each in self.fields if each is boxes[0] or each not in boxes]

    @property
    def notes(self) -> list[str]:
        """What comes along with the capabilities that are ticked on this page, a sentence for each."""
        choice = choose(self.catalogue, wanted(self.values))
        return list(notes(self.catalogue, choice, parameters.capability_questions([self.schema])).values())

    @property
    def address(self) -> tuple[str, str]:
        """The template's namespace and name, as they stand in addresses."""
        namespace, _, name = self.template.ref.partition(":")[2].partition("/")
        return namespace, name

    @cached_property
    def summary(self) -> list[tuple[str, str, str]]:
        """What is wrong: id of the control, its label, the sentence; what belongs to no control has an empty id."""
        known = {each.field.name: each.field for each in _flat(self.fields)}
        lines = []
        for error in self.errors:
            found = _nearest(known, error.path)
            lines.append((found.html_id if found else "", found.label if found else "", error.message))
        return lines

    def read(self, sent: QueryDict) -> None:
        """Take the answers of a sent form over those so far."""
        shown = sent.getlist(SHOWN)
        answers = parameters.read_form(self.schema, sent.getlist, shown)
        renewed = {name.partition(".")[0] for name in shown}
        kept = {key: value for key, value in self.values.items() if key not in renewed}
        self.values = parameters.relevant(self.template.pages, {**kept, **answers})

    def check(self) -> bool:
        """Find out what is wrong with the answers of this page: names and capabilities that do not fit, too."""
        found = parameters.check_page(self.schema, self.values)
        self.errors = found or [*self._taken_names(), *self._refused_module(), *self._unfit_capabilities()]
        return not self.errors

    @property
    def is_unsafe(self) -> bool:
        """Whether an answer is one that may not even be kept."""
        return any(error.keyword == "safety" for error in self.errors)

    def _taken_names(self) -> list[FieldError]:
        errors = []
        for each in parameters.form_fields(self.schema, self.values):
            name = self.values.get(each.key)
            if each.kind == "name" and isinstance(name, str):
                status = name_status(NAMESPACE, name)
                if not status.free:
                    errors.append(FieldError((each.key,), status.reason, "goldpath"))
        return errors

    def _refused_module(self) -> list[FieldError]:
        """Return what is wrong with the module path, on the page that asks for it."""
        asked = parameters.possible_properties(self.schema)
        return refused_module({key: value for key, value in self.values.items() if key in asked})

    def _unfit_capabilities(self) -> list[FieldError]:
        """Return what is wrong with the capabilities, on the last page that asks for any: before, more may come."""
        asking = [
            number
            for number, page in enumerate(self.template.pages, 1)
            if not self.catalogue.by_name.keys().isdisjoint(parameters.possible_properties(page))
        ]
        if self.number not in asking[-1:]:
            return []
        return list(choose(self.catalogue, wanted(self.values)).problems)

    def _shown(self, each: FormField) -> ShownField:
        own = [error.message for error in self.errors if _is_about(each, error.path)]
        return ShownField(each, tuple(own), tuple(self._shown(child) for child in each.children))


def _is_about(each: FormField, path: Sequence[str | int]) -> bool:
    prefix = tuple(path[: len(each.path)])
    if each.kind == "group":
        return tuple(path) == each.path
    return prefix == each.path


def _flat(fields: Sequence[ShownField]) -> list[ShownField]:
    return [each for top in fields for each in (top, *_flat(top.children))]


def _nearest(known: Mapping[str, FormField], path: Sequence[str | int]) -> FormField | None:
    for length in range(len(path), 0, -1):
        found = known.get(".".join(map(str, path[:length])))
        if found:
            return found
    return None


def page_of(template: TemplateVersion, errors: Sequence[FieldError]) -> int:
    """Return the number of the first page that asks for one of the refused answers, 1 when none does."""
    refused = {error.path[0] for error in errors if error.path}
    for number, page in enumerate(template.pages, 1):
        if refused & set(parameters.possible_properties(page)):
            return number
    return 1
