"""Syntax trees of Go files, by tree-sitter, with the one thing that its grammar lacks.

The grammar 0.25 takes `new` and `make` for calls with a type. Go 1.26 lets `new` take an expression (`new("x")`,
tree-sitter-go#193), and both names may be declared anew (tree-sitter-go#189). Where a file does not parse, such a name
is written otherwise in the copy that is parsed, as an identifier of the same length, so that every position stays.
Texts must be read from the original by position.
"""

from __future__ import annotations

import re

import tree_sitter_go
from tree_sitter import Language, Node
from tree_sitter import Parser as TreeParser

from conformance.examining.parser import ParseError

LANGUAGE = Language(tree_sitter_go.language())
MOST_GUESSES = 16
MOST_GUESSED_BYTES = 2 * 1024 * 1024
MOST_DEPTH = 2000

_BUILTIN = re.compile(rb"\b(?:new|make)[ \t]*\(")
_TYPE = re.compile(rb"[*(\s]*(?:\[|<-|(?:map|chan|func|struct|interface)\b)")


def root_of(source: bytes) -> Node:
    """Return the root of the file's tree; ParseError with the line of the first place that is not Go."""
    if not source.endswith(b"\n"):
        source += b"\n"  # the grammar wants one after the last declaration
    root = _root(source)
    _check_depth(root)
    if not root.has_error:
        return root
    places = [match.start() for match in _BUILTIN.finditer(source)]
    types = [place for place in places if _takes_a_type(source, place)]
    copy = bytearray(source)
    for place in set(places) - set(types):
        _rename(copy, place)
    return _guessed(copy, types)


def _guessed(copy: bytearray, places: list[int]) -> Node:
    """Return the root when renaming some of the places removes all errors; ParseError when it does not.

    `new([]int)` and `new([]int{1})` begin alike: the call nearest to the error is taken for one with an expression.
    """
    root = _root(bytes(copy))
    for _ in range(min(MOST_GUESSES, MOST_GUESSED_BYTES // len(copy))):
        error = _first_error(root).start_byte
        if not root.has_error or not places:
            break
        place = min(places, key=lambda place: abs(place - error))
        places.remove(place)
        _rename(copy, place)
        guess = _root(bytes(copy))
        if not guess.has_error or _first_error(guess).start_byte > error:
            root = guess
        else:
            _rename(copy, place)
    if root.has_error:
        raise ParseError("It is not valid Go.", _first_error(root).start_point[0] + 1)
    return root


def _check_depth(root: Node) -> None:
    """Raise ParseError for a tree of twice MOST_DEPTH, and perhaps for one of more than MOST_DEPTH.

    Queries take minutes on trees of 32,768 levels. Every node at twice the depth has MOST_DEPTH ancestors that are too
    deep, all in one stretch of the order of the text, so that looking at every MOST_DEPTH-th node meets one of them.
    """
    cursor = root.walk()
    for index in range(0, root.descendant_count, MOST_DEPTH):
        cursor.goto_descendant(index)
        if cursor.depth > MOST_DEPTH:
            raise ParseError("It is nested too deeply.", cursor.node.start_point[0] + 1 if cursor.node else 0)


def _takes_a_type(source: bytes, place: int) -> bool:
    """Tell whether the call probably has a type in its brackets: every `make`, and a `new` that begins like one."""
    return source.startswith(b"make", place) or _TYPE.match(source, source.index(b"(", place) + 1) is not None


def _rename(copy: bytearray, place: int) -> None:
    copy[place + 1] ^= 0x20  # new to nEw, make to mAke, and back


def _root(source: bytes) -> Node:
    return TreeParser(LANGUAGE).parse(source).root_node


def _first_error(root: Node) -> Node:
    """Return the first node that the grammar does not know, or misses."""
    cursor = root.walk()
    node = root
    while not (node.is_error or node.is_missing) and cursor.goto_first_child():
        node = cursor.node or root
        while not node.has_error and cursor.goto_next_sibling():
            node = cursor.node or root
    return node
