"""A release says what is in it, how it was made, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance.checks._ci import ci
from conformance.checks._commands import Command, Use
from conformance.checks._gocode import programs
from conformance.checks._tools import options
from conformance.checks._words import listed
from conformance.checks._workflows import Workflow, workflows
from conformance.examining.check import Check, Evidence, Finding, failed, inconclusive, not_applicable, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_GORELEASER = (".goreleaser.yaml", ".goreleaser.yml", "goreleaser.yaml", "goreleaser.yml")
_DOCKERFILES = ("**/Dockerfile", "**/Dockerfile.*", "**/*.Dockerfile")
_ATTESTS = ("actions/attest-build-provenance", "actions/attest", "slsa-framework/slsa-github-generator")
_LISTS = ("anchore/sbom-action", "actions/attest-sbom", "cyclonedx/gh-gomod-generate-sbom")
_ON = ("true", "mode=max", "mode=min", "1")

_Deed = Callable[[Subject, "Command | Use"], bool]


def judge(subject: Subject) -> Finding:
    """Judge the workflows that release: an SBOM, an attestation of provenance, and a signature."""
    if not subject.paths(*_DOCKERFILES) and not programs(subject):
        return not_applicable("There is nothing to release: no Dockerfile and no Go program.")
    releasing = [each for each in workflows(subject) if _releases(each)]
    if not releasing:
        return failed("No workflow releases: none starts on a tag or a release.")
    names = {each.path for each in releasing}
    doing: list[Command | Use] = [*ci(subject).commands, *ci(subject).uses]
    doing = [each for each in doing if each.origin.workflow.path in names and not each.is_tolerated]
    found = {words: _places(subject, doing, words) for words in _DEEDS}
    missing = [words for words, places in found.items() if not places]
    starts = [Evidence(each.path, each.document["on"].line) for each in releasing]
    if not missing:
        return passed(
            "A release has an SBOM, its provenance and a signature.", *(p for places in found.values() for p in places)
        )
    unseen = [each for each in ci(subject).unseen if each.origin.workflow.path in names]
    if unseen:
        return inconclusive(
            f"It cannot be seen whether a release has {listed(missing)}: it calls {unseen[0].action}.", *starts
        )
    return failed(f"A release lacks {listed(missing)}.", *starts)


def _releases(workflow: Workflow) -> bool:
    """Tell whether a workflow starts on tags or releases."""
    push = workflow.events.get("push")
    return "release" in workflow.events or (push is not None and bool(push["tags"]))


def _places(subject: Subject, doing: Iterable[Command | Use], words: str) -> list[Evidence]:
    return [each.evidence(words) for each in doing if _DEEDS[words](subject, each)]


def _has_sbom(subject: Subject, each: Command | Use) -> bool:
    if isinstance(each, Use):
        return each.is_any(*_LISTS) or _built(each, "sbom") or _goreleaser(subject, each, "sboms")
    if each.is_any("syft", "cyclonedx-gomod"):
        return bool(each.arguments) and "version" not in each.arguments
    is_scan = each.is_any("trivy") and any("cyclonedx" in word or "spdx" in word for word in each.arguments)
    return is_scan or _flagged(each, "sbom") or _goreleaser(subject, each, "sboms")


def _has_provenance(_subject: Subject, each: Command | Use) -> bool:
    if isinstance(each, Use):
        return each.is_any(*_ATTESTS) or _built(each, "provenance")
    return _flagged(each, "provenance") or (each.is_any("cosign") and each.arguments[:1] == ("attest",))


def _is_signed(subject: Subject, each: Command | Use) -> bool:
    if isinstance(each, Use):
        # GitHub's attestations are signed with the workflow's identity.
        return each.is_any(*_ATTESTS) or any(_goreleaser(subject, each, key) for key in ("signs", "docker_signs"))
    if each.is_any("cosign"):
        return each.arguments[:1] in (("sign",), ("sign-blob",), ("attest",))
    return any(_goreleaser(subject, each, key) for key in ("signs", "docker_signs"))


_DEEDS: dict[str, _Deed] = {
    "an SBOM": _has_sbom,
    "an attestation of provenance": _has_provenance,
    "a signature": _is_signed,
}


def _built(use: Use, name: str) -> bool:
    """Tell whether an action of Docker builds with an attestation."""
    value = use.inputs[name].text.lower()
    is_build = use.is_any("docker/build-push-action", "docker/bake-action")
    return is_build and (value in _ON or "mode=" in value or "generator=" in value)


def _flagged(command: Command, name: str) -> bool:
    """Tell whether `docker buildx build` attests: `--sbom=true`, `--provenance mode=max`, `--attest type=sbom`."""
    if not command.is_any("docker") or "build" not in command.arguments[:2]:
        return False
    values = options(command.arguments, f"--{name}")
    attests = options(command.arguments, "--attest")
    return any(value != "false" for value in values) or any(f"type={name}" in value for value in attests)


def _goreleaser(subject: Subject, each: Command | Use, key: str) -> bool:
    """Tell whether a release by GoReleaser does what a key of its settings stands for."""
    runs = each.is_any("goreleaser/goreleaser-action") if isinstance(each, Use) else each.is_any("goreleaser")
    path = next((name for name in _GORELEASER if subject.has(name)), "")
    return runs and bool(path) and bool(next(iter(subject.yaml(path)), Node(None))[key])


CHECK = Check(
    id="supply-chain",
    title="Releases have an SBOM, provenance and a signature",
    level=Level.GOLD,
    area="Security",
    applies_to="Services with a Dockerfile or a Go program",
    rationale=(
        "Whoever deploys an image should be able to ask three things of it: what is in it (SBOM), from which commit "
        "and by which workflow it was made (provenance, SLSA), and whether it is still the one that was made "
        "(signature). Then a cluster can refuse what this repository did not build, and a new vulnerability is "
        "found by search instead of by guess."
    ),
    fix=(
        "In the workflow that starts on a tag:\n\n"
        "```yaml\n"
        "permissions: {contents: read, packages: write, id-token: write, attestations: write}\n"
        "steps:\n"
        "  - id: build\n"
        "    uses: docker/build-push-action@<commit>\n"
        '    with: {push: true, sbom: true, provenance: mode=max, tags: "ghcr.io/org/ledger:${{ github.ref_name }}"}\n'
        "  - uses: actions/attest-build-provenance@<commit>\n"
        '    with: {subject-name: ghcr.io/org/ledger, subject-digest: "${{ steps.build.outputs.digest }}"}\n'
        "```"
    ),
    judge=judge,
    source="https://slsa.dev/spec/v1.1/levels",
)
