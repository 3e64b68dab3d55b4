"""The files that keep a service safe are as the platform wrote them."""

from __future__ import annotations

from conformance.checks._drift import LOCK, UNRECORDED, edited, failed_for, is_recorded
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge the guards by their content: edited, moved and removed ones count, whatever the lock says."""
    if not is_recorded(subject):
        return not_applicable(UNRECORDED)
    weak = [file for file in edited(subject) if file.is_guard]
    if weak:
        return failed_for(weak, "guarding file")
    return passed("Every file that guards is as the template has it.", Evidence(LOCK))


CHECK = Check(
    id="guards-intact",
    title="The files that guard the service are as the template has them",
    level=Level.BRONZE,
    area="Template",
    applies_to="Services made from a template of the portal",
    rationale=(
        "Some files guard: the CI workflow, the lint configuration, the Dockerfile, the security context, the "
        "network policy. A gate that was taken out of one of them fails nothing and is seen by nobody, until it is "
        "needed."
    ),
    fix=(
        "Take each file back from the last render, and put what the service needs beyond it into a file of its own: "
        "a workflow beside `ci.yml`, an overlay beside `deployments/k8s/base`.\n\n"
        "```sh\n"
        "git fetch origin refs/goldpath/render\n"
        "git checkout FETCH_HEAD -- .github/workflows/ci.yml\n"
        "```\n\n"
        "If the template is wrong for this service, ask for a waiver and tell the platform team why."
    ),
    judge=judge,
    source="Goldpath: classes of files and drift, docs/architecture.md",
)
