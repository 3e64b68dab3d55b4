"""Renders kept for the review page: what a dry run shows and a person then reads file by file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.foundation import home
from portal.foundation.errors import NotFoundError
from scaffolder.models import TemplateVersion

if TYPE_CHECKING:
    from scaffolder.rendering import RenderedFile

KEPT = 50
_LIST = "files.json"


@dataclass(frozen=True, slots=True)
class Preview:
    """A rendered service on disk: its files in order of their paths, and the digest of the render."""

    key: str
    digest: str
    files: tuple[RenderedFile, ...]
    folder: Path

    def read(self, path: str) -> bytes:
        """Return the content of one file of the render; a path that is not in the list raises NotFoundError."""
        if not any(file.path == path for file in self.files):
            raise NotFoundError("There is no such file in the preview.")
        descriptor = os.open(self.folder / "tree" / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return file.read()


def preview(template: TemplateVersion, values: Mapping[str, Any]) -> Preview:
    """Return the render of validated `values`, from the cache when they were rendered before.

    Renders are kept under the data folder by the digest of template version and values; the least recently used go when
    there are more than `KEPT`. Raises RenderError.
    """
    key = _key(template, values)
    kept = home.folder("cache", "previews") / key
    if not (kept / _LIST).is_file():
        _make(template, values, kept)
        trim()
    os.utime(kept)
    return _load(kept)


def trim(keep: int = KEPT) -> int:
    """Remove the least recently used previews beyond `keep`, and return how many went."""
    folders = [entry for entry in os.scandir(home.folder("cache", "previews")) if entry.is_dir(follow_symlinks=False)]
    oldest_first = sorted(folders, key=_used_at)
    gone = oldest_first[: max(0, len(folders) - keep)]
    for entry in gone:
        shutil.rmtree(entry.path, ignore_errors=True)
    return len(gone)


def _make(template: TemplateVersion, values: Mapping[str, Any], kept: Path) -> None:
    # Imported late: only who renders starts a render server.
    from scaffolder.rendering import render_service

    draft = kept.with_name(f".{kept.name}-{uuid.uuid4().hex}")
    draft.mkdir(mode=0o700)
    try:
        render = render_service(template, values, draft / "tree")
        listed = [[file.path, file.executable, file.size, file.sha256] for file in render.files]
        (draft / _LIST).write_text(json.dumps({"digest": render.digest, "files": listed}), encoding="utf-8")
        _put(draft, kept)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put(draft: Path, kept: Path) -> None:
    try:
        draft.rename(kept)
    except OSError:
        if not (kept / _LIST).is_file():
            raise


def _load(kept: Path) -> Preview:
    from scaffolder.rendering import RenderedFile

    listed = json.loads((kept / _LIST).read_text(encoding="utf-8"))
    files = tuple(RenderedFile(*item) for item in listed["files"])
    return Preview(key=kept.name, digest=listed["digest"], files=files, folder=kept)


def _key(template: TemplateVersion, values: Mapping[str, Any]) -> str:
    text = json.dumps([template.ref, template.version, template.digest, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _used_at(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return 0.0
