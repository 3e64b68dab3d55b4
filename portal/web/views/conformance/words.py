"""Says in words what is wrong with a service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils import timezone

from conformance.examining.terms import Level
from conformance.services.calls import Call, Fall
from portal.web.views.conformance.addresses import drift_page, service_page, version_page

_MOST = 3
_NAMES = {
    "dockerfile": "Dockerfile",
    "makefile": "Makefile",
    "codeowners": "Code owners",
    ".golangci.yaml": "Lint rules",
    ".golangci.yml": "Lint rules",
    "dependabot.yaml": "Dependency updates",
    "dependabot.yml": "Dependency updates",
    "renovate.json": "Dependency updates",
    "coverage.sh": "Coverage gate",
}
_KINDS = {
    "networkpolicy": "network policy",
    "horizontalpodautoscaler": "autoscaler",
    "poddisruptionbudget": "disruption budget",
    "serviceaccount": "service account",
    "servicemonitor": "service monitor",
}
_SHORT = {"ci": "CI", "cd": "CD", "codeql": "CodeQL"}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: in words, and where it can be seen; `look` is `danger`, `warning` or empty."""

    text: str
    href: str
    look: str = ""


def reasons(call: Call) -> list[Reason]:
    """Return why a service needs help, the gravest first, three at most."""
    return list(_reasons(call))[:_MOST]


def part_name(path: str) -> str:
    """Return what people call a file that the platform looks after: `CI workflow`, `Dockerfile`, `Lint rules`."""
    name = PurePosixPath(path).name
    if path.startswith(".github/workflows/"):
        stem = name.partition(".")[0]
        return f"{_SHORT.get(stem, stem.replace('-', ' ').capitalize())} workflow"
    if path.startswith("deployments/k8s/"):
        kind = name.partition(".")[0]
        return f"Kubernetes {_KINDS.get(kind, kind)}"
    return _NAMES.get(name.lower(), name)


def several(count: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def when(fall: Fall) -> str:
    """Return how long ago a level was lost, in whole days."""
    days = (timezone.now() - fall.at).days
    return f"{several(days, 'day')} ago" if days else "today"


def _reasons(call: Call) -> Iterator[Reason]:
    service = call.service
    if call.weakened_path:
        rest = f", and {service.weakened - 1} more" if service.weakened > 1 else ""
        text = f"{part_name(call.weakened_path)} weakened{rest}"
        yield Reason(text, drift_page(service, call.weakened_path), "danger")
    if call.fall:
        text = f"Fell from {call.fall.before} to {_level(service.level)} {when(call.fall)}"
        yield Reason(text, service_page(service, "history"), "danger")
    if service.problem:
        yield Reason(service.problem.rstrip("."), service_page(service), "danger")
    if call.missing_path:
        rest = f", and {service.missing - 1} more" if service.missing > 1 else ""
        yield Reason(f"{part_name(call.missing_path)} missing{rest}", drift_page(service, call.missing_path), "danger")
    if call.short and call.next_level:
        text = f"{several(call.short, 'check')} short of {call.next_level}"
        yield Reason(text, service_page(service, call.next_level), "warning")
    if service.versions_behind:
        text = f"{several(service.versions_behind, 'version')} behind"
        yield Reason(text, version_page(service.template_ref, service.template_version), "warning")
    if service.forked or service.drifted:
        text = f"{several(service.forked + service.drifted, 'file')} edited by hand"
        yield Reason(text, service_page(service, "drift"), "warning")


def _level(level: str) -> str:
    return "no level" if level == Level.NONE else level
