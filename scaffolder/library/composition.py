"""Composes the layers of a template into one cookiecutter template folder, kept by its content."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from portal.foundation import home
from portal.foundation.errors import FieldError, InputError
from scaffolder.library import conditions, files, gomod, packages
from scaffolder.library.context import KEYS
from scaffolder.library.files import SourceFile
from scaffolder.library.loading import BASE, PLATFORM, Layer, Library, Template
from scaffolder.library.ownership import matches, owner_class
from scaffolder.library.problems import LibraryError, Problem
from scaffolder.syntax import JINJA_ENV, MODULE_PLACEHOLDER, MODULE_VARIABLE, TOP_FOLDER, expand, varies

FORMAT = "3"
KEPT_IN_MEMORY = 64
KEPT_ON_DISK = 200
_PLACEHOLDER = re.compile(
    rb"(?<![A-Za-z0-9._/-])" + re.escape(MODULE_PLACEHOLDER.encode()) + rb"(?![A-Za-z0-9_-]|\.[A-Za-z0-9])"
)


@dataclass(frozen=True, slots=True)
class ComposedFile:
    """A file of a composed template: the layer it comes from, who owns it, whether it guards, whether it is copied."""

    layer: str
    owner_class: str
    guard: bool
    executable: bool
    verbatim: bool


@dataclass(frozen=True, slots=True)
class Composition:
    """A composed template: the folder that cookiecutter renders, the digest of it, and what is known of its files."""

    directory: Path
    digest: str
    layers: tuple[tuple[str, str], ...]
    files: Mapping[str, ComposedFile] = field(hash=False)


@dataclass(frozen=True, slots=True)
class ComposedTree:
    """The layers laid over each other, before the module placeholder becomes a variable."""

    sources: Mapping[str, SourceFile]
    files: Mapping[str, ComposedFile]
    layers: tuple[tuple[str, str], ...]


_lock = threading.Lock()
_memory: OrderedDict[tuple[Path, str], Composition] = OrderedDict()


def chosen_capabilities(library: Library, template: Template, wanted: Iterable[str]) -> tuple[str, ...]:
    """Return the capabilities that `wanted` and the template's own needs come to, in composing order.

    What a chosen one requires comes along. An unknown one, one that conflicts with another, and one that needs another
    that is not chosen, raise InputError with the names of the capabilities as fields.
    """
    chosen = set(wanted) | set(template.layer.manifest.requires)
    unknown = chosen - set(library.capabilities)
    if unknown:
        raise InputError(f"The library has no capability called {', '.join(sorted(unknown))}.")
    before: set[str] = set()
    while before != chosen:
        before = set(chosen)
        chosen |= {need for name in before for need in library.capability(name).requires}
    errors = [error for name in sorted(chosen) for error in _unmet(library, name, chosen)]
    if errors:
        raise InputError(" ".join(error.message for error in errors), errors)
    return tuple(name for name in library.capabilities if name in chosen)


def _unmet(library: Library, name: str, chosen: set[str]) -> Iterator[FieldError]:
    manifest = library.capability(name)
    for other in manifest.conflicts:
        if other in chosen:
            yield FieldError((name,), f"{name} and {other} cannot be chosen together.")
    if manifest.requires_any and chosen.isdisjoint(manifest.requires_any):
        yield FieldError((name,), f"{name} needs one of {', '.join(manifest.requires_any)}.")


def compose(library: Library, template: Template, capabilities: Iterable[str]) -> Composition:
    """Return the composed template for this choice, from the cache or made now."""
    chosen = chosen_capabilities(library, template, capabilities)
    text = "\0".join([FORMAT, library.digest, template.ref, *chosen])
    parent = home.folder("cache", "compositions")
    folder = parent / hashlib.sha256(text.encode()).hexdigest()[:40]
    with _lock:
        found = _memory.get((folder, library.digest))
        if found is not None and found.directory.is_dir():
            return found
    if not folder.is_dir():
        _make(library, template, chosen, folder)
    composition = _read(folder)
    with _lock:
        _memory[(folder, library.digest)] = composition
        if len(_memory) > KEPT_IN_MEMORY:
            _memory.popitem(last=False)
    return composition


def trim(keep: int = KEPT_ON_DISK) -> int:
    """Remove the composed templates beyond the newest `keep`, and drafts of killed workers; return how many went."""
    folders = sorted(home.folder("cache", "compositions").iterdir(), key=lambda path: path.stat().st_ctime)
    gone = folders[: max(0, len(folders) - keep)]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def composed_tree(library: Library, template: Template, capabilities: Sequence[str]) -> ComposedTree:
    """Lay the layers over each other; all double writes and faults of the fragments raise one LibraryError."""
    layers = _layers(library, template, capabilities)
    contents = _contents(library, layers, capabilities)
    sources: dict[str, SourceFile] = {}
    origin: dict[str, Layer] = {}
    digests, problems = [], []
    for layer in layers:
        brought = contents[layer.name]
        for file in brought:
            if file.path in sources and not matches(file.path, layer.manifest.overrides):
                message = f"writes {file.path}, which {origin[file.path].name} writes too; declare it in overrides"
                problems.append(Problem(f"{layer.name}/manifest.yaml", 0, message))
            sources[file.path], origin[file.path] = file, layer
        digests.append((layer.name, files.digest((file.path, file.executable, file.sha256) for file in brought)))
    if problems:
        raise LibraryError(problems)
    composed = {path: _composed(path, origin[path], layers) for path in sorted(sources)}
    return ComposedTree({path: sources[path] for path in composed}, composed, tuple(digests))


def write_live(tree: ComposedTree, into: Path) -> None:
    """Write the tree as its authors see it: unrendered, with the module placeholder, compiling as it is."""
    for path, file in tree.sources.items():
        _write(into / path, file.content, executable=file.executable)


def _layers(library: Library, template: Template, capabilities: Sequence[str]) -> list[Layer]:
    by_name = {layer.name: layer for layer in library.layers}
    order = [PLATFORM, BASE, *(f"capabilities/{name}" for name in capabilities)]
    return [*(by_name[name] for name in order if name in by_name), template.layer]


def _contents(library: Library, layers: Sequence[Layer], capabilities: Sequence[str]) -> dict[str, list[SourceFile]]:
    """Return the files of every layer; of the platform, the packages that the others name or import."""
    contents = {layer.name: list(_own(library, layer, capabilities)) for layer in layers if layer.name != PLATFORM}
    wanted = {name for layer in layers for name in layer.manifest.packages}
    wanted |= {name for own in contents.values() for name in packages.imported(own)}
    for layer in layers:
        if layer.name == PLATFORM:
            contents[PLATFORM] = list(packages.brought(layer.folder, wanted))
    return contents


def _own(library: Library, layer: Layer, capabilities: Sequence[str]) -> Iterable[SourceFile]:
    yield from files.read(layer.folder / "files")
    for folder in conditions.folders(layer.folder / "when"):
        if conditions.holds(folder.name, capabilities):
            yield from files.read(folder)
    if layer.name == BASE:
        yield from _go_module(library, layer, capabilities)


def _go_module(library: Library, layer: Layer, capabilities: Sequence[str]) -> Iterable[SourceFile]:
    composed = gomod.compose(library.root, capabilities, module=MODULE_PLACEHOLDER)
    for path, content in zip(("go.mod", "go.sum"), composed or (), strict=False):
        yield SourceFile(path, layer.folder / path, content.encode(), executable=False)


def _composed(path: str, layer: Layer, layers: Sequence[Layer]) -> ComposedFile:
    return ComposedFile(
        layer=layer.name,
        owner_class=owner_class(path, layer.manifest.ownership),
        guard=any(matches(path, other.manifest.guards) for other in layers),
        executable=False,
        verbatim=any(matches(path, other.manifest.verbatim) for other in layers),
    )


def _make(library: Library, template: Template, capabilities: Sequence[str], folder: Path) -> None:
    tree = composed_tree(library, template, capabilities)
    draft = folder.with_name(f".draft-{uuid.uuid4().hex}")
    top = draft / "template" / TOP_FOLDER
    composed: dict[str, ComposedFile] = {}
    contents: dict[str, bytes] = {}
    for path, file in tree.sources.items():
        content, verbatim = _with_module_variable(path, file.content, verbatim=tree.files[path].verbatim)
        contents[path] = content
        composed[path] = replace(tree.files[path], verbatim=verbatim, executable=file.executable)
        _write(top / path, content, executable=file.executable)
    cookiecutter = {
        **dict.fromkeys((*KEYS, *library.capabilities), ""),
        "_copy_without_render": [path for path, file in composed.items() if file.verbatim],
        "_jinja2_env_vars": JINJA_ENV,
    }
    _write(top.parent / "cookiecutter.json", json.dumps(cookiecutter, indent=2).encode(), executable=False)
    content_digest = files.digest(
        (path, composed[path].executable, hashlib.sha256(contents[path]).hexdigest()) for path in composed
    )
    record = {
        "digest": content_digest,
        "layers": tree.layers,
        "files": {path: asdict(file) for path, file in composed.items()},
    }
    _write(draft / "composition.json", json.dumps(record).encode(), executable=False)
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft)


def _with_module_variable(path: str, content: bytes, *, verbatim: bool) -> tuple[bytes, bool]:
    """Put the module variable where the placeholder stands, and blocks where statements stand in comments.

    A copied file that names the module must be rendered after all, which changes nothing else in it as long as it
    holds no delimiter.
    """
    if b"\0" in content[:8192]:
        return content, True
    named = _PLACEHOLDER.search(content) is not None
    if verbatim and not named:
        return content, True
    text = content.decode("utf-8")
    if verbatim and varies(text):
        message = "is copied verbatim and names the module, so it may not hold a template delimiter"
        raise LibraryError([Problem(path, 0, message)])
    return _PLACEHOLDER.sub(MODULE_VARIABLE.encode(), expand(text).encode()), False


def _read(folder: Path) -> Composition:
    record: dict[str, Any] = json.loads((folder / "composition.json").read_text(encoding="utf-8"))
    return Composition(
        directory=folder / "template",
        digest=record["digest"],
        layers=tuple((name, digest) for name, digest in record["layers"]),
        files={path: ComposedFile(**file) for path, file in record["files"].items()},
    )


def _write(path: Path, content: bytes, *, executable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755 if executable else 0o644)
