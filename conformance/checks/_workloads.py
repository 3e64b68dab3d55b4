"""Workloads of Kubernetes: their pods, containers and labels, and what selects them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.checks._manifests import Deployable, Manifest, deployable
from conformance.checks._words import counted
from conformance.examining.check import Evidence, Finding, not_applicable
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject

SERVING = ("Deployment", "StatefulSet", "DaemonSet")
KINDS = (*SERVING, "Job", "CronJob")
_TEMPLATES = {kind: "spec.template" for kind in KINDS} | {"CronJob": "spec.jobTemplate.spec.template"}


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a workload's pods; `is_init` when it runs before the others."""

    workload: Workload
    node: Node
    is_init: bool

    @property
    def title(self) -> str:
        """What to call it in a sentence."""
        return f"container {self.node['name'].text} of {self.workload.manifest.title}"

    @property
    def is_sidecar(self) -> bool:
        """Whether it is an init container that keeps running."""
        return self.is_init and self.node["restartPolicy"].text == "Always"

    def evidence(self, node: Node | None = None, note: str = "") -> Evidence:
        """Return a place in it: the node's, or where the container begins."""
        return self.workload.manifest.evidence(node if node is not None and node else self.node, note)


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload, and the labels that its pods have once kustomize is through."""

    manifest: Manifest
    labels: Mapping[str, str]

    @property
    def pod(self) -> Node:
        """The pod's spec."""
        return self.manifest.node.at(f"{_TEMPLATES[self.manifest.kind]}.spec")

    @property
    def title(self) -> str:
        """What to call it in a sentence."""
        return self.manifest.title

    def containers(self) -> Iterator[Container]:
        """Yield its containers, those that run before the others too."""
        for key in ("initContainers", "containers"):
            for node in self.pod[key]:
                yield Container(self, node, key == "initContainers")


def workloads(subject: Subject, *kinds: str) -> list[Workload]:
    """Return the workloads of these kinds, of all kinds when none is named; UnreadableError as `deployable`."""
    found = deployable(subject)
    return [Workload(each, _labels(found, each)) for each in found.of_kind(*(kinds or KINDS))]


def none_here(subject: Subject, what: str = "workload") -> Finding:
    """Return that a check has nothing to judge, and why."""
    charts = deployable(subject).charts
    if charts:
        return not_applicable(
            f"There is no {what}; Helm charts ({counted(len(charts), 'chart')}) are not rendered here."
        )
    return not_applicable(f"There is no {what} in the Kubernetes manifests.")


def _labels(found: Deployable, manifest: Manifest) -> dict[str, str]:
    template = manifest.node.at(_TEMPLATES[manifest.kind])
    labels = _texts(template.at("metadata.labels"))
    for kustomization in found.chain(manifest.path):
        labels |= _texts(kustomization.node["commonLabels"])
        for entry in kustomization.node["labels"]:
            if entry["includeTemplates"].value is True or entry["includeSelectors"].value is True:
                labels |= _texts(entry["pairs"])
    return labels


def _texts(node: Node) -> dict[str, str]:
    return {key: value.text for key, value in node.items()}


def selects(selector: Node, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector selects pods with these labels; an empty one selects all, an absent one none.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    if not selector:
        return False
    if any(labels.get(key) != value.text for key, value in selector["matchLabels"].items()):
        return False
    return all(_holds(expression, labels) for expression in selector["matchExpressions"])


def _holds(expression: Node, labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"].text)
    values = expression["values"].texts()
    operator = expression["operator"].text
    if operator in ("Exists", "DoesNotExist"):
        return (value is not None) is (operator == "Exists")
    return (value in values) is (operator == "In")
