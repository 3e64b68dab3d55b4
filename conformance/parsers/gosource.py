"""Go source, read by tree-sitter: what is imported, declared, called and composed. See ADR 0005 for why and its bounds.

Names are as written: types are unknown, so a call's name is the text of what is called (`fmt.Println`, `panic`,
`s.http.Shutdown`). Calls, indexes, assertions and literals within it are shortened to `()`, `[]`, `.()` and `{}`:
`slog.With().Info`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tree_sitter import Node, Query, QueryCursor

from conformance.examining.parser import ParseError, Parser
from conformance.parsers._gotree import LANGUAGE, root_of
from conformance.parsers._text import decode, keepable, with_package

MOST_ITEMS = 5000
MOST_NAME = 200
MOST_ARGUMENT = 500
MOST_ARGUMENTS = 4
MOST_KEYS = 100
MOST_ROUTE = 200
MOST_LINKS = 50
_NO_PACKAGE = "It is not valid Go: it has no package clause."

_QUERY = Query(
    LANGUAGE,
    """
    (package_clause (package_identifier) @package)
    (import_spec) @import
    (source_file (function_declaration) @function)
    (source_file (method_declaration) @function)
    (call_expression) @call
    (type_conversion_expression type: (generic_type)) @call
    (composite_literal type: [(type_identifier) (qualified_type) (generic_type)]) @composite
    [(interpreted_string_literal) (raw_string_literal)] @string
    """,
)
_HEAD = Query(LANGUAGE, "(package_clause (package_identifier) @package) (import_spec) @import")
_DECLARATION = re.compile(rb"^(?:func|type|var|const)\b", re.MULTILINE)
_PACKAGE = re.compile(rb"(?>\s+|//[^\n]*|/\*.*?\*/|;)*+package\b", re.DOTALL)
_GENERATED = re.compile(rb"// Code generated .* DO NOT EDIT\.")
_ROUTE = re.compile(r"(?:[A-Z]{3,20} +)?(/.*)", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_SIMPLE = dict(zip(b"abfnrtv\\'\"", b"\a\b\f\n\r\t\v\\'\"", strict=True))
_SHORT = {
    "call_expression": ("function", "()"),
    "index_expression": ("operand", "[]"),
    "slice_expression": ("operand", "[]"),
    "type_assertion_expression": ("operand", ".()"),
    "type_instantiation_expression": ("type", ""),
    "composite_literal": ("type", "{}"),
    "type_conversion_expression": ("type", "()"),
    "generic_type": ("type", ""),
    "unary_expression": ("operand", ""),
    "func_literal": ("", "func"),
}
"""What a link in a call's name is shortened to: the field that goes on, and the text that stands for the rest."""
_NAMES = ("identifier", "type_identifier", "package_identifier", "qualified_type", "nil", "true", "false", "iota")
_POINTERS = ("pointer_type", "parenthesized_type", "generic_type")


def parse(_path: str, content: bytes) -> Any:
    """Return package, imports, functions, calls, composites and routes; ParseError when it is not Go."""
    source = _source(content)
    root = root_of(source)
    return _File(source, _found(_QUERY, root)).facts(is_generated=_is_generated(root))


def parse_head(_path: str, content: bytes) -> Any:
    """Return package and imports alone, as go/parser's ImportsOnly; ParseError when that part is not Go."""
    source = _source(content)
    declaration = _DECLARATION.search(source)
    try:
        root = root_of(source[: declaration.start()] if declaration else source)
    except ParseError:  # the word stood in a comment before the imports
        root = root_of(source)
    return _File(source, _found(_HEAD, root)).head()


def _source(content: bytes) -> bytes:
    source = decode(content).encode()
    if not _PACKAGE.match(source):  # told at once: the tree of a text that is not Go at all takes long
        raise ParseError(_NO_PACKAGE, 1)
    return source


def _found(query: Query, root: Node) -> dict[str, list[Node]]:
    found = QueryCursor(query).captures(root)
    if "package" not in found:
        raise ParseError(_NO_PACKAGE, 1)
    return found


