"""Long polls: hold a request until there is something to say, without holding up everybody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.db import connection

Found = TypeVar("Found")

HOLD_SECONDS = 25.0
SHORT_HOLD_SECONDS = 1.0
LOOK_SECONDS = 0.4


class Places:
    """Counts the requests that are held in this process.

    Each holds a thread of the web server, so only GOLDPATH_HELD_POLLS may be held for long; the others are answered
    after a short hold, and their clients ask again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = 0

    @contextmanager
    def take(self) -> Iterator[float]:
        """Take a place for the block and yield for how many seconds to hold."""
        with self._lock:
            is_free = self._held < settings.GOLDPATH_HELD_POLLS
            self._held += is_free
        try:
            yield HOLD_SECONDS if is_free else SHORT_HOLD_SECONDS
        finally:
            with self._lock:
                self._held -= is_free


places = Places()


def hold(look: Callable[[], list[Found]]) -> list[Found]:
    """Return what `look` finds as soon as it finds something, or nothing after the hold.

    The database connection is given back while nothing is looked at.
    """
    found = look()
    if found:
        return found
    with places.take() as seconds:
        end = time.monotonic() + seconds
        while not found and time.monotonic() < end:
            _let_go()
            time.sleep(LOOK_SECONDS)
            found = look()
    return found


def _let_go() -> None:
    if not connection.in_atomic_block:
        connection.close()
