"""The folder in which one claim works on its run."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from portal.foundation import home
from portal.foundation.errors import ConflictError
from scaffolder.models import Run

if TYPE_CHECKING:
    from scaffolder.rendering import Render

FOLDER = "work"


class Workspace:
    """A private folder per claim, so that a worker that lost its run shares nothing with its successor.

    The render is deterministic: a worker that takes a run over renders again and trusts nothing that a killed one left.
    """

    def __init__(self, run: Run, holder: uuid.UUID) -> None:
        self._run = run
        self._root = home.folder(FOLDER, str(run.pk), str(holder))
        self.rendered: Render | None = None

    def folder(self, name: str) -> Path:
        """Return the path of a folder of this name in the workspace; it may not exist yet."""
        return self._root / name

    def render(self, digest: str = "") -> Render:
        """Return the run's render, made at the first call.

        Raises RenderError, and ConflictError when a worker before rendered something else (`digest`).
        """
        # Imported late: the web process has workspaces of nobody, and pays for no render server.
        from scaffolder.rendering import render_service

        if self.rendered is None:
            self.rendered = render_service(self._run.template, self._run.values, self.folder("tree"))
        if digest and digest != self.rendered.digest:
            raise ConflictError("The template library changed under this run: start it again.")
        return self.rendered

    def remove(self) -> None:
        """Remove the workspace of this claim; those that killed workers left go with the sweep.

        The run may have been started again already: the folders of other claims are not this one's to remove.
        """
        shutil.rmtree(self._root, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._root.parent.rmdir()
