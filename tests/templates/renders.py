"""Renders of the blank service for tests that need no Go, and what is read from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from scaffolder import library as libraries
from scaffolder.rendering import Render
from scaffolder.rendering.service import render_with
from tests.templates.sets import answers_for

BLANK = "template:default/go-blank-service"
ANSWERS = {
    "name": "ledger",
    "description": "Keeps “books”: & more",
    "owner": "group:default/payments",
    "lifecycle": "production",
    "logger": "logrus",
    "rest": True,
    "system": "checkout",
}


def rendered(into: Path, *, postgres: bool) -> Render:
    """Render the blank service of the real library."""
    return render_with(libraries.load(), BLANK, {**ANSWERS, "postgres": postgres}, into)


def rendered_set(into: Path, name: str) -> Path:
    """Render the blank service with one set of capabilities, and return its folder."""
    return render_with(libraries.load(), BLANK, {**ANSWERS, **answers_for(name)}, into).directory


def documents(path: Path) -> list[Any]:
    """Return the YAML documents of a file."""
    return [document for document in yaml.safe_load_all(path.read_text(encoding="utf-8")) if document is not None]


def workflow_jobs(folder: Path) -> dict[str, dict[str, Any]]:
    """Return all jobs of all workflows by `file:job`."""
    jobs: dict[str, dict[str, Any]] = {}
    for path in sorted((folder / ".github" / "workflows").glob("*.yml")):
        (document,) = documents(path)
        jobs.update({f"{path.name}:{name}": job for name, job in document["jobs"].items()})
    return jobs
