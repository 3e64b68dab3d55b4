"""Loads the template library: its layers, its templates and the digest of everything in it."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.foundation import home
from scaffolder.library import files, manifests
from scaffolder.library.manifests import LayerManifest
from scaffolder.library.problems import LibraryError, Problem

PLATFORM, BASE, CAPABILITIES, SERVICES = "platform", "base", "capabilities/", "services/"
LOOK_AGAIN_SECONDS = 1.0
KEPT_LIBRARIES = 20


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its manifest and where its files lie."""

    name: str
    folder: Path
    manifest: LayerManifest

    @property
    def capability(self) -> str:
        """The capability that this layer is, or an empty text."""
        return self.name.removeprefix(CAPABILITIES) if self.name.startswith(CAPABILITIES) else ""


@dataclass(frozen=True, slots=True)
class Template:
    """One service type: its Backstage `Template` entity and the layer with its files."""

    ref: str
    name: str
    title: str
    layer: Layer
    manifest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Library:
    """A template library as it lies on disk. `digest` covers every file of it; `layers` stand in composing order."""

    root: Path
    name: str
    version: str
    owner: str
    digest: str
    layers: tuple[Layer, ...]
    templates: Mapping[str, Template] = field(hash=False)

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The names of the capabilities, in composing order."""
        return tuple(layer.capability for layer in self.layers if layer.capability)

    def layer(self, name: str) -> Layer:
        """Return the layer of this name; KeyError when there is none."""
        return next(layer for layer in self.layers if layer.name == name)

    def capability(self, name: str) -> LayerManifest:
        """Return the manifest of the capability of this name."""
        return self.layer(f"{CAPABILITIES}{name}").manifest


_lock = threading.Lock()
_loaded: dict[Path, tuple[float, int, Library]] = {}


def default_root() -> Path:
    """Return where the portal's own library lies."""
    return Path(settings.GOLDPATH_TEMPLATES) / "go"


def load(root: Path | None = None) -> Library:
    """Return the library at `root` (the portal's own by default), loaded again only when a file changed.

    A copy of the portal's own is kept, for runs that were started with it. A library whose manifests cannot be
    understood raises LibraryError with all problems.
    """
    folder = (root or default_root()).resolve()
    with _lock:
        now = time.monotonic()
        seen, signature, library = _loaded.get(folder, (0.0, 0, None))
        if library is None or now - seen > LOOK_AGAIN_SECONDS:
            fresh = files.signature(folder)
            if library is None or fresh != signature:
                library = read(folder)
                if root is None:
                    keep(library)
            _loaded[folder] = (now, fresh, library)
    return library


def read(root: Path) -> Library:
    """Read the library at `root` without any cache."""
    problems: list[Problem] = []
    document = manifests.read_document(root / "library.yaml", root, "Library", problems)
    if document is None:
        raise LibraryError(problems)
    spec = document["spec"]
    layers = _layers(root, spec["layers"], problems)
    templates = _templates(root, layers, spec["templates"], problems)
    named = [layer.capability for layer in layers if layer.capability]
    if named != spec["capabilities"]:
        problems.append(Problem("library.yaml", 0, "spec.capabilities must name the capability layers, in their order"))
    if problems:
        raise LibraryError(problems)
    return Library(
        root=root,
        name=document["metadata"]["name"],
        version=spec["version"],
        owner=spec["owner"],
        digest=files.digest((file.path, file.executable, file.sha256) for file in files.read(root)),
        layers=tuple(layer for layer in layers if not layer.name.startswith(SERVICES)),
        templates={template.ref: template for template in templates},
    )


def keep(library: Library) -> Path:
    """Keep a copy of the library, so that a run that was started with it can be finished after the library changed."""
    kept = _kept_folder(library.digest)
    if not kept.is_dir():
        draft = kept.with_name(f".draft-{uuid.uuid4().hex}")
        shutil.copytree(library.root, draft, symlinks=True)
        try:
            draft.rename(kept)
        except OSError:
            shutil.rmtree(draft)
        _forget_the_oldest(kept.parent)
    return kept


def load_kept(digest: str) -> Library | None:
    """Return the library with this digest, current or kept; None when there is none any more."""
    with contextlib.suppress(LibraryError):
        current = load()
        if current.digest == digest:
            return current
    kept = _kept_folder(digest)
    return load(kept) if kept.is_dir() else None


def _kept_folder(digest: str) -> Path:
    return home.folder("cache", "libraries") / digest.removeprefix("sha256:")[:64]


def _forget_the_oldest(parent: Path) -> None:
    by_age = sorted((path for path in parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_ctime)
    for path in by_age[:-KEPT_LIBRARIES]:
        shutil.rmtree(path, ignore_errors=True)


def _layers(root: Path, names: list[str], problems: list[Problem]) -> list[Layer]:
    layers = []
    for name in names:
        document = manifests.read_document(root / name / "manifest.yaml", root, "Layer", problems)
        if document is None:
            continue
        if document["metadata"]["name"] != name:
            problems.append(Problem(f"{name}/manifest.yaml", 0, f"metadata.name must be {name}, as its folder"))
        layers.append(Layer(name, root / name, manifests.layer_manifest(document)))
    return layers


def _templates(root: Path, layers: list[Layer], paths: list[str], problems: list[Problem]) -> list[Template]:
    templates = []
    by_folder = {layer.folder: layer for layer in layers}
    for path in paths:
        document = manifests.read_document(root / path, root, "Template", problems)
        layer = by_folder.get((root / path).parent)
        if layer is None:
            problems.append(Problem(path, 0, "the folder of the template must be named in spec.layers"))
        elif document is not None:
            metadata = document["metadata"]
            ref = f"template:{metadata.get('namespace', 'default')}/{metadata['name']}"
            title = metadata.get("title") or metadata["name"]
            templates.append(Template(ref, metadata["name"], title, layer, document))
    return templates
