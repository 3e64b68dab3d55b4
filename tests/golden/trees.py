"""Golden trees: what two sets of capabilities render, kept in the repository so that a review sees every change.

A tree is one file in Go's txtar format (https://pkg.go.dev/golang.org/x/tools/txtar): first a list of all files with
mode, class, layer and the beginning of their SHA-256, then the texts of those that are the service's own. Packages and
generated code are listed only: their sources lie beside the templates.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from scaffolder import library as libraries
from scaffolder.rendering.service import render_with
from tests.templates.conftest import BLANK
from tests.templates.sets import answers_for

NAMES = ("none", "all")
FOLDER = Path(__file__).parent
LOCK = ".goldpath/lock.json"
_ANSWERS = {
    "name": "ledger",
    "description": "Keeps the books",
    "owner": "group:default/payments",
    "system": "system:default/checkout",
    "lifecycle": "production",
    "logger": "slog",
}
_LISTED_ONLY = re.compile(r"pkg/.*|.*\.(?:gen|pb)\.go|(?:.*/)?(?:go\.sum|package-lock\.json)")


def path_of(name: str) -> Path:
    """Return where the golden tree of a set lies."""
    return FOLDER / f"{name}.txtar"


def tree(name: str, folder: Path) -> str:
    """Render a set into `folder` and return it as a golden tree. The lock is left out: it holds the digests of all."""
    render = render_with(libraries.load(), BLANK, {**_ANSWERS, **answers_for(name)}, folder)
    about = json.loads((folder / LOCK).read_text(encoding="utf-8"))["files"]
    listed, texts = [], []
    for path in sorted(file.path for file in render.files if file.path != LOCK):
        content, entry = (folder / path).read_bytes(), about[path]
        digest = hashlib.sha256(content).hexdigest()[:16]
        listed.append(f"{entry['mode']} {entry['class']:9} {digest} {entry['layer']} {path}\n")
        if not _LISTED_ONLY.fullmatch(path):
            texts.append(f"-- {path} --\n{content.decode().rstrip(chr(10))}\n")
    return "".join([*listed, *texts])
