"""Everything that is wrong with a library, found without rendering it: the traps that were measured, and the walls."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from portal.foundation.errors import InputError
from scaffolder.library import conditions, files, gomod
from scaffolder.library.composition import ComposedTree, chosen_capabilities, composed_tree
from scaffolder.library.context import KEYS
from scaffolder.library.loading import PLATFORM, Layer, Library, Template, read
from scaffolder.library.problems import LibraryError, Problem
from scaffolder.syntax import JINJA_ENV, MODULE_PLACEHOLDER, OPENINGS, expand, varies

MAX_BYTES = 2 * 1024 * 1024
MAX_SETS = 256
REQUIRED = ("catalog-info.yaml", "README.md", "go.mod", "go.sum")
_GIT_ALLOWED = frozenset({".gitignore", ".gitattributes", ".gitkeep", ".github"})
_BROKEN_MARKER = re.compile(r"^\s*//\s+%")
_MARKER = re.compile(r"^\s*//%\s*(\w+)")
_DECLARATION = re.compile(r"^(func|var|const|type|import|package|//(?!%))")
_FOREIGN = ("cookiecutter.json", "hooks")


def lint(root: Path) -> list[Problem]:
    """Return all problems of the library at `root`, sorted; an empty list means that it can be published."""
    problems: list[Problem] = []
    for entry in files.walk(root):
        problems += _entry_problems(root, Path(entry.path), is_link=entry.is_symlink())
    try:
        library = read(root)
    except LibraryError as error:
        return sorted({*problems, *error.problems})
    for layer in [*library.layers, *(template.layer for template in library.templates.values())]:
        problems += _condition_problems(library, layer)
    problems += _fragment_problems(library)
    for template in library.templates.values():
        problems += _template_problems(library, template)
    return sorted(set(problems))


def _entry_problems(root: Path, path: Path, *, is_link: bool) -> Iterator[Problem]:
    name = path.relative_to(root).as_posix()
    if is_link:
        yield Problem(name, 0, "is a link; links are not allowed in a library")
        return
    if not path.is_file():
        yield Problem(name, 0, "is neither a file nor a folder")
        return
    if any(opening in name for opening in OPENINGS) or not name.isprintable() or "\\" in name:
        yield Problem(name, 0, "the names of files are fixed and plain; only their content may vary")
    parts = path.relative_to(root).parts
    if any(part.lower().startswith(".git") and part not in _GIT_ALLOWED for part in parts):
        yield Problem(name, 0, "would change how git behaves")
    if parts[-1] in _FOREIGN or "hooks" in parts[:-1]:
        yield Problem(name, 0, "belongs to cookiecutter or git: settings are the renderer's, and hooks never run")
    if path.stat().st_size > MAX_BYTES:
        yield Problem(name, 0, f"is larger than {MAX_BYTES // 1024 // 1024} MB")


def _condition_problems(library: Library, layer: Layer) -> Iterator[Problem]:
    for folder in conditions.folders(layer.folder / "when"):
        for name in conditions.unknown(folder.name, library.capabilities):
            yield Problem(_relative(library, folder), 0, f"there is no capability called {name}")


def _fragment_problems(library: Library) -> Iterator[Problem]:
    names = gomod.fragment_names(library.root)
    for name in names:
        for unknown in conditions.unknown(name, library.capabilities):
            yield Problem(f"{gomod.FOLDER}/{name}.mod", 0, f"there is no capability called {unknown}")
    covered = {part for name in names for part in conditions.needed(name)}
    if (library.root / gomod.FOLDER).is_dir():
        for missing in sorted(set(library.capabilities) - covered):
            yield Problem(gomod.FOLDER, 0, f"no fragment names {missing}: tidy the set and store it")


def _template_problems(library: Library, template: Template) -> Iterator[Problem]:
    checked: set[Path] = set()
    for chosen in _sets(library, template):
        try:
            tree = composed_tree(library, template, chosen)
        except LibraryError as error:
            yield from error.problems
            continue
        for required in REQUIRED:
            if required not in tree.sources:
                yield Problem(_relative(library, template.layer.folder), 0, f"{required} is missing with {chosen}")
        for path in tree.sources:
            source = tree.sources[path].source
            if source not in checked:
                checked.add(source)
                yield from _file_problems(library, tree, path)


def _relative(library: Library, path: Path) -> str:
    return path.relative_to(library.root).as_posix()


def _sets(library: Library, template: Template) -> list[tuple[str, ...]]:
    """Return the sets of capabilities to try: all that can be chosen when they are few, else see `_wanted`."""
    found: dict[tuple[str, ...], None] = {}
    for wanted in _wanted(library, template):
        with contextlib.suppress(InputError):
            found[chosen_capabilities(library, template, wanted)] = None
    return list(found)


def _wanted(library: Library, template: Template) -> Iterator[tuple[str, ...]]:
    """Yield all subsets when they are few; else none, each, each pair, all, and what each condition names."""
    names = library.capabilities
    few = 2 ** len(names) <= MAX_SETS
    for size in range(len(names) + 1) if few else (0, 1, 2, len(names)):
        yield from combinations(names, size)
    for layer in [*library.layers, template.layer]:
        for folder in conditions.folders(layer.folder / "when"):
            yield conditions.needed(folder.name)


def _file_problems(library: Library, tree: ComposedTree, path: str) -> Iterator[Problem]:
    file = tree.sources[path]
    name = _relative(library, file.source)
    if b"\0" in file.content[:8192]:
        return
    try:
        text = file.content.decode("utf-8")
    except UnicodeDecodeError:
        yield Problem(name, 0, "is not UTF-8")
        return
    yield from _line_problems(name, text)
    if tree.files[path].verbatim:
        if MODULE_PLACEHOLDER in text and varies(text):
            yield Problem(name, 0, "is copied verbatim and names the module, so it may hold no template delimiter")
        return
    if tree.files[path].layer == PLATFORM and varies(text):
        yield Problem(name, 0, "platform packages are plain Go: what varies belongs to a layer above")
    if path.endswith(".go"):
        yield from _go_problems(name, text)
    yield from _jinja_problems(name, text, {*KEYS, *library.capabilities})


def _line_problems(name: str, text: str) -> Iterator[Problem]:
    if "\r" in text:
        yield Problem(name, 0, "has carriage returns; end lines with a line feed only")
    if text and not text.endswith("\n"):
        yield Problem(name, 0, "does not end with a newline")


def _go_problems(name: str, text: str) -> Iterator[Problem]:
    lines = text.splitlines()
    in_imports = False
    for number, line in enumerate(lines, start=1):
        in_imports = line.startswith("import (") or (in_imports and line != ")")
        if _BROKEN_MARKER.match(line):
            yield Problem(name, number, "gofmt broke this marker: write //% without a space")
        marker = _MARKER.match(line)
        if marker is None:
            continue
        following = lines[number] if number < len(lines) else ""
        if marker[1] in {"else", "elif"}:
            yield Problem(name, number, "no else in Go: what differs lives in files that exist or not")
        if in_imports:
            yield Problem(name, number, "no conditional import: gofmt would move it")
        if _DECLARATION.match(following) and not line.startswith("\t"):
            yield Problem(name, number, "leave a blank line between a marker and a declaration, or gofmt rewrites it")


def _jinja_problems(name: str, text: str, known: set[str]) -> Iterator[Problem]:
    environment = ImmutableSandboxedEnvironment(**JINJA_ENV)
    try:
        tree = environment.parse(expand(text))
    except TemplateSyntaxError as error:
        yield Problem(name, error.lineno, f"{error.message}")
        return
    for variable in sorted(meta.find_undeclared_variables(tree) - {"cookiecutter"}):
        yield Problem(name, 0, f"{variable} is not defined: everything a template may use is cookiecutter.<key>")
    for kind in (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends):
        for node in tree.find_all(kind):
            yield Problem(name, node.lineno, "files do not include each other: layers bring whole files")
    for access in tree.find_all(nodes.Getattr):
        if isinstance(access.node, nodes.Name) and access.node.name == "cookiecutter" and access.attr not in known:
            yield Problem(name, access.lineno, f"cookiecutter.{access.attr} is not in the context")
