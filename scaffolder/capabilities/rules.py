"""What choosing one capability means for the others that a form offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scaffolder.capabilities.catalogue import Catalogue
from scaffolder.capabilities.choosing import offered
from scaffolder.capabilities.wording import listed


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one capability, as names of others on offer; internal ones are resolved into what brings them.

    It brings `needs`, of each of `alternatives` at least one must be chosen with it, and it goes with none of
    `excludes`. `words` say it for people, without what follows from a capability that comes along.
    """

    needs: tuple[str, ...]
    alternatives: tuple[tuple[str, ...], ...]
    excludes: tuple[str, ...]
    words: tuple[str, ...]


def rules_of(catalogue: Catalogue, name: str) -> Rules:
    """Return the rules of one capability."""
    brought = catalogue.closure([name])
    others = [each.name for each in catalogue.asked if each.name != name]
    needs = tuple(each for each in others if each in brought)
    alternatives = tuple(_alternatives(catalogue, brought, brought))
    excludes = tuple(each for each in others if _clash(catalogue, brought, catalogue.closure([each])))
    return Rules(needs, alternatives, excludes, tuple(_words(catalogue, name, excludes)))


def _alternatives(catalogue: Catalogue, names: Iterable[str], brought: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Yield what each rule of the kind "one of these" offers, of those that do not hold anyway."""
    given = catalogue.closure([*brought, *catalogue.always])
    for each in catalogue.ordered(names):
        wanted = catalogue.by_name[each].manifest.requires_any
        if wanted and given.isdisjoint(wanted):
            yield offered(catalogue, wanted)


def _clash(catalogue: Catalogue, some: frozenset[str], others: frozenset[str]) -> bool:
    """Tell whether something of the one conflicts with something of the other."""
    pairs = (frozenset(pair) for pair in catalogue.conflicts(some | others))
    return any(not pair <= some and not pair <= others for pair in pairs)


def _words(catalogue: Catalogue, name: str, excludes: Iterable[str]) -> Iterator[str]:
    own = _with_internals(catalogue, name)
    direct = {need for each in own for need in catalogue.by_name[each].manifest.requires} - set(own)
    needs = catalogue.titles(direct)
    if needs:
        yield f"Needs {listed(needs)}"
    for each in _alternatives(catalogue, own, catalogue.closure([name])):
        yield f"Needs {'one of ' if len(each) > 1 else ''}{listed(catalogue.titles(each), 'or')}"
    against = catalogue.titles(excludes)
    if against:
        yield f"Not with {listed(against, 'or')}"


def _with_internals(catalogue: Catalogue, name: str) -> list[str]:
    """Return a capability with the internal ones that it requires: no box of their own says what those need."""
    found = [name]
    for each in found:
        needs = [catalogue.by_name.get(need) for need in catalogue.by_name[each].manifest.requires]
        found += [need.name for need in needs if need and not need.is_asked and need.name not in found]
    return found
