"""Rows of the scaffolder, one aggregate per file."""

from __future__ import annotations

from scaffolder.models.draft import Draft
from scaffolder.models.effect import Effect
from scaffolder.models.event import RunEvent
from scaffolder.models.lineage import Lineage
from scaffolder.models.repository import Repository
from scaffolder.models.run import Run
from scaffolder.models.step import Step
from scaffolder.models.template import TemplateVersion

__all__ = ["Draft", "Effect", "Lineage", "Repository", "Run", "RunEvent", "Step", "TemplateVersion"]
