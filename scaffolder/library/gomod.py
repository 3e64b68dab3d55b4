"""Composes go.mod and go.sum from the fragments of a library, without Go.

A fragment is what `go mod tidy` leaves for the base alone (`base`) or for the base and the capabilities that its name,
a condition, tells: `redis`, `grpc+jwt`. The union of the fragments whose conditions hold is what tidy would leave for
the set: versions come from the superset, a module is indirect only when it is in every such fragment that has it, and
go.sum is the superset's, filtered, in its order.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from scaffolder.library import conditions
from scaffolder.library.problems import LibraryError, Problem

FOLDER = "gomod"
SUPERSET, BASE = "superset", "base"
_REQUIRE = re.compile(r"^(?:require\s+)?(?P<path>[^\s()]+)\s+(?P<version>v[^\s]+)(?P<indirect>\s*// indirect)?$")
_DIRECTIVE = re.compile(r"^(?P<name>go|toolchain)\s+(?P<value>\S+)$")
_IGNORED = re.compile(r"^(module\s+\S+|require\s*\(|\)|//.*|)$")


@dataclass(frozen=True, slots=True)
class GoMod:
    """A parsed go.mod: directives (`go`, `toolchain`) and requirements as path -> (version, is indirect)."""

    directives: dict[str, str]
    requires: dict[str, tuple[str, bool]]


def parse(text: str, name: str) -> GoMod:
    """Parse a go.mod of this library; directives that composing does not know raise LibraryError."""
    directives: dict[str, str] = {}
    requires: dict[str, tuple[str, bool]] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if found := _DIRECTIVE.match(line):
            directives[found["name"]] = found["value"]
        elif found := _REQUIRE.match(line):
            requires[found["path"]] = (found["version"], bool(found["indirect"]))
        elif not _IGNORED.match(line):
            raise LibraryError([Problem(f"{FOLDER}/{name}.mod", number, f"cannot be composed: {line}")])
    return GoMod(directives, requires)


def compose(root: Path, capabilities: Collection[str], *, module: str) -> tuple[str, str] | None:
    """Return go.mod and go.sum for the base with `capabilities`, or None when the library has no fragments."""
    folder = root / FOLDER
    if not folder.is_dir():
        return None
    superset = _read(folder, SUPERSET)
    names = [BASE, *(name for name in fragment_names(root) if conditions.holds(name, capabilities))]
    fragments = [_read(folder, name) for name in names]
    requires = _union(superset, fragments)
    chosen = {line for name in names for line in _sum_lines(folder, name)}
    checksums = [line for line in _sum_lines(folder, SUPERSET) if line in chosen]
    return _go_mod(module, superset.directives, requires), "".join(f"{line}\n" for line in checksums)


def required_modules(root: Path) -> tuple[str, ...]:
    """Return the paths of all modules that services of the library may require, sorted; none without fragments."""
    if not (root / FOLDER).is_dir():
        return ()
    return tuple(sorted(_read(root / FOLDER, SUPERSET).requires))


def fragment_names(root: Path) -> list[str]:
    """Return the conditions that the library keeps fragments for, sorted."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.mod") if path.stem not in {SUPERSET, BASE})


def _union(superset: GoMod, fragments: list[GoMod]) -> dict[str, tuple[str, bool]]:
    requires: dict[str, tuple[str, bool]] = {}
    for fragment in fragments:
        for path, (_, indirect) in fragment.requires.items():
            if path not in superset.requires:
                raise LibraryError([Problem(f"{FOLDER}/{SUPERSET}.mod", 0, f"must require {path}, a fragment does")])
            before = requires.get(path, ("", True))[1]
            requires[path] = (superset.requires[path][0], before and indirect)
    return requires


def _go_mod(module: str, directives: dict[str, str], requires: dict[str, tuple[str, bool]]) -> str:
    parts = [f"module {module}\n"]
    parts += [f"\n{name} {directives[name]}\n" for name in ("go", "toolchain") if name in directives]
    for indirect in (False, True):
        lines = [
            f"\t{path} {version}{' // indirect' if is_indirect else ''}\n"
            for path, (version, is_indirect) in sorted(requires.items())
            if is_indirect == indirect
        ]
        if lines:
            parts.append("\nrequire (\n" + "".join(lines) + ")\n")
    return "".join(parts)


def _read(folder: Path, name: str) -> GoMod:
    try:
        return parse((folder / f"{name}.mod").read_text(encoding="utf-8"), name)
    except FileNotFoundError:
        raise LibraryError([Problem(f"{FOLDER}/{name}.mod", 0, "is missing: tidy the set and store it")]) from None


def _sum_lines(folder: Path, name: str) -> list[str]:
    try:
        return (folder / f"{name}.sum").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise LibraryError([Problem(f"{FOLDER}/{name}.sum", 0, "is missing: tidy the set and store it")]) from None
