"""Shell text as commands: what steps of workflows, recipes of makefiles and scripts run.

The grammar is tree-sitter's of Bash. Words are kept as the shell would pass them, without quotes. What the shell would
still expand is written `${name}` or `${name:-default}`, a literal dollar `$$`: `expand` fills it in later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

MOST_CHARACTERS = 256 * 1024
"""Longer texts are no scripts that anybody reads."""
_LONGEST = 4096
_SHORT = 4096
_DEEPEST = 20
_HARMLESS = frozenset({"true", ":", "echo", "printf"})
_UNKNOWN = "$$()"
_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect", "variable_assignment", "comment"})
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution", "arithmetic_expansion"})
_PARTED = frozenset({"command_name", "concatenation", "string"})
_RAW = {"raw_string": 1, "ansi_c_string": 2}
"""Texts in which nothing is expanded, and how many characters open them."""
_BASH = Language(tree_sitter_bash.language())


@dataclass(frozen=True, slots=True)
class ShellCommand:
    """One simple command: its words, its line in the text (from 1), and whether its failure is let pass (`|| true`)."""

    words: tuple[str, ...]
    line: int
    is_tolerated: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable that the text sets."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Script:
    """A text's commands and assignments, in the order of the text."""

    commands: tuple[ShellCommand, ...] = ()
    assignments: tuple[Assignment, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the script as it is stored."""
        return {
            "commands": [{"words": list(c.words), "line": c.line, "tolerated": c.is_tolerated} for c in self.commands],
            "variables": [{"name": a.name, "value": a.value, "line": a.line} for a in self.assignments],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Script:
        """Return a stored script."""
        return cls(
            tuple(ShellCommand(tuple(c["words"]), c["line"], c["tolerated"]) for c in stored["commands"]),
            tuple(Assignment(a["name"], a["value"], a["line"]) for a in stored["variables"]),
        )


def read(text: str) -> Script:
    """Return the commands and assignments of a shell text; what is no shell gives what can be made of it.

    A text of more than MOST_CHARACTERS gives nothing. Short texts are remembered: recipes and steps are read by many
    checks, and are the same in many services.
    """
    if len(text) > MOST_CHARACTERS:
        return Script()
    return _remembered(text) if len(text) <= _SHORT else _script(text)


@lru_cache(maxsize=512)
def _remembered(text: str) -> Script:
    return _script(text)


def _script(text: str) -> Script:
    tree = Parser(_BASH).parse(text.encode())
    commands: list[ShellCommand] = []
    assignments: list[Assignment] = []
    for node, is_tolerated in _walk(tree.root_node):
        words = _words(node)
        if words:
            commands.append(ShellCommand(words, node.start_point.row + 1, is_tolerated))
        elif node.type == "variable_assignment":
            assignments.append(_assignment(node))
    return Script(tuple(commands), tuple(assignments))


def _walk(root: Node) -> Iterator[tuple[Node, bool]]:
    """Yield all nodes in the order of the text, with whether a failure below them is let pass."""
    stack = [(root, False)]
    while stack:
        node, is_tolerated = stack.pop()
        yield node, is_tolerated
        children = node.children
        caught = len(children) == 3 and node.type == "list" and children[1].type == "||" and _is_harmless(children[2])
        stack.extend((child, is_tolerated or (caught and child is children[0])) for child in reversed(children))


def _is_harmless(node: Node) -> bool:
    words = _words(node)
    return bool(words) and (words[0] in _HARMLESS or words[:2] == ("exit", "0"))


def _words(node: Node) -> tuple[str, ...]:
    """Return the words of a node that is a command or a test; nothing for any other node."""
    if node.type == "command":
        return tuple(_word(child) for child in node.children if child.type not in _REDIRECTS)
    if node.type == "test_command":
        return tuple(_leaves(node))
    if node.type == "compound_statement" and node.children and node.children[0].type == "((":
        return ("((", _text(node)[2:-2].strip())
    return ()


def _leaves(node: Node) -> Iterator[str]:
    """Yield the words and operators of a test."""
    stack = [node]
    while stack:
        found = stack.pop()
        if found.type in ("test_command", "parenthesized_expression") or found.type.endswith("ary_expression"):
            stack.extend(reversed(found.children))
        else:
            yield _word(found)


def _assignment(node: Node) -> Assignment:
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    return Assignment(_text(name) if name else "", _word(value) if value else "", node.start_point.row + 1)


def _word(node: Node, depth: int = 0) -> str:
    """Return a word as the shell would pass it, with what is to be expanded in this module's own form."""
    kind = node.type
    if depth > _DEEPEST or kind in _SUBSTITUTIONS:
        return _UNKNOWN
    if kind in _PARTED:
        return _joined(node, node.children[1:-1] if kind == "string" else node.children, depth)
    if kind == "simple_expansion":
        return "${" + _text(node)[1:] + "}"
    if kind == "expansion":
        return _expansion(node, depth)
    if kind in _RAW:
        return _text(node)[_RAW[kind] : -1].replace("$", "$$")
    return _unescaped(_text(node))


def _joined(node: Node, children: list[Node], depth: int) -> str:
    """Return children as one word, with the blanks of a quoted text that the grammar leaves between them."""
    parts: list[str] = []
    is_quoted = node.type == "string"
    at = node.start_byte + 1
    source = node.text or b""
    for child in children:
        if is_quoted:
            parts.append(source[at - node.start_byte : child.start_byte - node.start_byte].decode(errors="replace"))
            at = child.end_byte
        parts.append(_word(child, depth + 1))
    if is_quoted:
        parts.append(source[at - node.start_byte : -1].decode(errors="replace"))
    return "".join(parts)


def _expansion(node: Node, depth: int) -> str:
    name = next((_text(c) for c in node.children if c.type in ("variable_name", "special_variable_name")), "")
    operator = next((c.type for c in node.children if c.type in (":-", "-", ":=", "=")), "")
    opening = _text(node).partition("$")[0] + "${"  # the grammar takes blanks before it along
    if not operator:
        return opening + name + "}"
    after = [child.type for child in node.children].index(operator) + 1
    default = "".join(_word(child, depth + 1) for child in node.children[after:-1])
    return opening + name + ":-" + default + "}"


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text.replace("$", "$$")
    parts: list[str] = []
    characters = iter(text)
    for character in characters:
        kept = next(characters, "") if character == "\\" else character
        parts.append("" if kept == "\n" and character == "\\" else "$$" if kept == "$" else kept)
    return "".join(parts)


def expand(word: str, variables: Mapping[str, str]) -> str:
    """Return the word with `${name}` replaced by its value in `variables`, else by its default, else left as it is.

    `$$` becomes a dollar. Values are taken as they are. The result is cut at 4,096 characters.
    """
    parts: list[str] = []
    at = 0
    while (dollar := word.find("$", at)) >= 0:
        parts.append(word[at:dollar])
        if word.startswith("${", dollar):
            at = _closing(word, dollar + 2)
            parts.append(_filled(word[dollar + 2 : at - 1], variables))
        else:
            parts.append("$")
            at = dollar + (2 if word.startswith("$$", dollar) else 1)
    parts.append(word[at:])
    return "".join(parts)[:_LONGEST]


def _filled(inner: str, variables: Mapping[str, str]) -> str:
    name, has_default, default = inner.partition(":-")
    if variables.get(name):
        return variables[name]
    if has_default:
        return expand(default, variables)
    return "" if name in variables else "${" + name + "}"


def _closing(word: str, start: int) -> int:
    """Return the index after the brace that closes the one before `start`."""
    open_braces = 1
    for index in range(start, len(word)):
        open_braces += 1 if word[index] == "{" else -1 if word[index] == "}" else 0
        if open_braces == 0:
            return index + 1
    return len(word) + 1
