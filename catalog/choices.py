"""Kinds of entities and types of relations that the catalog knows."""

from __future__ import annotations

from django.db import models


class Kind(models.TextChoices):
    """Kinds of entities; others are refused."""

    COMPONENT = "Component", "Component"
    API = "API", "API"
    RESOURCE = "Resource", "Resource"
    SYSTEM = "System", "System"
    DOMAIN = "Domain", "Domain"
    GROUP = "Group", "Group"
    USER = "User", "User"
    LOCATION = "Location", "Location"
    TEMPLATE = "Template", "Template"


class RelationType(models.TextChoices):
    """Types of relations, with the words that a page uses for them."""

    OWNED_BY = "ownedBy", "owned by"
    OWNER_OF = "ownerOf", "owner of"
    PART_OF = "partOf", "part of"
    HAS_PART = "hasPart", "has part"
    PROVIDES_API = "providesApi", "provides"
    API_PROVIDED_BY = "apiProvidedBy", "provided by"
    CONSUMES_API = "consumesApi", "consumes"
    API_CONSUMED_BY = "apiConsumedBy", "consumed by"
    DEPENDS_ON = "dependsOn", "depends on"
    DEPENDENCY_OF = "dependencyOf", "dependency of"
    PARENT_OF = "parentOf", "parent of"
    CHILD_OF = "childOf", "child of"
    MEMBER_OF = "memberOf", "member of"
    HAS_MEMBER = "hasMember", "has member"
    SCAFFOLDED_FROM = "scaffoldedFrom", "made from"
    SCAFFOLDER_OF = "scaffolderOf", "made"


_PAIRS = (
    (RelationType.OWNED_BY, RelationType.OWNER_OF),
    (RelationType.PART_OF, RelationType.HAS_PART),
    (RelationType.PROVIDES_API, RelationType.API_PROVIDED_BY),
    (RelationType.CONSUMES_API, RelationType.API_CONSUMED_BY),
    (RelationType.DEPENDS_ON, RelationType.DEPENDENCY_OF),
    (RelationType.PARENT_OF, RelationType.CHILD_OF),
    (RelationType.MEMBER_OF, RelationType.HAS_MEMBER),
    (RelationType.SCAFFOLDED_FROM, RelationType.SCAFFOLDER_OF),
)
OPPOSITE: dict[RelationType, RelationType] = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
KIND_BY_LOWER: dict[str, Kind] = {kind.value.lower(): kind for kind in Kind}
RELATION_BY_LOWER: dict[str, RelationType] = {type_.value.lower(): type_ for type_ in RelationType}
