"""The picture of an entity's relations."""

from __future__ import annotations

from typing import NamedTuple

from catalog.choices import RelationType
from catalog.models import Entity
from catalog.refs import parse_ref

MAX_NEIGHBOURS = 40


class Node(NamedTuple):
    """One entity of the picture; `exists` is False for a reference to something that the catalog does not have."""

    ref: str
    kind: str
    namespace: str
    name: str
    title: str
    exists: bool
    is_centre: bool


class Edge(NamedTuple):
    """One relation of the picture: from the entity in its centre to a neighbour."""

    source: str
    target: str
    type: str
    label: str


class Graph(NamedTuple):
    """Nodes, the centre first, and edges; `omitted` counts neighbours that were left out of a crowded picture."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    omitted: int


def relations_graph(entity: Entity, limit: int = MAX_NEIGHBOURS) -> Graph:
    """Return the entity and its direct neighbours, at most `limit` of them: two queries."""
    refs = list(dict.fromkeys(target for _, target in entity.relations if target != entity.ref))
    shown = set(refs[:limit])
    found = {each.ref: each for each in Entity.objects.filter(ref__in=shown)}
    nodes = [_node(ref, found.get(ref)) for ref in refs[:limit]]
    edges = [_edge(entity.ref, type_, target) for type_, target in entity.relations if target in shown]
    return Graph((_centre(entity), *nodes), tuple(edges), max(0, len(refs) - limit))


def _centre(entity: Entity) -> Node:
    return _node(entity.ref, entity)._replace(is_centre=True)


def _node(ref: str, entity: Entity | None) -> Node:
    if entity is not None:
        return Node(ref, entity.kind, entity.namespace, entity.name, entity.display_name, True, False)
    parts = parse_ref(ref)
    return Node(ref, parts.kind, parts.namespace, parts.name, parts.name, False, False)


def _edge(source: str, type_: str, target: str) -> Edge:
    return Edge(source, target, type_, RelationType(type_).label)
