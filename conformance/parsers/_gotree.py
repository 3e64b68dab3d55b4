"""Syntax trees of Go files, by tree-sitter, with the one thing that its grammar lacks.

Go 1.26 lets `new` take an expression (`new("x")`); the grammar 0.25 knows only types there (tree-sitter-go#193). Where
a file does not parse, such a `new` is renamed in the copy that is parsed to an identifier of the same length, so that
every position stays. Texts must be read from the original by position.
"""

from __future__ import annotations

import re

import tree_sitter_go
from tree_sitter import Language, Node
from tree_sitter import Parser as TreeParser

from conformance.examining.parser import ParseError

LANGUAGE = Language(tree_sitter_go.language())
MOST_GUESSES = 16

_NEW = re.compile(rb"\bnew[ \t]*\(")
_TYPE = re.compile(rb"[*(\s]*(?:\[|<-|(?:map|chan|func|struct|interface)\b)")
_STAND_IN = b"nEw"


def root_of(source: bytes) -> Node:
    """Return the root of the file's tree; ParseError with the line of the first place that is not Go."""
    root = _root(source)
    if not root.has_error:
        return root
    places = [match.start() for match in _NEW.finditer(source)]
    types = [place for place in places if _TYPE.match(source, source.index(b"(", place) + 1)]
    copy = bytearray(source)
    for place in set(places) - set(types):
        copy[place : place + 3] = _STAND_IN
    guess = _root(bytes(copy)) if places else root
    for _ in range(MOST_GUESSES):
        if not guess.has_error:
            return guess
        # `new([]int)` and `new([]int{1})` begin alike: the last one before the error is taken for an expression.
        before = [place for place in types if place <= _first_error(guess).start_byte]
        if not before:
            break
        types.remove(before[-1])
        copy[before[-1] : before[-1] + 3] = _STAND_IN
        guess = _root(bytes(copy))
    raise ParseError("It is not valid Go.", _first_error(guess).start_point[0] + 1)


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
