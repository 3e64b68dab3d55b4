"""Wraps every action, so that a test can kill a process exactly before it, inside it, or after it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings


def reach(point: str) -> None:
    """When `point` is the one to pause at, say so in a file and wait until it is removed, or until a kill."""
    if os.environ.get("GOLDPATH_TEST_PAUSE_AT") == point:
        marker = Path(settings.GOLDPATH_HOME, "paused")
        marker.write_text(point, encoding="ascii")
        while marker.exists():
            time.sleep(0.05)


def _paused(action_id: str, run: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        reach(f"before {action_id}")
        try:
            return run(*arguments, **named)
        finally:
            reach(f"after {action_id}")

    return wrapped


class PausingConfig(AppConfig):
    """Installed by `tests.processes.settings` only."""

    name = "tests.processes.pausing"

    def ready(self) -> None:
        """Wrap the actions, the moment at which an effect's intent was stored, and the one after git took a push."""
        from scaffolder.actions import registry
        from scaffolder.engine.context import Context
        from scaffolder.forges.local import heads

        for action in registry.actions():
            setattr(action, "run", _paused(action.id, action.run))  # noqa: B010 - replaces a method of one instance
        intend = Context.intend

        def intended(context: Context, kind: str, key: str, intent: Any) -> Any:
            effect = intend(context, kind, key, intent)
            reach(f"intended {kind}")
            return effect

        setattr(Context, "intend", intended)  # noqa: B010
        note = heads.note_push

        def noted(repository: Any) -> bool:
            reach("accepted push")
            return note(repository)

        setattr(heads, "note_push", noted)  # noqa: B010