class _File:
    """One file: its bytes, and the nodes that the query found."""

    def __init__(self, source: bytes, found: dict[str, list[Node]]) -> None:
        self._source = source
        self._found = found

    def facts(self, *, is_generated: bool) -> dict[str, Any]:
        """Return the facts of the file, everything in the order of the text."""
        return {
            **self.head(),
            "generated": is_generated,
            "functions": [self._function(node) for node in self._all("function")],
            "calls": [self._call(node) for node in self._all("call")],
            "composites": [self._composite(node) for node in self._all("composite")],
            "routes": list(self._routes()),
        }

    def head(self) -> dict[str, Any]:
        """Return the facts of what stands before the declarations."""
        return {
            "package": self._text(self._found["package"][0]),
            "imports": [self._import(node) for node in self._all("import")],
        }

    def _all(self, kind: str) -> list[Node]:
        return sorted(self._found.get(kind, []), key=_place)[:MOST_ITEMS]

    def _text(self, node: Node | None) -> str:
        return "" if node is None else keepable(self._source[node.start_byte : node.end_byte].decode(), MOST_NAME)

    def _import(self, node: Node) -> dict[str, Any]:
        path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
        return {"path": self._string(path) or "", "name": self._text(name), "line": _line(node)}

    def _function(self, node: Node) -> dict[str, Any]:
        receiver, name = node.child_by_field_name("receiver"), node.child_by_field_name("name")
        return {"name": self._text(name), "receiver": self._receiver(receiver), "line": _line(node)}

    def _receiver(self, parameters: Node | None) -> str:
        """Return the name of the receiver's type, without pointer and type parameters; empty for a function."""
        children = parameters.named_children if parameters is not None else []
        declared = next((each for each in children if each.type == "parameter_declaration"), None)
        kind = declared.child_by_field_name("type") if declared is not None else None
        while kind is not None and kind.type in _POINTERS:
            kind = kind.child_by_field_name("type") or kind.named_child(0)
        return self._text(kind)

    def _call(self, node: Node) -> dict[str, Any]:
        called, values = self._parts(node)
        return {
            "name": self._name(called),
            "line": _line(node),
            "args": [self._string(value) for value in values[:MOST_ARGUMENTS]],
        }

    def _parts(self, node: Node) -> tuple[Node | None, list[Node]]:
        """Return what is called, and with what. `F[int](x)` may be a conversion too: the grammar takes it for one."""
        if node.type == "type_conversion_expression":
            operand = node.child_by_field_name("operand")
            return node.child_by_field_name("type"), [operand] if operand is not None else []
        arguments = node.child_by_field_name("arguments")
        values = arguments.named_children if arguments is not None else []
        return node.child_by_field_name("function"), [each for each in values if each.type != "comment"]

    def _name(self, node: Node | None) -> str:
        """Return what is called, as written but for what lies in brackets."""
        if node is not None and node.type == "identifier":
            return self._text(node)
        ends: list[str] = []
        while node is not None and len(ends) < MOST_LINKS:
            kind = node.type
            if kind == "selector_expression":
                ends.append("." + self._text(node.child_by_field_name("field")))
                node = node.child_by_field_name("operand")
            elif kind == "parenthesized_expression":
                node = next((each for each in node.named_children if each.type != "comment"), None)
            elif kind in _SHORT:
                field, end = _SHORT[kind]
                ends.append(end)
                node = node.child_by_field_name(field) if field else None
            else:
                ends.append(self._text(node) if kind in _NAMES else "()")
                node = None
        return keepable("".join(reversed(ends)), MOST_NAME)

    def _composite(self, node: Node) -> dict[str, Any]:
        kind, body = node.child_by_field_name("type"), node.child_by_field_name("body")
        if kind is not None and kind.type == "generic_type":
            kind = kind.child_by_field_name("type")
        keys = list(self._keys(body)) if body is not None else []
        return {"type": self._text(kind), "line": _line(node), "keys": keys[:MOST_KEYS]}

    def _keys(self, body: Node) -> Iterator[str]:
        for element in body.named_children:
            key = element.child_by_field_name("key") if element.type == "keyed_element" else None
            name = key.named_child(0) if key is not None else None
            if name is not None and name.type in _NAMES:
                yield self._text(name)

    def _routes(self) -> Iterator[dict[str, Any]]:
        for node in self._all("string"):
            raw = self._source[node.start_byte : node.end_byte]
            match = _ROUTE.fullmatch(self._string(node) or "") if b"/" in raw and len(raw) < 4 * MOST_ROUTE else None
            if match and len(match[1]) <= MOST_ROUTE:
                yield {"value": match[1], "line": _line(node)}

    def _string(self, node: Node | None) -> str | None:
        """Return the value of a string literal, None for anything else (Go specification, String literals)."""
        if node is not None and node.type == "variadic_argument":
            node = node.named_child(0)
        if node is None:
            return None
        kind = node.type
        inner = self._source[node.start_byte + 1 : node.end_byte - 1]
        if kind == "raw_string_literal":
            inner = inner.replace(b"\r", b"")
        elif kind != "interpreted_string_literal":
            return None
        elif b"\\" in inner:
            inner = _ESCAPE.sub(_unescaped, inner)
        return keepable(inner.decode(errors="replace"), MOST_ARGUMENT)


def _place(node: Node) -> tuple[int, int]:
    """Order by the text, what holds something before what it holds."""
    return node.start_byte, -node.end_byte


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _is_generated(root: Node) -> bool:
    """Tell what go/ast.IsGenerated tells: a line comment of the known form stands before the package clause."""
    for child in root.children:
        if child.type != "comment":
            return False
        if _GENERATED.fullmatch(child.text or b""):
            return True
    return False


def _unescaped(match: re.Match[bytes]) -> bytes:
    simple, octal, hexadecimal, *runes = match.groups()
    if simple:
        return bytes((_SIMPLE[simple[0]],))
    if octal or hexadecimal:
        return bytes(((int(octal, 8) if octal else int(hexadecimal, 16)) & 0xFF,))
    rune = int(runes[0] or runes[1], 16)
    return chr(rune).encode(errors="replace") if rune <= 0x10FFFF else b"?"


PARSER = Parser(
    name="gosource",
    version=with_package("2", "tree-sitter-go"),
    wants=lambda path: path.endswith(".go") and not path.endswith("_test.go"),
    parse=parse,
    is_module_blind=True,
)
