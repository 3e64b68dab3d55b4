"""The catalog at many services: what a registration costs, and what the reads of lists and pages cost.

`python -m tests.bench catalog`, or `python -m tests.bench.bench_catalog 10000` for other than 1,000 services; on
PostgreSQL with GOLDPATH_TEST_DATABASE_URL. Server time, in process, in milliseconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

BY_QUERY = "/api/catalog/entities/by-query?filter=kind=component&orderField=metadata.name,asc"
FACETS = "facet=kind&facet=spec.type&facet=metadata.tags&facet=relations.ownedBy"
REPEATS = 20
NEW_SERVICES = 200


def main(services: int) -> dict[str, Any]:
    """Fill a new test database with `services` services and measure writes and reads."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings.test"
    os.environ["GOLDPATH_THROTTLE_READ"] = "1000000/min"
    django.setup()
    with _database() as vendor:
        from catalog.services import upsert_entities
        from portal.web.demo import load_people

        load_people()
        started = time.perf_counter()
        for first in range(0, services, 500):
            batch = [each for n in range(first, min(first + 500, services)) for each in _service(n)]
            upsert_entities(batch, location=f"url:https://git.example/{first}")
        filled = 2 * services / (time.perf_counter() - started)
        return {
            "database": vendor,
            "services": services,
            "entities_per_second_in_bulk": round(filled),
            "ms": {**_writes(services), **_reads()},
        }


@contextmanager
def _database() -> Iterator[str]:
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield connection.vendor
    finally:
        connection.creation.destroy_test_db(str(name), verbosity=0)


def _writes(services: int) -> dict[str, dict[str, float]]:
    from catalog.services import upsert_entities

    numbers = iter(range(services, services + NEW_SERVICES))

    def register() -> None:
        number = next(numbers)
        upsert_entities(_service(number), location=f"url:https://git.example/new/{number}")

    def again() -> None:
        upsert_entities(_service(services), location=f"url:https://git.example/new/{services}")

    return {"register_a_service": _time(register, NEW_SERVICES), "register_unchanged": _time(again, REPEATS)}


def _reads() -> dict[str, dict[str, float]]:
    from rest_framework.test import APIClient

    from catalog.models import Entity
    from catalog.services import relations_graph
    from portal.foundation.models import User
    from portal.foundation.tokens import create_token

    api = APIClient(SERVER_NAME="127.0.0.1")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(User.objects.get(username='alice'), 'bench')}")
    refs = {"entityRefs": [f"component:default/svc-{number:05}" for number in range(100)]}
    listed = Entity.objects.listed(kind="Component")
    reads: dict[str, Callable[[], object]] = {
        "by_name": lambda: api.get("/api/catalog/entities/by-name/component/default/svc-00010"),
        "by_query_20": lambda: api.get(f"{BY_QUERY}&limit=20"),
        "by_query_count": lambda: api.get(f"{BY_QUERY}&limit=0"),
        "by_query_1000": lambda: api.get(f"{BY_QUERY}&limit=1000"),
        "by_refs_100": lambda: api.post("/api/catalog/entities/by-refs", refs, format="json"),
        "facets": lambda: api.get(f"/api/catalog/entity-facets?{FACETS}"),
        "full_text": lambda: api.get(
            f"{BY_QUERY}&limit=20&fullTextFilterTerm=0012&fullTextFilterFields=metadata.title"
        ),
        "list_page": lambda: (listed.facets(["spec.type", "metadata.tags"]), listed.count(), list(listed[:50])),
        "picture_of_the_owner": lambda: relations_graph(Entity.objects.get(ref="group:default/payments")),
    }
    reads["by_name"]()
    return {name: _time(read, REPEATS) for name, read in reads.items()}


def _time(action: Callable[[], object], times: int) -> dict[str, float]:
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        answer = action()
        seconds.append((time.perf_counter() - started) * 1e3)
        if getattr(answer, "status_code", 200) != 200:
            raise SystemExit(f"the request was refused: {answer}")
    seconds.sort()
    return {"p50": round(seconds[times // 2], 1), "p95": round(seconds[int(times * 0.95)], 1)}


def _service(number: int) -> list[dict[str, Any]]:
    name = f"svc-{number:05}"
    metadata = {
        "name": name,
        "title": f"Service {number}",
        "description": "A service of the benchmark.",
        "tags": ["go", "rest", "postgresql"],
        "annotations": {"backstage.io/source-location": f"url:https://git.example/{name}/"},
        "links": [{"url": f"https://git.example/{name}", "title": "Repository"}],
    }
    owned = {"lifecycle": "experimental", "owner": "group:default/payments", "system": "checkout"}
    version = "backstage.io/v1alpha1"
    component = {"type": "service", "providesApis": [f"{name}-api"], **owned}
    interface = {"type": "openapi", "definition": "openapi: 3.0.3\n" * 300, **owned}
    return [
        {"apiVersion": version, "kind": "Component", "metadata": metadata, "spec": component},
        {"apiVersion": version, "kind": "API", "metadata": {"name": f"{name}-api"}, "spec": interface},
    ]


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000), indent=2))
