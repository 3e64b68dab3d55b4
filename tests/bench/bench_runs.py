"""Whole runs without verify, by the real services and actions: how long one takes, and how many a minute.

The worker is one process with a pool of threads on SQLite, as in an embedded installation; the broker is left out
(threads take run ids from a queue, as Celery's pool would). `cpu_ms` is all Python of the worker per run, `git_cpu_ms`
what its git processes took.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

ALONE, TOGETHER, THREADS = 20, 60, 4


def main(home: str) -> dict[str, Any]:
    """Measure in an empty data folder and return the figures."""
    _set_up(home)
    from scaffolder import services
    from scaffolder.models import Run

    for number in range(3):
        services.advance(_start(f"warm-{number}"))
    alone = [_timed(f"alone-{number}") for number in range(ALONE)]
    threads = _together()
    states = dict.fromkeys(Run.objects.values_list("status", flat=True))
    if list(states) != ["completed"]:
        raise SystemExit(f"not all runs completed: {list(states)}")
    ordered = sorted(alone)
    return {
        "one_run_s": {
            "p50": round(statistics.median(ordered), 3),
            "p95": round(ordered[int(len(ordered) * 0.95) - 1], 3),
            "goal": "p50 <= 1.0 s from form accepted to registered",
        },
        "threads": threads,
        "cores": os.cpu_count(),
        "load_before": LOAD,
    }


def _set_up(home: str) -> None:
    given = {
        "GOLDPATH_HOME": home,
        "GOLDPATH_VERIFY": "never",
        "GOLDPATH_LOG_LEVEL": "WARNING",
        "GOLDPATH_BROKER_URL": "memory://localhost",
        "DJANGO_SETTINGS_MODULE": "portal.settings.embedded",
    }
    os.environ.update(given)
    os.environ.pop("GOLDPATH_DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from portal.web.demo import load_people
    from scaffolder import services

    load_people()
    services.register_templates()


def _start(name: str) -> uuid.UUID:
    from portal.foundation.actors import Actor
    from scaffolder import services

    values = {
        "name": name,
        "description": "Measured",
        "owner": "group:default/payments",
        "system": "system:default/checkout",
        "lifecycle": "experimental",
    }
    actor = Actor("user:default/alice", frozenset({"group:default/payments"}))
    return services.start_run("template:default/go-blank-service", values, actor).pk


def _timed(name: str) -> float:
    from scaffolder import services

    began = time.perf_counter()
    services.advance(_start(name))
    return time.perf_counter() - began


def _together() -> dict[str, Any]:
    waiting: SimpleQueue[uuid.UUID] = SimpleQueue()
    for number in range(TOGETHER):
        waiting.put(_start(f"together-{number}"))
    workers = [threading.Thread(target=_work, args=(waiting,)) for _ in range(THREADS)]
    began, cpu, children = time.perf_counter(), time.process_time(), _children_seconds()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - began
    return {
        "workers": THREADS,
        "runs": TOGETHER,
        "runs_a_minute": round(TOGETHER / seconds * 60),
        "cpu_ms": round((time.process_time() - cpu) / TOGETHER * 1000),
        "git_cpu_ms": round((_children_seconds() - children) / TOGETHER * 1000),
        "goal": ">= 300 a minute from 4 threads on 2 cores",
    }


def _work(waiting: SimpleQueue[uuid.UUID]) -> None:
    from django.db import connection

    from scaffolder import services

    try:
        while True:
            services.advance(waiting.get_nowait())
    except Empty:
        connection.close()


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


LOAD = round(os.getloadavg()[0], 1)

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    with tempfile.TemporaryDirectory(prefix="goldpath-bench-") as folder:
        print(json.dumps(main(folder), indent=2))
