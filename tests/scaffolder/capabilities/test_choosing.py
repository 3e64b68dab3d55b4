"""What a choice of capabilities comes to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.foundation.errors import InputError
from scaffolder.capabilities import Capability, Catalogue, choose, rules_of
from scaffolder.library import Layer, Library, Template, chosen_capabilities
from scaffolder.library.manifests import LayerManifest

NAMES = ("a", "b", "c", "d", "e")


def capability(name: str, *, is_asked: bool = True, **rules: tuple[str, ...]) -> Capability:
    return Capability(name, name.upper(), LayerManifest(f"capabilities/{name}", **rules), is_asked)  # type: ignore[arg-type]


SHOP = Catalogue(
    (
        capability("http", is_asked=False),
        capability("rest", requires=("http",)),
        capability("grpc"),
        capability("redis"),
        capability("jwt", requires_any=("rest", "grpc")),
        capability("rbac", requires=("jwt",)),
        capability("limit", requires=("redis",), requires_any=("http",)),
        capability("edge", is_asked=False, conflicts=("grpc",)),
        capability("cdn", requires=("edge",)),
    )
)


def said(*wanted: str, catalogue: Catalogue = SHOP) -> list[tuple[str, str]]:
    return [(".".join(map(str, error.path)), error.message) for error in choose(catalogue, wanted).problems]


def test_what_is_required_comes_along_and_says_why() -> None:
    choice = choose(SHOP, ["rbac", "rest", "limit"])
    assert choice.chosen == ("http", "rest", "redis", "jwt", "rbac", "limit")
    assert choice.along == {"redis": "LIMIT needs it", "jwt": "RBAC needs it"}
    assert choice.problems == ()


def test_what_is_wanted_does_not_come_along() -> None:
    assert choose(SHOP, ["rbac", "jwt", "rest"]).along == {}


def test_several_reasons_are_listed() -> None:
    catalogue = Catalogue((capability("x"), capability("y", requires=("x",)), capability("z", requires=("x",))))
    assert choose(catalogue, ["y", "z"]).along == {"x": "Y and Z need it"}


def test_one_of_several_is_asked_for_at_the_answer_that_was_given() -> None:
    assert said("jwt") == [("jwt", "JWT needs one of REST or GRPC. Choose at least one.")]
    assert said("rbac") == [("rbac", "JWT, which comes with RBAC, needs one of REST or GRPC. Choose at least one.")]
    assert said("rbac", "grpc") == []


def test_an_internal_one_is_asked_for_by_what_brings_it() -> None:
    assert said("limit") == [("limit", "LIMIT needs REST. Choose it too.")]
    assert said("limit", "rest") == []


def test_conflicts_are_said_once_at_one_that_was_chosen_whoever_declares_them() -> None:
    catalogue = Catalogue((capability("one", conflicts=("two",)), capability("two")))
    assert said("one", "two", catalogue=catalogue) == [
        ("two", "ONE and TWO cannot be chosen together. Leave one of them out.")
    ]


def test_a_conflict_below_a_chosen_one_names_the_chosen_one() -> None:
    assert said("cdn", "grpc") == [
        ("cdn", "GRPC and EDGE, which comes with CDN, cannot be chosen together. Leave one of them out.")
    ]


def test_what_every_service_of_the_template_has_is_always_there() -> None:
    catalogue = Catalogue(SHOP.capabilities, always=("rest",), one_of=("grpc", "redis"))
    assert choose(catalogue, []).along == {"rest": "every service of this type has it"}
    assert said(catalogue=catalogue) == [
        ("grpc", "A service of this type needs one of GRPC or REDIS. Choose at least one.")
    ]
    assert said("redis", catalogue=catalogue) == []


def test_unknown_names_are_left_out() -> None:
    assert choose(SHOP, ["customModulePath"]).chosen == ()


def test_capabilities_that_require_each_other_are_followed_once() -> None:
    catalogue = Catalogue((capability("x", requires=("y",)), capability("y", requires=("x",))))
    assert choose(catalogue, ["x"]).chosen == ("x", "y")


def test_rules_are_told_in_what_can_be_chosen() -> None:
    rbac, limit = rules_of(SHOP, "rbac"), rules_of(SHOP, "limit")
    assert (rbac.needs, rbac.alternatives, rbac.words) == (("jwt",), (("rest", "grpc"),), ("Needs JWT",))
    assert (limit.needs, limit.alternatives) == (("redis",), (("rest",),))
    assert limit.words == ("Needs REDIS", "Needs REST")
    assert rules_of(SHOP, "jwt").words == ("Needs one of REST or GRPC",)


def test_a_conflict_is_a_rule_of_both_whoever_declares_it() -> None:
    assert rules_of(SHOP, "cdn").excludes == ("grpc",)
    assert rules_of(SHOP, "grpc").excludes == ("cdn",)
    assert rules_of(SHOP, "grpc").words == ("Not with CDN",)
    assert rules_of(SHOP, "rest").words == ()


def test_a_rule_that_always_holds_is_none() -> None:
    always = Catalogue(SHOP.capabilities, always=("grpc",))
    assert rules_of(always, "jwt").alternatives == ()


rules = st.tuples(
    st.lists(st.sampled_from(NAMES), max_size=2), st.lists(st.sampled_from(NAMES), max_size=2),
    st.lists(st.sampled_from(NAMES), max_size=1),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(rules, min_size=5, max_size=5), st.sets(st.sampled_from(NAMES)))
def test_the_library_comes_to_the_same(drawn: list[tuple[list[str], list[str], list[str]]], wanted: set[str]) -> None:
    """A choice without problems is one that the library composes, and it composes the same."""
    manifests = [
        LayerManifest(f"capabilities/{name}", requires=tuple(one), requires_any=tuple(two), conflicts=tuple(three))
        for name, (one, two, three) in zip(NAMES, drawn, strict=True)
    ]
    own = Layer("services/x", Path(), LayerManifest("services/x"))
    template = Template("template:default/x", "x", "X", own, {})
    layers = tuple(Layer(manifest.name, Path(), manifest) for manifest in manifests)
    library = Library(Path(), "x", "0.1.0", "", "", layers, {template.ref: template})
    catalogue = Catalogue(
        tuple(Capability(name, name, manifest) for name, manifest in zip(NAMES, manifests, strict=True))
    )
    choice = choose(catalogue, wanted)
    if any(manifest.name.endswith(other) for manifest in manifests for other in manifest.conflicts):
        return  # one that conflicts with itself: the library refuses it, here nobody could choose otherwise
    try:
        assert chosen_capabilities(library, template, wanted) == choice.chosen
    except InputError:
        assert choice.problems
    else:
        assert not choice.problems


@pytest.mark.parametrize("name", ["jwt", "limit", "rbac"])
def test_every_problem_points_at_something_that_was_wanted(name: str) -> None:
    assert {error.path for error in choose(SHOP, [name]).problems} <= {(name,)}
