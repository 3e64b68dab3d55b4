"""Which containers of a service's pods are the service itself, and which only stand beside it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._images import image
from conformance.checks._refs import name_of
from conformance.checks._workloads import SERVING, Container, Workload, workloads
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def serving(subject: Subject) -> list[Workload]:
    """Return the workloads that go on running; UnreadableError when a manifest cannot be read."""
    return workloads(subject, *SERVING)


def own(subject: Subject, workload: Workload) -> list[Container]:
    """Return the containers that run the service's image: those whose image bears its name, else all.

    A kustomization gives the image its registry and tag, so the last part of its name is what can be compared.
    """
    lasting = [each for each in workload.containers() if not each.is_init]
    name = name_of(str(subject.entity.get("ref", "")))
    named = [each for each in lasting if image(each.node["image"].text).name.rpartition("/")[2].casefold() == name]
    return named or lasting


def probes(container: Container) -> Iterator[tuple[str, Node]]:
    """Yield kind and settings of the probes of a container."""
    for kind in PROBES:
        if container.node[kind].is_mapping:
            yield kind, container.node[kind]
