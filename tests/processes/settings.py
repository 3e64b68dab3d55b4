"""The embedded settings, with the actions wrapped so that a test can kill at a named point."""

from __future__ import annotations

from portal.settings.embedded import *  # noqa: F403
from portal.settings.embedded import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.processes.pausing"]
