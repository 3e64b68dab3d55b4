"""The lock file: everything that a later upgrade, or a rebuilt portal, must know of a render."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from scaffolder.library import ComposedFile, Composition, Library
from scaffolder.rendering.output import RenderedFile

VERSION = 1


def lock_document(
    library: Library,
    template_ref: str,
    composition: Composition,
    *,
    values: Mapping[str, Any],
    context: Mapping[str, str],
    files: Iterable[RenderedFile],
) -> dict[str, Any]:
    """Return the lock of a render. It holds no time and no run, so that the same values give the same bytes."""
    return {
        "lockVersion": VERSION,
        "template": {
            "ref": template_ref,
            "library": library.name,
            "version": library.version,
            "digest": composition.digest,
        },
        "layers": [{"name": name, "digest": digest} for name, digest in composition.layers],
        "answers": dict(values),
        "context": {
            "codeowner": context["codeowner"],
            "module": context["module"],
            "namespace": context["namespace"],
            "repositorySlug": context["repository_slug"],
            "repositoryUrl": context["repository_url"],
        },
        "files": {file.path: _entry(file, composition.files[file.path]) for file in files},
    }


def lock_bytes(document: Mapping[str, Any]) -> bytes:
    """Return the lock as it is written: sorted keys, two spaces, a final newline."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _entry(file: RenderedFile, composed: ComposedFile) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "sha256": file.sha256,
        "mode": file.mode,
        "class": composed.owner_class,
        "layer": composed.layer,
    }
    return {**entry, "guard": True} if composed.guard else entry
