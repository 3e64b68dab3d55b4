from __future__ import annotations

from typing import Any

import pytest

from catalog.models import Entity
from catalog.services import actor_for, entity_json, groups, groups_of, relations_graph, remove_location, systems
from portal.foundation.actors import Actor
from portal.foundation.models import User
from tests.catalog.helpers import HERE, component, document, put, service

pytestmark = pytest.mark.django_db


def relations_of(ref: str) -> list[tuple[str, str]]:
    return Entity.objects.get(ref=ref).relations


@pytest.mark.parametrize(
    ("kind", "spec", "forth", "back", "target"),
    [
        ("Component", {"owner": "x"}, "ownedBy", "ownerOf", "group:default/x"),
        ("Component", {"system": "x"}, "partOf", "hasPart", "system:default/x"),
        ("Component", {"subcomponentOf": "x"}, "partOf", "hasPart", "component:default/x"),
        ("Component", {"providesApis": ["x"]}, "providesApi", "apiProvidedBy", "api:default/x"),
        ("Component", {"consumesApis": ["x"]}, "consumesApi", "apiConsumedBy", "api:default/x"),
        ("Component", {"dependsOn": ["resource:x"]}, "dependsOn", "dependencyOf", "resource:default/x"),
        ("Component", {"dependencyOf": ["component:x"]}, "dependencyOf", "dependsOn", "component:default/x"),
        ("Component", {"scaffoldedFrom": "x"}, "scaffoldedFrom", "scaffolderOf", "template:default/x"),
        ("API", {"owner": "user:x"}, "ownedBy", "ownerOf", "user:default/x"),
        ("Resource", {"system": "other/x"}, "partOf", "hasPart", "system:other/x"),
        ("System", {"domain": "x"}, "partOf", "hasPart", "domain:default/x"),
        ("Domain", {"subdomainOf": "x"}, "partOf", "hasPart", "domain:default/x"),
        ("Group", {"parent": "x"}, "childOf", "parentOf", "group:default/x"),
        ("Group", {"children": ["x"]}, "parentOf", "childOf", "group:default/x"),
        ("Group", {"members": ["x"]}, "hasMember", "memberOf", "user:default/x"),
        ("User", {"memberOf": ["x"]}, "memberOf", "hasMember", "group:default/x"),
        ("Template", {"owner": "x"}, "ownedBy", "ownerOf", "group:default/x"),
    ],
)
def test_relations_come_in_pairs(kind: str, spec: dict[str, Any], forth: str, back: str, target: str) -> None:
    (entity,) = put(document(kind, "me", spec))

    assert (forth, target) in entity.relations

    target_kind, _, rest = target.partition(":")
    namespace, _, name = rest.partition("/")
    kinds = {each.lower(): each for each in ("Group", "System", "Component", "API", "Resource", "Domain", "User")}
    other = document(kinds.get(target_kind, "Template"), name, namespace=namespace)
    put(other, location="url:https://git.example/other")
    assert (back, entity.ref) in relations_of(target)


def test_relations_are_sorted_and_said_once() -> None:
    put(document("Group", "payments", {"members": ["alice"]}), document("User", "alice", {"memberOf": ["payments"]}))
    put(*service("ledger"), location="url:https://git.example/ledger")

    wire = entity_json(Entity.objects.get(ref="group:default/payments"))

    assert wire["relations"] == [
        {"type": "hasMember", "targetRef": "user:default/alice"},
        {"type": "ownerOf", "targetRef": "api:default/ledger"},
        {"type": "ownerOf", "targetRef": "component:default/ledger"},
    ]


def test_the_other_end_forgets_an_entity_that_is_removed() -> None:
    put(document("Group", "payments"), location="url:https://git.example/teams")
    put(component("ledger"))

    remove_location(HERE)

    assert relations_of("group:default/payments") == []


def test_a_membership_that_only_the_group_states_counts(people: dict[str, User]) -> None:
    put(document("Group", "on-call", {"members": ["alice"]}))

    assert actor_for(people["alice"]).groups == {"group:default/payments", "group:default/on-call"}


def test_an_account_without_an_entity_has_no_groups(platform_admin: User) -> None:
    actor = actor_for(platform_admin)

    assert actor == Actor("user:default/admin", frozenset(), is_platform=True)


def test_pickers_offer_groups_and_systems_by_title(people: dict[str, User]) -> None:
    alice = actor_for(people["alice"])

    assert [group.name for group in groups()] == ["engineering", "identity", "payments", "platform"]
    assert [system.name for system in systems()] == ["accounts", "checkout"]
    assert [group.ref for group in groups_of(alice)] == ["group:default/payments"]
    assert groups_of(Actor("user:default/root", is_platform=True)).count() == 4


def test_the_picture_shows_neighbours_and_tells_missing_ones(people: dict[str, User]) -> None:
    ledger, _ = put(*service("ledger"))

    graph = relations_graph(ledger)

    assert [(node.ref, node.title, node.exists, node.is_centre) for node in graph.nodes] == [
        ("component:default/ledger", "ledger", True, True),
        ("group:default/payments", "Payments", True, False),
        ("system:default/checkout", "Checkout", True, False),
        ("api:default/ledger", "ledger", True, False),
    ]
    assert [(edge.target, edge.label) for edge in graph.edges] == [
        ("group:default/payments", "owned by"),
        ("system:default/checkout", "part of"),
        ("api:default/ledger", "provides"),
    ]

    (lonely,) = put(component("lonely", {"owner": "nobody"}), location="url:https://git.example/lonely")
    assert relations_graph(lonely).nodes[1][:6] == (
        "group:default/nobody",
        "group",
        "default",
        "nobody",
        "nobody",
        False,
    )


def test_a_crowded_picture_leaves_neighbours_out_and_counts_them(people: dict[str, User]) -> None:
    put(*[component(f"svc-{number:02}") for number in range(60)])

    graph = relations_graph(Entity.objects.get(ref="group:default/payments"), limit=10)

    assert len(graph.nodes) == 11
    assert graph.omitted == 60 + 4 - 10
    assert {edge.target for edge in graph.edges} <= {node.ref for node in graph.nodes}
