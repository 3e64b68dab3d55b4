"""The sets of capabilities that the gate renders the blank service with: none, all, and rows that cover every pair."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import combinations, product

from portal.foundation.errors import InputError
from scaffolder.library import Library, Template, chosen_capabilities

Pair = tuple[tuple[str, bool], tuple[str, bool]]
# Found by a greedy search; test_sets.py proves that no pair of choices is left out.
SETS: dict[str, tuple[str, ...]] = {
    "none": (),
    "rest": ("rest",),
    "grpc": ("grpc",),
    "rest-postgres": ("rest", "postgres"),
    "rest-jwt": ("rest", "jwt"),
    "guarded-grpc": ("grpc", "jwt", "rbac", "ratelimit"),
    "sealed-apis": ("grpc", "graphql", "redis", "jwt", "crypto"),
    "sealed-graphql": ("graphql", "postgres", "ratelimit", "crypto"),
    "guarded-graphql": ("graphql", "postgres", "redis", "jwt", "rbac"),
    "stored-apis": ("rest", "grpc", "postgres", "redis", "crypto"),
    "guarded-rest": ("rest", "postgres", "redis", "jwt", "rbac", "ratelimit"),
    "all": ("rest", "grpc", "graphql", "postgres", "redis", "jwt", "rbac", "ratelimit", "crypto"),
}
# What `make test` builds, vets and lints, and what of it is tested; `make templates` does all of it for all sets.
ALWAYS_BUILT = ("none", "rest-postgres", "all")
ALWAYS_TESTED = ("none", "rest-postgres", "all")
FULL = os.environ.get("GOLDPATH_TEST_EVERY_SET") == "1"


def offered(template: Template, library: Library) -> tuple[str, ...]:
    """Return the capabilities that the form of a template asks for, in composing order."""
    pages = template.manifest["spec"]["parameters"]
    asked = {key for page in pages for key in page.get("properties", {})}
    return tuple(name for name in library.capabilities if name in asked)


def answers_for(name: str) -> dict[str, bool]:
    """Return the answer to each question about a capability that makes this set."""
    return {capability: capability in SETS[name] for capability in SETS["all"]}


def built() -> tuple[str, ...]:
    """Return the names of the sets that are rendered and built."""
    return tuple(SETS) if FULL else ALWAYS_BUILT


def tested() -> tuple[str, ...]:
    """Return the names of the sets whose tests run."""
    return tuple(SETS) if FULL else ALWAYS_TESTED


def pairs_of(chosen: Iterable[str], names: Iterable[str]) -> set[Pair]:
    """Return what a set says of each two capabilities: that both, one or none of them is there."""
    has = set(chosen)
    return {((one, one in has), (other, other in has)) for one, other in combinations(names, 2)}


def possible_pairs(library: Library, template: Template, names: tuple[str, ...]) -> set[Pair]:
    """Return what all sets that can be chosen say of each two capabilities."""
    found: set[Pair] = set()
    for chosen in _valid(library, template, names):
        found |= pairs_of(chosen, names)
    return found


def _valid(library: Library, template: Template, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for flags in product((False, True), repeat=len(names)):
        wanted = {name for name, flag in zip(names, flags, strict=True) if flag}
        try:
            chosen = chosen_capabilities(library, template, wanted)
        except InputError:
            continue
        if wanted == set(chosen) & set(names):
            yield tuple(wanted)
