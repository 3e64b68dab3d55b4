"""Rendering: from a template version and answers to a folder that can be committed."""

from __future__ import annotations

from scaffolder.rendering.client import RenderError, stop
from scaffolder.rendering.output import LOCK_PATH, RenderedFile
from scaffolder.rendering.service import Render, prepare, render_recorded, render_service, render_with

__all__ = [
    "LOCK_PATH",
    "Render",
    "RenderError",
    "RenderedFile",
    "prepare",
    "render_recorded",
    "render_service",
    "render_with",
    "stop",
]
