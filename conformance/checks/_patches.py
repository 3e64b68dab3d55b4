"""What the patches of kustomizations change: single values, whether by strategic merge or by JSON patch (RFC 6902).

A patch is a part of an object, so it is never judged for what it lacks; only for what it sets or takes away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from conformance.checks._kept import once
from conformance.checks._manifests import Kustomization, deployable, inside
from conformance.checks._problems import Problem
from conformance.examining.nodes import Node
from conformance.examining.parser import ParseError
from conformance.examining.subject import Subject, UnreadableError
from conformance.parsers.yaml import PARSER

_DELETE = "$patch"


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a patch sets or takes away.

    `kind` is that of its object, empty when the patch names none; `keys` lead to the value, items of lists by name or
    number; `path` and `line` say where it stands.
    """

    kind: str
    keys: tuple[str, ...]
    node: Node
    is_removed: bool
    path: str
    line: int

    def ends(self, *keys: str) -> bool:
        """Tell whether the way to it ends with these keys."""
        return self.keys[len(self.keys) - len(keys) :] == keys


@dataclass(frozen=True, slots=True)
class _Patch:
    """One patch: the kind that it is for, its documents, and how far its lines lie from those of its file."""

    kind: str
    documents: Sequence[Node]
    path: str
    offset: int = 0


def weakened(subject: Subject, kinds: Sequence[str], judge: Callable[[Change], str]) -> list[Problem]:
    """Return a problem for every change to objects of these kinds for which `judge` has words."""
    found = [each for each in changes(subject) if each.kind in kinds or not each.kind]
    said = [(each, judge(each)) for each in found]
    return [Problem(words, each.path, each.line) for each, words in said if words]


@once
def changes(subject: Subject) -> list[Change]:
    """Return what all patches change; UnreadableError when one is not YAML."""
    kustomizations = deployable(subject).kustomizations.values()
    return [change for each in kustomizations for patch in _patches(subject, each) for change in _read(patch)]


def _patches(subject: Subject, kustomization: Kustomization) -> Iterator[_Patch]:
    node = kustomization.node
    for entry in (*node["patches"], *node["patchesJson6902"]):
        kind = entry.at("target.kind").text
        if entry["path"]:
            yield _of_file(subject, kind, inside(kustomization.folder, entry["path"].text))
        elif entry["patch"]:
            yield _inline(kind, entry["patch"], kustomization.path)
    for entry in node["patchesStrategicMerge"]:
        if "\n" in entry.text:
            yield _inline("", entry, kustomization.path)
        else:
            yield _of_file(subject, "", inside(kustomization.folder, entry.text))


def _of_file(subject: Subject, kind: str, path: str) -> _Patch:
    return _Patch(kind, subject.yaml(path), path)


def _inline(kind: str, node: Node, path: str) -> _Patch:
    offset = node.line if "\n" in node.text else node.line - 1
    try:
        documents = PARSER.parse(path, node.text.encode())["documents"]
    except ParseError as error:
        raise UnreadableError(f"A patch in {path} cannot be read: {error}", path, offset + error.line) from None
    return _Patch(kind, [Node(document) for document in documents], path, offset)


def _read(patch: _Patch) -> Iterator[Change]:
    for document in patch.documents:
        if document.is_sequence:
            for operation in document:
                yield from _operation(patch, operation)
        else:
            kind = document["kind"].text or patch.kind
            yield from _merged(patch, kind, (), document)


def _operation(patch: _Patch, operation: Node) -> Iterator[Change]:
    pointer = operation["path"].text.split("/")[1:]
    keys = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer)
    if operation["op"].text == "remove":
        yield Change(patch.kind, keys, operation, True, patch.path, operation.line + patch.offset)
    elif operation["op"].text in ("add", "replace"):
        yield from _merged(patch, patch.kind, keys, operation["value"])


def _merged(patch: _Patch, kind: str, keys: tuple[str, ...], node: Node) -> Iterator[Change]:
    """Yield every value below a node; null, and `$patch: delete`, take away."""
    line = node.line + patch.offset
    if node[_DELETE].text == "delete":
        yield Change(kind, keys, node, True, patch.path, line)
    elif node.is_mapping:
        for key, below in node.items():
            yield from _merged(patch, kind, (*keys, key), below)
    elif node.is_sequence:
        for number, below in enumerate(node):
            yield from _merged(patch, kind, (*keys, below["name"].text or str(number)), below)
    else:
        yield Change(kind, keys, node, node.value is None, patch.path, line)
