"""Kubernetes manifests, judged by the published schemas of Kubernetes, as the package kubernetes-validate carries them.

Unknown fields are errors. What no schema is known for (Kustomize's files, custom resources) is named in `skipped`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from conformance.examining.nodes import Node
from conformance.examining.parser import Parser, ToolMissingError
from conformance.parsers._judges import MOST_FINDINGS, SECONDS, verdict
from conformance.parsers._schemas import findings
from conformance.parsers._text import keepable, with_package
from conformance.parsers.yaml import parse as parse_yaml

KUBERNETES = "1.37"

_PLACE = re.compile(r"deployments/k8s/(?:.+/)?[^/]+\.ya?ml")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_VERSION = re.compile(r"(?:(?P<group>[a-z][a-z0-9.-]{0,252})/)?(?P<version>v[0-9][a-z0-9]{0,20})")
_TOOL = with_package("", "kubernetes-validate").strip()


def parse(path: str, content: bytes) -> Any:
    """Return the findings on all resources of the file: its documents that have an apiVersion and a kind."""
    found: list[dict[str, Any]] = []
    skipped: list[dict[str, Any]] = []
    for resource in _resources(parse_yaml(path, content)["documents"]):
        validator = _validator(resource["apiVersion"].text, resource["kind"].text)
        if validator is None and len(skipped) < MOST_FINDINGS:
            skipped.append(
                {
                    "apiVersion": keepable(resource["apiVersion"].text, 100),
                    "kind": keepable(resource["kind"].text, 100),
                    "line": resource.line,
                }
            )
        elif validator is not None and len(found) < MOST_FINDINGS:
            found.extend(findings(validator, resource))
    return verdict(_TOOL, found, skipped=skipped)


def _resources(documents: list[dict[str, Any]]) -> Iterator[Node]:
    """Yield the resources; those of a List one by one."""
    for document in map(Node, documents):
        if not (document["apiVersion"].text and document["kind"].text):
            continue
        if document["kind"].text == "List" and document["items"].is_sequence:
            yield from (item for item in document["items"] if item["apiVersion"].text and item["kind"].text)
        else:
            yield document


def _validator(api_version: str, kind: str) -> Any:
    """Return the validator for a kind of resource, None when no schema is known."""
    match = _VERSION.fullmatch(api_version)
    # The schemas are named by the group's first part only, so that a group of somebody else must not get there.
    if match is None or _KIND.fullmatch(kind) is None or not _is_own(match["group"] or ""):
        return None
    group = (match["group"] or "").partition(".")[0]
    return _known_validator("-".join(filter(None, (kind.lower(), group, match["version"]))))


def _is_own(group: str) -> bool:
    return "." not in group or group.endswith(".k8s.io")


@lru_cache(maxsize=256)
def _known_validator(name: str) -> Any:
    from jsonschema import Draft202012Validator

    try:
        schema = _schema(name)
    except FileNotFoundError:
        return None
    return Draft202012Validator(schema, registry=_registry())


@lru_cache(maxsize=1)
def _registry() -> Any:
    from referencing import Registry, Resource

    return Resource.from_contents(_schema("_definitions")) @ Registry()


def _schema(name: str) -> Any:
    from importlib.resources import files

    try:
        folder = files("kubernetes_validate")
    except ModuleNotFoundError:
        raise ToolMissingError("kubernetes-validate is not installed") from None
    return json.loads(
        (folder / "kubernetes-json-schema" / f"v{KUBERNETES}.0-local-strict" / f"{name}.json").read_text()
    )


PARSER = Parser(
    name="kubernetes",
    version=f"1 {_TOOL}",
    wants=lambda path: _PLACE.fullmatch(path) is not None,
    parse=parse,
    seconds=SECONDS,
    is_external=True,
)
