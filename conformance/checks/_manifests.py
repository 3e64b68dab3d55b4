"""Kubernetes manifests of a service, and what kustomize makes of them.

A kustomization adds labels, sets images and patches: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from conformance.checks._kept import once
from conformance.examining.check import Evidence
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject

FOLDERS = ("k8s", "deploy", "manifests")
_PATTERNS = tuple(f"**/{folder}/**/*.{suffix}" for folder in FOLDERS for suffix in ("yaml", "yml"))
_NOT_OURS = ("vendor/", "node_modules/", "testdata/", ".github/")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml")
_MOST_PARENTS = 50


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object as it is written in a file."""

    path: str
    node: Node

    @property
    def kind(self) -> str:
        """Its kind, such as `Deployment`."""
        return self.node["kind"].text

    @property
    def group(self) -> str:
        """Its API group; empty for the core group."""
        return self.node["apiVersion"].text.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Its name; an object without one goes by its kind."""
        return self.node.at("metadata.name").text

    @property
    def title(self) -> str:
        """What to call it in a sentence: `Deployment ledger`."""
        return f"{self.kind} {self.name}".strip()

    def evidence(self, node: Node | None = None, note: str = "") -> Evidence:
        """Return a place in it: the node's, or where the object begins."""
        place = node if node is not None and node else self.node
        return Evidence(self.path, place.line, note)


@dataclass(slots=True)
class Kustomization:
    """One kustomization: its files, the folders that it stands on, and the kustomizations that stand on it."""

    path: str
    node: Node
    files: set[str] = field(default_factory=set)
    parents: list[Kustomization] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The folder that it describes."""
        return posixpath.dirname(self.path)

    @property
    def is_deployed(self) -> bool:
        """Whether it is something that is applied by itself: nothing stands on it, and it is no component."""
        return not self.parents and self.node["kind"].text != "Component"


@dataclass(frozen=True, slots=True)
class Deployable:
    """What a service's manifests hold: objects, and kustomizations by folder. `charts` are folders of Helm charts."""

    manifests: tuple[Manifest, ...]
    kustomizations: Mapping[str, Kustomization]
    charts: tuple[str, ...]

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """Return the objects of these kinds."""
        return [each for each in self.manifests if each.kind in kinds]

    def chain(self, path: str) -> list[Kustomization]:
        """Return the kustomizations that take a file in, the nearest first."""
        found = [each for each in self.kustomizations.values() if path in each.files]
        for each in found:
            found.extend(parent for parent in each.parents if parent not in found and len(found) < _MOST_PARENTS)
        return found


@once
def deployable(subject: Subject) -> Deployable:
    """Read the manifests below folders named k8s, deploy or manifests; UnreadableError when one is not YAML.

    Left out are patches of kustomizations, which are parts of objects, and the templates of Helm charts.
    """
    charts = tuple(posixpath.dirname(path) for path in subject.paths("**/Chart.yaml"))
    paths = [path for path in sorted(subject.paths(*_PATTERNS)) if _is_ours(path, charts)]
    documents = {path: subject.yaml(path) for path in paths}
    kustomizations = {
        posixpath.dirname(path): Kustomization(path, documents[path][0])
        for path in paths
        if posixpath.basename(path) in _KUSTOMIZATIONS and documents[path]
    }
    _link(subject, kustomizations)
    left_out = {each.path for each in kustomizations.values()} | set(patch_files(kustomizations.values()))
    objects = (Manifest(path, node) for path in paths if path not in left_out for node in _objects(documents[path]))
    return Deployable(tuple(objects), kustomizations, charts)


def _is_ours(path: str, charts: tuple[str, ...]) -> bool:
    if any(f"/{path}".find(f"/{part}") >= 0 for part in _NOT_OURS):
        return False
    return not any(path.startswith(f"{chart}/") for chart in charts)


def _objects(documents: list[Node]) -> Iterator[Node]:
    for document in documents:
        if document["kind"].text == "List":
            yield from (item for item in document["items"] if item["kind"])
        elif document["kind"] and document["apiVersion"]:
            yield document


def _link(subject: Subject, kustomizations: Mapping[str, Kustomization]) -> None:
    for each in kustomizations.values():
        for entry in (text for key in ("resources", "components", "bases") for text in each.node[key].texts()):
            target = inside(each.folder, entry)
            if subject.has(target):
                each.files.add(target)
            elif target in kustomizations and each not in kustomizations[target].parents:
                kustomizations[target].parents.append(each)


def patch_files(kustomizations: Iterable[Kustomization]) -> Iterator[str]:
    """Yield the files that kustomizations name as patches."""
    for each in kustomizations:
        for key in ("patches", "patchesJson6902"):
            yield from (inside(each.folder, patch["path"].text) for patch in each.node[key] if patch["path"])
        yield from (
            inside(each.folder, text) for text in each.node["patchesStrategicMerge"].texts() if "\n" not in text
        )


def inside(folder: str, entry: str) -> str:
    """Return the path that an entry of a kustomization in `folder` names."""
    return posixpath.normpath(posixpath.join(folder, entry))
