"""Fills caches in the background, so that the first run does not wait for them."""

from __future__ import annotations

import structlog

from portal.foundation.errors import GoldpathError
from scaffolder import rendering, verification

log = structlog.get_logger(__name__)


def warm() -> None:
    """Start the renderer; download and build what verification needs, where there is Go. A failure is only logged."""
    try:
        rendering.prepare()
        verification.warm(lambda line: log.info("warming", line=line))
    except GoldpathError as error:
        log.warning("the caches could not be warmed", reason=error.message)
