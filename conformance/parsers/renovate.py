"""The settings of Renovate, read as YAML with positions, of which JSON is a part (https://yaml.org/spec/1.2.2/)."""

from __future__ import annotations

import json
from typing import Any

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._text import decode
from conformance.parsers.yaml import PARSER as YAML

PATHS = ("renovate.json", ".github/renovate.json", ".renovaterc.json")


def parse(path: str, content: bytes) -> Any:
    """Return `{"documents": [node]}` with one mapping; ParseError when it is not JSON or no object."""
    try:
        settings = json.loads(decode(content))
    except json.JSONDecodeError as error:
        raise ParseError(f"It is not valid JSON: {error.msg}.", error.lineno) from None
    except RecursionError:
        raise ParseError("It is nested too deeply.") from None
    if not isinstance(settings, dict):
        raise ParseError("It is no JSON object.", 1)
    return YAML.parse(path, content)


PARSER = Parser(name="renovate", version=f"1 {YAML.version}", wants=lambda path: path in PATHS, parse=parse)
