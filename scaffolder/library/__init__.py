"""The template library: layers on disk, composed into templates that cookiecutter renders."""

from __future__ import annotations

from scaffolder.library.composition import (
    ComposedFile,
    ComposedTree,
    Composition,
    chosen_capabilities,
    compose,
    composed_tree,
    trim,
    write_live,
)
from scaffolder.library.context import refused_names, render_context
from scaffolder.library.gomod import required_modules
from scaffolder.library.lint import lint
from scaffolder.library.loading import Layer, Library, Template, default_root, keep, load, load_kept
from scaffolder.library.problems import LibraryError, Problem

__all__ = [
    "ComposedFile",
    "ComposedTree",
    "Composition",
    "Layer",
    "Library",
    "LibraryError",
    "Problem",
    "Template",
    "chosen_capabilities",
    "compose",
    "composed_tree",
    "default_root",
    "keep",
    "lint",
    "load",
    "load_kept",
    "refused_names",
    "render_context",
    "required_modules",
    "trim",
    "write_live",
]
