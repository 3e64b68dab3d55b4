"""The documents that describe a service's APIs: OpenAPI, protobuf, GraphQL."""

from __future__ import annotations

from conformance.checks._kept import once
from conformance.examining.subject import Subject

_NOT_OURS = frozenset({"vendor", "testdata", "third_party", "node_modules", "test", "tests"})
_LIKELY = tuple(f"**/{name}.{suffix}" for name in ("*openapi*", "*swagger*") for suffix in ("yaml", "yml"))
_UNREAD = ("**/openapi*.json", "**/swagger*.json")
_FOLDERS = ("api/**/*.yaml", "api/**/*.yml")


@once
def openapi(subject: Subject) -> list[str]:
    """Return the OpenAPI documents: YAML with `openapi` or `swagger` at its top, and JSON by its name."""
    paths = [path for path in sorted(subject.paths(*_LIKELY, *_FOLDERS)) if _is_ours(path)]
    found = [path for path in paths if any(node["openapi"] or node["swagger"] for node in subject.yaml(path))]
    return found + [path for path in sorted(subject.paths(*_UNREAD)) if _is_ours(path)]


def protobuf(subject: Subject) -> list[str]:
    """Return the protobuf files of the service itself."""
    return [path for path in sorted(subject.paths("**/*.proto")) if _is_ours(path)]


def graphql(subject: Subject) -> list[str]:
    """Return the GraphQL schemas of the service itself; other files of this language hold what clients ask."""
    return [path for path in sorted(subject.paths("**/*.graphqls", "**/schema.graphql")) if _is_ours(path)]


def _is_ours(path: str) -> bool:
    folders = path.split("/")[:-1]
    return _NOT_OURS.isdisjoint(folders) and not any(folder.startswith(".") for folder in folders)
