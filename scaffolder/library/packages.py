"""Platform packages: the folders under `pkg/` of the platform layer, and what they need of each other.

A folder below a package is a package of its own (`ratelimit/redislimit`): it comes along when something imports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from scaffolder.library import files
from scaffolder.library.files import SourceFile
from scaffolder.library.problems import LibraryError, Problem
from scaffolder.syntax import MODULE_PLACEHOLDER

_IMPORT = re.compile(
    rb'^\s*(?:import\s+)?(?:[A-Za-z_.]\w*\s+)?"' + re.escape(MODULE_PLACEHOLDER.encode()) + rb"/pkg/([a-z0-9/]+)\"",
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
        waiting |= imported(found[name]) - set(found)
    for name in sorted(found):
        yield from found[name]


def imported(sources: Iterable[SourceFile]) -> set[str]:
    """Return the names of the platform packages that Go files import, such as `auth` and `auth/authtest`."""
    return {name.decode() for file in sources if file.path.endswith(".go") for name in _IMPORT.findall(file.content)}


def _read(platform: Path, name: str) -> list[SourceFile]:
    """Return the files of one package, without those of the packages below it."""
    folder = platform / "pkg" / name
    below = list(files.read(folder, prefix=f"pkg/{name}/"))
    inner = {PurePosixPath(file.path).parent for file in below if file.path.endswith(".go")} - {
        PurePosixPath("pkg", name)
    }
    own = [file for file in below if inner.isdisjoint(PurePosixPath(file.path).parents)]
    if not own:
        raise LibraryError([Problem(f"platform/pkg/{name}", 0, "a layer or package needs it and it is missing")])
    return own
