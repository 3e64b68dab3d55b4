"""What a page asks once the answers so far are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scaffolder.parameters.schema import fits

_DEPTH = 8
_CONDITIONAL = frozenset({"dependencies", "if", "then", "else", "allOf", "properties", "required"})


def effective_page(page: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `page` with its conditions decided by `values`: plain `properties` and `required`, nothing conditional.

    `dependencies` apply when their key has a value; of a `oneOf` inside one, the branch whose schema for that key fits
    applies, as in Backstage's form. `if/then/else` and `allOf` are decided in the same way, nested up to eight deep.
    """
    result = {key: value for key, value in page.items() if key not in _CONDITIONAL}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for part in _parts(page, values, _DEPTH):
        for key, schema in part.get("properties", {}).items():
            properties[key] = {**properties.get(key, {}), **schema} if isinstance(schema, dict) else {}
        required += [key for key in part.get("required", []) if key not in required]
    result["type"] = "object"
    result["properties"] = properties
    result["required"] = required
    return result


def _parts(schema: Any, values: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    if not isinstance(schema, Mapping) or depth == 0:
        return
    yield schema
    for child in (*_dependencies(schema, values), *_condition(schema, values), *schema.get("allOf", [])):
        yield from _parts(child, values, depth - 1)


def _dependencies(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, dependency in schema.get("dependencies", {}).items():
        if key not in values:
            continue
        if isinstance(dependency, list):
            yield {"required": dependency}
        elif isinstance(dependency, Mapping):
            yield {name: value for name, value in dependency.items() if name not in {"oneOf", "anyOf"}}
            yield from _branch(key, dependency, values)


def _branch(key: str, dependency: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for branch in dependency.get("oneOf", dependency.get("anyOf", [])):
        wanted = branch.get("properties", {}).get(key)
        if wanted is not None and fits(wanted, values[key]):
            others = {name: schema for name, schema in branch["properties"].items() if name != key}
            yield {**branch, "properties": others}
            return


def _condition(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "if" not in schema:
        return
    branch = schema.get("then" if fits(schema["if"], dict(values)) else "else")
    if isinstance(branch, Mapping):
        yield branch


def possible_properties(schema: Any) -> dict[str, Any]:
    """Return every property that some answers could bring onto the page, with the first schema given for it."""
    found: dict[str, Any] = {}
    if not isinstance(schema, Mapping):
        return found
    children = [schema.get("then"), schema.get("else"), *schema.get("allOf", [])]
    children += [*schema.get("oneOf", []), *schema.get("anyOf", []), *schema.get("dependencies", {}).values()]
    for key, value in schema.get("properties", {}).items():
        found.setdefault(key, value)
    for child in children:
        for key, value in possible_properties(child).items():
            found.setdefault(key, value)
    return found


def controlling_keys(schema: Any) -> frozenset[str]:
    """Return the keys whose answers decide what else is asked."""
    if not isinstance(schema, Mapping):
        return frozenset()
    keys = set(schema.get("dependencies", {})) | _keys_of(schema.get("if"))
    children = [schema.get("then"), schema.get("else"), *schema.get("allOf", [])]
    children += [*schema.get("oneOf", []), *schema.get("dependencies", {}).values()]
    return frozenset(keys.union(*(controlling_keys(child) for child in children)))


def _keys_of(condition: Any) -> set[str]:
    if not isinstance(condition, Mapping):
        return set()
    keys = set(condition.get("properties", {})) | set(condition.get("required", []))
    nested = [condition.get("not"), *condition.get("allOf", []), *condition.get("anyOf", [])]
    return keys.union(*(_keys_of(child) for child in [*nested, *condition.get("oneOf", [])]))
