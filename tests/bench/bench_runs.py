"""Whole runs without verify, by the real services, actions, worker and broker: how long one takes, how many a minute.

The data folder is a temporary one, the database SQLite. `one_run_s` is start_run plus advance in this process, from the
form accepted to the service registered. `worker` is a Celery worker with four threads in one process, as `make run`
starts it, fed through the embedded broker: all runs are queued at once, and the time is taken from the first to the
last timestamp of their rows. `cpu_ms` is the CPU time per run of the worker process alone, `all_cpu_ms` with
renderer and git: two idle cores do 120,000 / all_cpu_ms runs a minute at most.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
import uuid
from typing import Any

import psutil

ALONE, TOGETHER = 20, 100
DEADLINE_SECONDS = 180
LOAD = round(os.getloadavg()[0], 1)


def main(home: str) -> dict[str, Any]:
    """Measure in an empty data folder and return the figures."""
    _set_up(home)
    from scaffolder import services

    for number in range(3):
        services.advance(_start(f"warm-{number}"))
    alone = sorted(_timed(f"alone-{number}") for number in range(ALONE))
    return {
        "one_run_s": {
            "p50": round(statistics.median(alone), 3),
            "p95": round(alone[int(len(alone) * 0.95) - 1], 3),
            "goal": "p50 <= 1.0",
        },
        "worker": _together(),
        "machine": {"cores": os.cpu_count(), "load_before": LOAD},
    }


def _set_up(home: str) -> None:
    given = {
        "GOLDPATH_HOME": home,
        "GOLDPATH_VERIFY": "never",
        "GOLDPATH_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "portal.settings.embedded",
    }
    os.environ.update(given)
    for name in ("GOLDPATH_DATABASE_URL", "GOLDPATH_BROKER_URL"):
        os.environ.pop(name, None)
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
    from portal.web.management.commands.up import worker_command

    worker = subprocess.Popen(worker_command(), start_new_session=True)
    try:
        _finish([_start("first-of-the-worker")])
        process = psutil.Process(worker.pid)
        own, everything = _own_seconds(process), _tree_seconds(process)
        seconds, completed = _finish([_start(f"together-{number}") for number in range(TOGETHER)])
        own, everything = _own_seconds(process) - own, _tree_seconds(process) - everything
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    return {
        "threads": 4,
        "runs": TOGETHER,
        "completed": completed,
        "runs_a_minute": round(TOGETHER / seconds * 60),
        "cpu_ms": round(own / TOGETHER * 1000),
        "all_cpu_ms": round(everything / TOGETHER * 1000),
        "goal": ">= 300 runs a minute, cpu_ms <= 100",
    }


def _own_seconds(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _tree_seconds(process: psutil.Process) -> float:
    """Return the CPU time of a process, of its children that ended, and of those that live."""
    used = process.cpu_times()
    ended = float(used.children_user + used.children_system)
    return _own_seconds(process) + ended + sum(_tree_seconds(child) for child in process.children())


def _finish(ids: list[uuid.UUID]) -> tuple[float, int]:
    """Wait until all runs ended; return the seconds from the first start to the last end, and how many completed."""
    from django.db.models import Max, Min

    from scaffolder.choices import RunStatus
    from scaffolder.models import Run

    deadline = time.monotonic() + DEADLINE_SECONDS
    rows = Run.objects.filter(pk__in=ids)
    while rows.filter(ended_at=None).exists():
        if time.monotonic() > deadline:
            raise SystemExit("the runs do not end")
        time.sleep(0.2)
    times = rows.aggregate(first=Min("started_at"), last=Max("ended_at"))
    return (times["last"] - times["first"]).total_seconds(), rows.filter(status=RunStatus.COMPLETED).count()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="goldpath-bench-", ignore_cleanup_errors=True) as folder:
        print(json.dumps(main(folder), indent=2))
