"""Containers run with the restricted profile of the Pod Security Standards, on a root file system that is read-only."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, listed
from conformance.checks._workloads import KINDS, Container, none_here, workloads
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_PROFILES = ("RuntimeDefault", "Localhost")
_MAY_ADD = ("NET_BIND_SERVICE",)
_WRONG = {
    "runAsNonRoot": False, "allowPrivilegeEscalation": True, "readOnlyRootFilesystem": False, "privileged": True,
    "runAsUser": 0,
}  # fmt: skip
"""Fields, and the value that one must not have."""
_PARTS = ("securityContext", "seccompProfile", "capabilities", "drop")


def judge(subject: Subject) -> Finding:
    """Judge every container by the security context that Kubernetes makes of the pod's and its own."""
    found = workloads(subject)
    if not found:
        return none_here(subject)
    containers = [container for each in found for container in each.containers()]
    problems = [problem for each in containers for problem in _problems(each)]
    problems += weakened(subject, KINDS, _weakening)
    if problems:
        return failed_by(problems)
    places = [_place(each) for each in containers]
    return passed(
        f"{counted(len(containers), 'container')}: not root, no new privileges, no capabilities, seccomp.", *places
    )


def _problems(container: Container) -> Iterator[Problem]:
    lacking = [words for words, is_so in _demands(container) if not is_so]
    if lacking:
        place = _place(container)
        yield Problem(f"The {container.title} lacks {listed(lacking, len(lacking))}", place.path, place.line)


def _demands(container: Container) -> Iterator[tuple[str, bool]]:
    """Yield what is demanded, and whether it is so. The container's own value wins over the pod's."""
    own, pod = container.node["securityContext"], container.workload.pod["securityContext"]
    user = _resolved("runAsUser", own, pod)
    yield "runAsNonRoot: true", _resolved("runAsNonRoot", own, pod).value is True
    yield "a runAsUser other than 0", not user or user.value != 0
    yield "allowPrivilegeEscalation: false", own["allowPrivilegeEscalation"].value is False
    yield "privileged: false", own["privileged"].value is not True
    yield "readOnlyRootFilesystem: true", own["readOnlyRootFilesystem"].value is True
    yield "capabilities.drop: [ALL]", "ALL" in own.at("capabilities.drop").texts()
    yield "capabilities without additions", set(own.at("capabilities.add").texts()) <= set(_MAY_ADD)
    yield (
        "a seccompProfile of RuntimeDefault or Localhost",
        _resolved("seccompProfile", own, pod)["type"].text in _PROFILES,
    )


def _resolved(field: str, own: Node, pod: Node) -> Node:
    return own[field] or pod[field]


def _place(container: Container) -> Evidence:
    return container.evidence(container.node["securityContext"])


def _weakening(change: Change) -> str:
    if "securityContext" not in change.keys:
        return ""
    last = change.keys[-1]
    if change.is_removed:
        return f"A patch takes {last} away from the security context" if last in (*_PARTS, *_WRONG) else ""
    if last in _WRONG and change.node.value == _WRONG[last]:
        return f"A patch sets {last} to {change.node.text.lower()}"
    if change.ends("seccompProfile", "type") and change.node.text not in _PROFILES:
        return f"A patch sets the seccomp profile to {change.node.text}"
    is_addition = change.keys[-3:-1] == ("capabilities", "add") and change.node.text not in _MAY_ADD
    return f"A patch adds the capability {change.node.text}" if is_addition else ""


CHECK = Check(
    id="kubernetes-security-context",
    title="Containers run without privileges",
    level=Level.SILVER,
    area="Kubernetes",
    applies_to="Services with workloads in Kubernetes manifests",
    rationale=(
        "Whoever takes over a process gets what the container has. As a user other than root, without capabilities, "
        "without new privileges, with the default seccomp filter and a file system that cannot be written to, that "
        "is little: this is the restricted profile of the Pod Security Standards, and one step more. Values of the "
        "pod count where Kubernetes lets them; a patch in an overlay that takes one back counts too."
    ),
    fix=(
        "For the pod:\n\n"
        "```yaml\n"
        "securityContext:\n"
        "  runAsNonRoot: true\n"
        "  runAsUser: 65532\n"
        "  seccompProfile: {type: RuntimeDefault}\n"
        "```\n\n"
        "and for every container:\n\n"
        "```yaml\n"
        "securityContext:\n"
        "  allowPrivilegeEscalation: false\n"
        "  readOnlyRootFilesystem: true\n"
        "  capabilities: {drop: [ALL]}\n"
        "```\n\n"
        "Files that must be written go into an `emptyDir` volume."
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
)
