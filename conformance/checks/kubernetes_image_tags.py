"""Every image that is deployed has a version."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._manifests import Kustomization, deployable
from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.checks._workloads import KINDS, Container, none_here, workloads
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_MOVING = "latest"


def judge(subject: Subject) -> Finding:
    """Judge every container's image, as each deployed kustomization sets it: a tag other than latest, or a digest."""
    found = workloads(subject)
    if not found:
        return none_here(subject)
    containers = [container for each in found for container in each.containers()]
    problems = [problem for each in containers for problem in _problems(subject, each)]
    problems += weakened(subject, KINDS, _moved)
    if problems:
        return failed_by(list(dict.fromkeys(problems)))
    set_by = [place for each in deployable(subject).kustomizations.values() for place in _places(each)]
    own = [each.evidence(each.node["image"]) for each in containers]
    return passed(f"{counted(len(containers), 'container')}, each with an image that has a version.", *own, *set_by)


def _problems(subject: Subject, container: Container) -> Iterator[Problem]:
    image = container.node["image"]
    chain = deployable(subject).chain(container.workload.manifest.path)
    deployed = [each for each in chain if each.is_deployed]
    if not deployed:
        place = container.evidence(image)
        yield from _judged(f"The image of {container.title}", image.text, place)
    for last in deployed:
        entry = _entry(image.text, [each for each in chain if each is last or _stands_on(last, each)])
        effective = _effective(image.text, entry)
        place = Evidence(last.path, entry.line) if entry and _version(effective) else container.evidence(image)
        yield from _judged(
            f"The image of {container.title}, as {cut(last.folder or '.')} deploys it,", effective, place
        )


def _stands_on(last: Kustomization, other: Kustomization) -> bool:
    """Tell whether a kustomization takes another in, on whatever way."""
    waiting, seen = list(other.parents), list(other.parents)
    while waiting:
        each = waiting.pop()
        if each is last:
            return True
        new = [parent for parent in each.parents if parent not in seen]
        waiting += new
        seen += new
    return False


def _entry(image: str, chain: list[Kustomization]) -> Node:
    """Return the entry of `images` that sets the image's version: the outermost one wins."""
    name = _name(image)
    entries = [entry for each in chain for entry in each.node["images"] if entry["name"].text == name]
    entries = [entry for entry in entries if entry["newTag"].text or entry["digest"].text or entry["newName"].text]
    return entries[-1] if entries else Node(None)


def _effective(image: str, entry: Node) -> str:
    name = entry["newName"].text or _name(image)
    if entry["digest"].text:
        return f"{name}@{entry['digest'].text}"
    if entry["newTag"].text:
        return f"{name}:{entry['newTag'].text}"
    return name + image[len(_name(image)) :]


def _name(image: str) -> str:
    """Return an image without tag and digest; the colon of a registry's port stays."""
    bare = image.partition("@")[0]
    before, colon, tag = bare.rpartition(":")
    return before if colon and "/" not in tag else bare


def _version(image: str) -> str:
    """Return an image's digest or tag; empty when it has neither."""
    return image.partition("@")[2] or image.partition("@")[0][len(_name(image)) + 1 :]


def _judged(what: str, image: str, place: Evidence) -> Iterator[Problem]:
    version = _version(image)
    if not version:
        yield Problem(f"{what} has no version: {cut(image) or 'it has no name either'}", place.path, place.line)
    elif version == _MOVING:
        yield Problem(f"{what} follows latest: {cut(image)}", place.path, place.line)


def _moved(change: Change) -> str:
    if not change.ends("image") or change.is_removed or "containers" not in change.keys:
        return ""
    image = change.node.text
    return f"A patch sets the image {cut(image)}, which has no version" if _version(image) in ("", _MOVING) else ""


def _places(kustomization: Kustomization) -> Iterator[Evidence]:
    yield from (Evidence(kustomization.path, entry.line) for entry in kustomization.node["images"])


CHECK = Check(
    id="kubernetes-image-tags",
    title="Deployed images have a version",
    level=Level.SILVER,
    area="Kubernetes",
    applies_to="Services with workloads in Kubernetes manifests",
    rationale=(
        "`latest`, or no tag, which means the same, is whatever was pushed last: pods of one Deployment run "
        "different code, a rollback brings the new version back, and nobody can say what ran yesterday. A base may "
        "leave the version out, when every overlay that is deployed sets it with kustomize."
    ),
    fix=(
        "Set the version of the release in each overlay; a digest is better still:\n\n"
        "```yaml\n"
        "images:\n"
        "  - name: ledger\n"
        "    newName: registry.example.com/payments/ledger\n"
        "    newTag: v1.4.2\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
)
