"""Prometheus metrics, and the page that serves them."""

from __future__ import annotations

import os

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUEST_SECONDS = Histogram("goldpath_http_request_seconds", "Duration of HTTP requests", ["method", "route", "status"])
STEP_SECONDS = Histogram(
    "goldpath_step_seconds",
    "Duration of run steps",
    ["action", "status"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600),
)
RUNS = Counter("goldpath_runs_total", "Runs by how they ended", ["template", "status"])


def serve(_: HttpRequest) -> HttpResponse:
    """Answer /metrics; with PROMETHEUS_MULTIPROC_DIR set, for all processes of the installation."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
