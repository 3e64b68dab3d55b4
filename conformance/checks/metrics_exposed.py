"""Metrics are exposed, and Prometheus is told where."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._gocode import GoFile, code, no_program
from conformance.checks._kept import shared
from conformance.checks._manifests import Manifest, deployable
from conformance.checks._words import cut, listed
from conformance.checks._workloads import KINDS, workloads
from conformance.examining.check import Check, Evidence, Finding, failed, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_CLIENTS = (
    "github.com/prometheus/client_golang/prometheus", "go.opentelemetry.io/otel/exporters/prometheus",
    "github.com/VictoriaMetrics/metrics",
)  # fmt: skip
_ENDPOINTS = {
    "ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints", "VMServiceScrape": "endpoints",
    "VMPodScrape": "podMetricsEndpoints", "PodMonitoring": "endpoints",
}  # fmt: skip
"""Kinds that tell a Prometheus where to scrape, and where they list it."""
_DEFAULT = "/metrics"

_Scrape = tuple[str, Evidence]
"""The path that is scraped, and where that is said."""


def judge(subject: Subject) -> Finding:
    """Judge the code and, where there are workloads, the manifests: a route, a client library, and who scrapes it."""
    nothing = no_program(subject)
    if nothing:
        return nothing
    clients = [place for each in code(subject) for place in _clients(each)]
    if not clients:
        return failed("No code imports a Prometheus client library.")
    scrapes = list(_scrapes(subject))
    if not scrapes and workloads(subject):
        return failed(
            "The manifests have no ServiceMonitor, PodMonitor or prometheus.io/scrape annotation.", *clients[:3]
        )
    wanted = {path for path, _ in scrapes} or {_DEFAULT}
    served = [
        (route["value"], Evidence(each.path, route["line"]))
        for each in code(subject)
        for route in each.fact["routes"]
        if route["value"] in wanted
    ]
    missing = sorted(wanted - {value for value, _ in served})
    if missing:
        return failed(
            f"No route of the code is {listed(missing)}.", *(place for path, place in scrapes if path in missing)
        )
    return passed(
        f"Metrics are served on {cut(listed(sorted(wanted)))}.",
        *(place for _, place in (*served, *scrapes)),
        *clients[:3],
    )


@shared
def _clients(each: GoFile) -> list[Evidence]:
    return each.imports(*_CLIENTS)


def _scrapes(subject: Subject) -> Iterator[_Scrape]:
    for manifest in deployable(subject).manifests:
        if manifest.kind in _ENDPOINTS:
            for endpoint in manifest.node.at(f"spec.{_ENDPOINTS[manifest.kind]}"):
                yield endpoint["path"].text or _DEFAULT, manifest.evidence(endpoint)
        elif manifest.kind == "Service" or manifest.kind in KINDS:
            yield from _annotated(manifest, manifest.node.at("metadata.annotations"))
            yield from _annotated(manifest, manifest.node.at("spec.template.metadata.annotations"))


def _annotated(manifest: Manifest, annotations: Node) -> Iterator[_Scrape]:
    scrape = annotations["prometheus.io/scrape"]
    if scrape.text.lower() == "true":
        yield annotations["prometheus.io/path"].text or _DEFAULT, manifest.evidence(scrape)


CHECK = Check(
    id="metrics-exposed",
    title="Metrics are exposed and scraped",
    level=Level.SILVER,
    area="Operations",
    applies_to="Services with a Go program",
    rationale=(
        "Rate, errors and duration of requests are what alerts and service levels are made of. They need a client "
        "library, a route, and somebody who scrapes that very route: a ServiceMonitor for a path that the code does "
        "not serve gives an empty dashboard."
    ),
    fix=(
        "Serve the registry, best on a port of its own:\n\n"
        "```go\n"
        'mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))\n'
        "```\n\n"
        "and tell Prometheus:\n\n"
        "```yaml\n"
        "apiVersion: monitoring.coreos.com/v1\n"
        "kind: ServiceMonitor\n"
        "metadata: {name: ledger}\n"
        "spec:\n"
        "  selector:\n"
        "    matchLabels: {app.kubernetes.io/name: ledger}\n"
        "  endpoints:\n"
        "    - {port: admin, path: /metrics}\n"
        "```"
    ),
    judge=judge,
    source="https://prometheus.io/docs/guides/go-application/",
)
