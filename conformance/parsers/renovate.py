"""The settings of Renovate: JSON with positions."""

from __future__ import annotations

from typing import Any

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._json import parse_json
from conformance.parsers.yaml import PARSER as YAML

PATHS = ("renovate.json", ".github/renovate.json", ".renovaterc.json")


def parse(path: str, content: bytes) -> Any:
    """Return `{"documents": [node]}` with one mapping; ParseError when it is not JSON or no object."""
    document = parse_json(path, content)
    if "m" not in document:
        raise ParseError("It is no JSON object.", 1)
    return {"documents": [document]}


PARSER = Parser(name="renovate", version=f"2 {YAML.version}", wants=lambda path: path in PATHS, parse=parse)
