"""The embedded settings with a template library of the suite's own."""

from __future__ import annotations

import os
from pathlib import Path

from portal.settings.embedded import *  # noqa: F403

GOLDPATH_TEMPLATES = Path(os.environ["GOLDPATH_TEST_TEMPLATES"])
