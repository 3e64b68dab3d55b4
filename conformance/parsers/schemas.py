"""Workflows and settings of dependency bots, judged by their published schemas, as check-jsonschema carries them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from conformance.examining.nodes import Node
from conformance.examining.parser import ParseError, Parser, ToolMissingError
from conformance.parsers._json import parse_json
from conformance.parsers._judges import SECONDS, verdict
from conformance.parsers._schemas import findings
from conformance.parsers._text import with_package
from conformance.parsers.yaml import parse as parse_yaml

_WANTED = re.compile(
    r"\.github/workflows/[^/]+\.ya?ml|\.github/dependabot\.ya?ml|(?:\.github/)?renovate\.json|\.renovaterc\.json"
)
_UNKNOWN = "It is neither a workflow (on, jobs) nor settings of Dependabot (version, updates) nor JSON."
_TOOL = with_package("", "check-jsonschema").strip()


def parse(path: str, content: bytes) -> Any:
    """Return findings, and in `schema` which one was asked; ParseError when it is none of the three kinds of document.

    The kind is told by what the document says, not by its path: the same content must always give the same facts.
    """
    document, refusal = _document(path, content)
    schema = _schema_of(set(document.keys()), refusal)
    return verdict(_TOOL, findings(_validator(f"vendor.{schema}"), document), schema=schema)


def _document(path: str, content: bytes) -> tuple[Node, ParseError | None]:
    """Return the document, and why it is no JSON."""
    try:
        return Node(parse_json(path, content)), None
    except ParseError as refusal:
        looks_like_json = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
        document = Node(_only(parse_yaml(path, content)["documents"]))
        return document, refusal if looks_like_json else ParseError(_UNKNOWN, 1)


def _only(documents: list[Any]) -> Any:
    if len(documents) != 1:
        raise ParseError(f"It holds {len(documents)} documents instead of one.")
    return documents[0]


def _schema_of(keys: set[str], refusal: ParseError | None) -> str:
    if keys & {"on", "jobs"}:
        return "github-workflows"
    if keys & {"updates", "version", "registries"}:
        return "dependabot"
    if refusal is None:
        return "renovate"
    raise refusal


@lru_cache(maxsize=8)
def _validator(schema: str) -> Any:
    try:
        from check_jsonschema.formats import FormatOptions
        from check_jsonschema.regex_variants import RegexImplementation, RegexVariantName
        from check_jsonschema.schema_loader import BuiltinSchemaLoader
    except ImportError:
        raise ToolMissingError("check-jsonschema is not installed") from None
    expressions = RegexImplementation(RegexVariantName.default)
    formats = FormatOptions(regex_impl=expressions, enabled=True)
    return BuiltinSchemaLoader(schema).get_validator("", {}, formats, expressions, fill_defaults=False)


PARSER = Parser(
    name="schemas",
    version=f"1 {_TOOL}",
    wants=lambda path: _WANTED.fullmatch(path) is not None,
    parse=parse,
    seconds=SECONDS,
    is_external=True,
)
