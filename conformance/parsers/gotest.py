"""Go's test files: what they import. No check asks more of them, and they are more than half of a service's Go."""

from __future__ import annotations

from conformance.examining.parser import Parser
from conformance.parsers._text import with_package
from conformance.parsers.gosource import parse_head

PARSER = Parser(
    name="gotest",
    version=with_package("1", "tree-sitter-go"),
    wants=lambda path: path.endswith("_test.go"),
    parse=parse_head,
    is_module_blind=True,
)
