"""Platform packages: the folders under `pkg/` of the platform layer, and what they need of each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from scaffolder.library import files
from scaffolder.library.files import SourceFile
from scaffolder.library.problems import LibraryError, Problem
from scaffolder.syntax import MODULE_PLACEHOLDER

_IMPORT = re.compile(
    rb'^\s*(?:import\s+)?(?:[A-Za-z_.]\w*\s+)?"' + re.escape(MODULE_PLACEHOLDER.encode()) + rb"/pkg/([a-z0-9]+)",
    re.MULTILINE,
)


def brought(platform: Path, wanted: Iterable[str]) -> Iterator[SourceFile]:
    """Yield the files of the wanted packages and of those that they import, tests included, by the names of packages.

    A package that is not there raises LibraryError.
    """
    found: dict[str, list[SourceFile]] = {}
    waiting = set(wanted)
    while waiting:
        name = waiting.pop()
        found[name] = _read(platform, name)
        waiting |= {needed for file in found[name] for needed in _imports(file)} - set(found)
    for name in sorted(found):
        yield from found[name]


def _read(platform: Path, name: str) -> list[SourceFile]:
    folder = platform / "pkg" / name
    if not folder.is_dir():
        raise LibraryError([Problem(f"platform/pkg/{name}", 0, "a layer or package needs it and it is missing")])
    return list(files.read(folder, prefix=f"pkg/{name}/"))


def _imports(file: SourceFile) -> set[str]:
    return {name.decode() for name in _IMPORT.findall(file.content)} if file.path.endswith(".go") else set()
