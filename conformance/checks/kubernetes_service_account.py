"""Pods have an account of their own, and its token only when they use it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks._manifests import Manifest, deployable
from conformance.checks._patches import Change, weakened
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.checks._workloads import KINDS, Workload, none_here, workloads
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_FIELD = "automountServiceAccountToken"
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def judge(subject: Subject) -> Finding:
    """Judge the account of every workload: not the default one, and no token unless a binding gives it a role."""
    found = workloads(subject)
    if not found:
        return none_here(subject)
    problems = [problem for each in found for problem in _problems(subject, each)]
    if not _bound(subject):
        problems += weakened(subject, (*KINDS, "ServiceAccount"), _turned_on)
    if problems:
        return failed_by(problems)
    places = [each.manifest.evidence(each.pod["serviceAccountName"]) for each in found]
    return passed(
        f"{counted(len(found), 'workload')}, each with an account of its own, and no token that is not used.", *places
    )


def _problems(subject: Subject, workload: Workload) -> Iterator[Problem]:
    name = workload.pod["serviceAccountName"].text
    if name in ("", "default"):
        place = workload.manifest.evidence(workload.pod["serviceAccountName"] or workload.pod)
        yield Problem(f"{workload.title} uses the default account of its namespace", place.path, place.line)
    if name in _bound(subject):
        return
    token, place = _token(subject, workload, name)
    if token.value is not False:
        words = "mounts the token of" if token else "does not say that it needs no token of"
        yield Problem(f"{workload.title} {words} its account, which no binding gives a role", place.path, place.line)


def _token(subject: Subject, workload: Workload, name: str) -> tuple[Node, Evidence]:
    """Return what decides about the token: the pod's own field, else the account's, and where that stands."""
    own = workload.pod[_FIELD]
    if own:
        return own, workload.manifest.evidence(own)
    for account in _accounts(subject, name):
        if account.node[_FIELD]:
            return account.node[_FIELD], account.evidence(account.node[_FIELD])
    return own, workload.manifest.evidence(workload.pod)


def _accounts(subject: Subject, name: str) -> list[Manifest]:
    return [each for each in deployable(subject).of_kind("ServiceAccount") if each.name == name]


def _bound(subject: Subject) -> set[str]:
    """Return the accounts that a binding gives a role."""
    subjects = [one for each in deployable(subject).of_kind(*_BINDINGS) for one in each.node["subjects"]]
    return {one["name"].text for one in subjects if one["kind"].text == "ServiceAccount"}


def _turned_on(change: Change) -> str:
    if not change.ends(_FIELD):
        return ""
    return f"A patch sets {_FIELD} to {cut(change.node.text.lower())}" if change.node.value is True else ""


CHECK = Check(
    id="kubernetes-service-account",
    title="Pods have an account of their own and no token without need",
    level=Level.SILVER,
    area="Kubernetes",
    applies_to="Services with workloads in Kubernetes manifests",
    rationale=(
        "A pod gets a token for the Kubernetes API unless told otherwise, and whoever takes over the process gets "
        "it too. Most services never speak to that API. The namespace's default account is shared: a role that one "
        "service is given, all have. Where a RoleBinding or ClusterRoleBinding names the account, the token is "
        "needed and may be mounted."
    ),
    fix=(
        "Make an account, name it, and leave the token out:\n\n"
        "```yaml\n"
        "apiVersion: v1\n"
        "kind: ServiceAccount\n"
        "metadata: {name: ledger}\n"
        "automountServiceAccountToken: false\n"
        "```\n\n"
        "and in the pod:\n\n"
        "```yaml\n"
        "serviceAccountName: ledger\n"
        "automountServiceAccountToken: false\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
)
