"""What a choice of capabilities comes to: what comes along, and what does not fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from portal.foundation.errors import FieldError
from scaffolder.capabilities.catalogue import Catalogue
from scaffolder.capabilities.wording import listed, needed_by


@dataclass(frozen=True, slots=True)
class Choice:
    """The capabilities that were wanted and what they come to.

    `chosen` are all of a service, in composing order, internal ones among them. `along` says why those are there that
    the template asks for and nobody wanted. Each of `problems` names the answer that has to change.
    """

    wanted: frozenset[str]
    chosen: tuple[str, ...]
    along: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[FieldError, ...] = ()


def choose(catalogue: Catalogue, wanted: Iterable[str]) -> Choice:
    """Return what `wanted` comes to. Names that the library does not know are left out."""
    given = frozenset(wanted) & frozenset(catalogue.by_name)
    chosen = catalogue.closure({*given, *catalogue.always})
    problems = [*_conflicts(catalogue, given, chosen), *_unmet(catalogue, given, chosen)]
    return Choice(given, catalogue.ordered(chosen), _along(catalogue, given, chosen), tuple(problems))


def bringers(catalogue: Catalogue, wanted: Iterable[str], name: str) -> tuple[str, ...]:
    """Return those of `wanted`, other than `name` itself, that require `name`, directly or not."""
    return tuple(
        each
        for each in catalogue.ordered(wanted)
        if each != name and catalogue.by_name[each].is_asked and name in catalogue.closure([each])
    )


def satisfying(catalogue: Catalogue, alternatives: Iterable[str]) -> tuple[str, ...]:
    """Return the capabilities on offer that are one of `alternatives` or bring one along."""
    wanted = frozenset(alternatives)
    return tuple(each.name for each in catalogue.asked if catalogue.closure([each.name]) & wanted)


def offered(catalogue: Catalogue, alternatives: Iterable[str]) -> tuple[str, ...]:
    """Return what people can choose of `alternatives`: themselves, and instead of internal ones what brings those."""
    found: set[str] = set()
    for name in catalogue.ordered(alternatives):
        found |= {name} if catalogue.by_name[name].is_asked else set(satisfying(catalogue, [name]))
    return catalogue.ordered(found)


def _along(catalogue: Catalogue, wanted: frozenset[str], chosen: frozenset[str]) -> dict[str, str]:
    found = {}
    for each in catalogue.asked:
        if each.name in chosen and each.name not in wanted:
            needing = catalogue.titles(bringers(catalogue, wanted, each.name))
            found[each.name] = needed_by(needing) if needing else "every service of this type has it"
    return found


def _conflicts(catalogue: Catalogue, wanted: frozenset[str], chosen: frozenset[str]) -> Iterator[FieldError]:
    for name, other in catalogue.conflicts(chosen):
        first, second = _said(catalogue, wanted, other), _said(catalogue, wanted, name)
        message = f"{first} and {second} cannot be chosen together. Leave one of them out."
        path = _path(catalogue, wanted, name) or _path(catalogue, wanted, other)
        yield FieldError(path, message, "conflicts", other, instance=True)


def _unmet(catalogue: Catalogue, wanted: frozenset[str], chosen: frozenset[str]) -> Iterator[FieldError]:
    for name in catalogue.ordered(chosen):
        alternatives = catalogue.by_name[name].manifest.requires_any
        if alternatives and chosen.isdisjoint(alternatives):
            said = _said(catalogue, wanted, name)
            message = f"{said} needs {_one_of(catalogue, alternatives)}"
            path = _path(catalogue, wanted, name) or offered(catalogue, alternatives)[:1]
            yield FieldError(path, message, "requiresAny", list(alternatives), instance=True)
    if catalogue.one_of and chosen.isdisjoint(catalogue.one_of):
        message = f"A service of this type needs {_one_of(catalogue, catalogue.one_of)}"
        path = offered(catalogue, catalogue.one_of)[:1]
        yield FieldError(path, message, "requiresAny", list(catalogue.one_of), instance=False)


def _one_of(catalogue: Catalogue, alternatives: Iterable[str]) -> str:
    names = catalogue.titles(offered(catalogue, alternatives) or alternatives)
    return f"{names[0]}. Choose it too." if len(names) == 1 else f"one of {listed(names, 'or')}. Choose at least one."


def _said(catalogue: Catalogue, wanted: frozenset[str], name: str) -> str:
    """Return what people call a capability, with what brought it when they did not choose it themselves."""
    title = catalogue.by_name[name].title
    needing = catalogue.titles(bringers(catalogue, wanted, name)) if name not in wanted else []
    return f"{title}, which comes with {listed(needing)}," if needing else title


def _path(catalogue: Catalogue, wanted: frozenset[str], name: str) -> tuple[str, ...]:
    """Return the answer to change so that this one goes: its own, or that of one which brings it."""
    if name in wanted and catalogue.by_name[name].is_asked:
        return (name,)
    return bringers(catalogue, wanted, name)[:1]
