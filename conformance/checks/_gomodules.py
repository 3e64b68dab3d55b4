"""The Go modules of a repository: their go.mod, and which files belong to them."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks._kept import once
from conformance.examining.subject import Subject, UnreadableError

_NOT_OURS = frozenset({"vendor", "testdata", "third_party", "node_modules"})


@dataclass(frozen=True, slots=True)
class Module:
    """One go.mod."""

    path: str
    fact: Mapping[str, Any]

    @property
    def folder(self) -> str:
        """The folder of the module; empty for the top one."""
        return posixpath.dirname(self.path)

    @property
    def sums(self) -> str:
        """The path of its go.sum."""
        return posixpath.join(self.folder, "go.sum")


@once
def modules(subject: Subject) -> list[Module]:
    """Return the modules that the service is made of; UnreadableError when a go.mod cannot be read."""
    paths = [path for path in sorted(subject.paths("**/go.mod")) if _NOT_OURS.isdisjoint(path.split("/"))]
    found = [Module(path, subject.fact("gomod", path)) for path in paths]
    for each in found:
        if not each.fact["module"]:
            raise UnreadableError(f"{each.path} has no module directive.", each.path)
    return found


def files(subject: Subject, module: Module) -> list[str]:
    """Return the Go files that belong to a module: those below it, but for those of modules within it."""
    inside = f"{module.folder}/" if module.folder else ""
    others = [f"{each.folder}/" for each in modules(subject) if each.folder and each.folder.startswith(inside)]
    others = [each for each in others if each != inside]
    return [
        path
        for path in subject.paths(f"{inside}**/*.go")
        if _is_built(path, inside) and not path.startswith(tuple(others))
    ]


def _is_built(path: str, inside: str) -> bool:
    folders = path[len(inside) :].split("/")[:-1]
    return _NOT_OURS.isdisjoint(folders) and not any(folder.startswith((".", "_")) for folder in folders)
