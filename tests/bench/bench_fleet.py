"""Server time and queries of the pages of conformance with 10,000 services and 400,000 verdicts.

`python -m tests.bench fleet`, or `python -m tests.bench.bench_fleet 1000` for another number of services. The rows are
made once, in bulk, by a process of its own, in a database of their own (SQLite as `make run` has it; PostgreSQL with
GOLDPATH_TEST_DATABASE_URL, whose database must be empty). Times are of whole requests through all middleware, in
process, without the network. Floor: the fleet page with at most 5 queries, at most 100 ms at the 95th percentile.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

SERVICES = 10_000
FLOOR = {"fleet_p95_ms": 100, "fleet_queries": 5}


def main(services: int) -> dict[str, Any]:
    """Make the fleet, ask for each page often, and return the figures."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings.embedded"
    os.environ |= {"GOLDPATH_VERIFY": "never", "GOLDPATH_LOG_LEVEL": "ERROR", "GOLDPATH_DEMO": "0"}
    os.environ.pop("GOLDPATH_DATABASE_URL", None)
    if url := os.environ.get("GOLDPATH_TEST_DATABASE_URL"):
        os.environ["GOLDPATH_DATABASE_URL"] = url
    with tempfile.TemporaryDirectory(prefix="goldpath-fleet-") as home:
        os.environ["GOLDPATH_HOME"] = home
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "tests.bench.bench_fleet", "--make", str(services)], check=True)
        seconds = round(time.perf_counter() - started, 1)
        import django

        django.setup()
        return {**_counts(), "seconds_to_make": seconds, "floor": FLOOR, "pages": _pages()}


def make(services: int) -> None:
    """Set up an installation with the fleet."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.conformance.fleet import make_fleet

    call_command("up", "--prepare-only", stdout=io.StringIO())
    make_fleet(services)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _counts() -> dict[str, Any]:
    from django.db import connection

    from conformance.models import Evaluation, Service, Verdict

    rows = {"services": Service, "verdicts": Verdict, "evaluations": Evaluation}
    counts = {name: model._default_manager.count() for name, model in rows.items()}
    return {"database": connection.vendor, **counts}


def _pages() -> dict[str, dict[str, Any]]:
    from django.test import Client

    from portal.foundation.models import User
    from tests.bench.bench_pages import timed

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="alice"))
    return {name: timed(client, address) for name, address in _addresses().items()}


def _addresses() -> dict[str, str]:
    from conformance.models import Service
    from conformance.services.fleet import tallies
    from tests.conformance.fleet import BLANK, template_version

    worst = max(tallies().checks.items(), key=lambda pair: pair[1].get("fail", 0))[0]
    low = Service.objects.filter(level="none", failed__gt=0, problem="").order_by("-failed")[0]
    services = "/conformance/services"
    return {
        "fleet": "/conformance",
        "services": services,
        "services, last page by score": f"{services}?sort=-score&page=9999",
        "services that fail a check": f"{services}?fails={worst}",
        "services by text, drift and level": f"{services}?text=gate&drift=weakened&level=none",
        "service": f"{services}/{low.namespace}/{low.name}",
        "team": "/conformance/teams/default/payments",
        "checks": "/conformance/checks",
        "check": f"/conformance/checks/{worst}",
        "template version": f"/conformance/templates/default/go-blank-service/{template_version(BLANK).version}",
        "badge": f"/badges/{low.namespace}/{low.name}.svg",
    }


if __name__ == "__main__" and sys.argv[1:2] == ["--make"]:
    make(int(sys.argv[2]))
elif __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else SERVICES), indent=2))
