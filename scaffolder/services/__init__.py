"""The verbs of the scaffolder: what pages, the API, tasks and commands call."""

from __future__ import annotations

from scaffolder.engine.executor import advance
from scaffolder.engine.reaper import reap, reap_pushes
from scaffolder.services.control import cancel_run, retry_run
from scaffolder.services.dry_runs import DryRun, PlannedStep, dry_run
from scaffolder.services.events import events_of
from scaffolder.services.names import NameStatus, name_status, refused_module
from scaffolder.services.repositories import refresh_from_repository
from scaffolder.services.runs import find_run, seed_run, start_run
from scaffolder.services.sweeping import sweep
from scaffolder.services.templates import find_template, register_templates, same_template
from scaffolder.services.warming import warm

__all__ = [
    "DryRun",
    "NameStatus",
    "PlannedStep",
    "advance",
    "cancel_run",
    "dry_run",
    "events_of",
    "find_run",
    "find_template",
    "name_status",
    "reap",
    "reap_pushes",
    "refresh_from_repository",
    "refused_module",
    "register_templates",
    "retry_run",
    "same_template",
    "seed_run",
    "start_run",
    "sweep",
    "warm",
]
