"""Callers that meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def at_once(*calls: Callable[[], object]) -> list[BaseException | None]:
    """Run the calls in a thread each, all starting together; return what each raised."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        try:
            start.wait(10)
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.exception() for future in [pool.submit(run, call) for call in calls]]
