"""Server time and queries of every page with 1,000 services: `python -m tests.bench.bench_pages`.

Times are of whole requests through all middleware, in process, without the network, on a database of their own.
Floor: p95 of every page at most 100 ms.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from statistics import quantiles
from typing import Any

SERVICES = 1000
ROUNDS = int(os.environ.get("GOLDPATH_BENCH_ROUNDS", "40"))
FLOOR_MS = 100


def main() -> int:
    """Measure, and print one JSON object."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings.embedded"
    os.environ |= {"GOLDPATH_VERIFY": "never", "GOLDPATH_LOG_LEVEL": "ERROR"}
    os.environ.pop("GOLDPATH_DATABASE_URL", None)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GOLDPATH_HOME"] = home
        import django

        django.setup()
        figures = measure()
    slowest = max(figure["p95_ms"] for figure in figures.values())
    summary = {"services": SERVICES, "rounds": ROUNDS, "slowest_p95_ms": slowest, "floor_ms": FLOOR_MS}
    print(json.dumps({**summary, "pages": figures}, indent=2))
    return 0


def measure() -> dict[str, dict[str, Any]]:
    """Set up an installation with services, and return the figures of each page."""
    from django.core.management import call_command

    call_command("up", "--prepare-only", stdout=io.StringIO())
    client, addresses = prepare()
    return {name: timed(client, address) for name, address in addresses.items()}


def prepare() -> tuple[Any, dict[str, str]]:
    """Make one service by a run and 1,000 in the catalog; return Alice's client and the pages."""
    from django.test import Client

    from catalog.services import actor_for
    from portal.foundation.models import User
    from scaffolder import services
    from scaffolder.models import Draft
    from tests.conformance.fleet import make_fleet
    from tests.portal.web.conftest import ANSWERS, REF
    from tests.portal.web.fleet import fleet
    from tests.portal.web.test_query_counts import pages, scanned

    alice = User.objects.get(username="alice")
    run = services.start_run(REF, ANSWERS, actor_for(alice), user=alice)
    services.advance(run.pk)
    scanned(run)
    fleet(SERVICES)
    make_fleet(SERVICES)
    draft = Draft.objects.create(user=alice, template=run.template, values={**ANSWERS, "name": "till"})
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(alice)
    return client, pages(run, draft)


def timed(client: Any, address: str) -> dict[str, Any]:
    """Ask for a page often; return median and 95th percentile, the process's own CPU time, and the queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code in {200, 286}, address
    queries = len(captured)
    times = []
    cpu = time.process_time()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        client.get(address)
        times.append((time.perf_counter() - start) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000 / ROUNDS
    cuts = quantiles(times, n=20)
    return {"p50_ms": round(cuts[9], 1), "p95_ms": round(cuts[18], 1), "cpu_ms": round(cpu_ms, 1), "queries": queries}


if __name__ == "__main__":
    sys.exit(main())
