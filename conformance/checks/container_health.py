"""Something asks the container whether it is well."""

from __future__ import annotations

from conformance.checks import _dockerfiles as docker
from conformance.checks._containers import own, probes, serving
from conformance.checks._dockerfiles import Dockerfile
from conformance.checks._places import is_deployed
from conformance.checks._problems import Problem, failed_by
from conformance.checks._workloads import Container
from conformance.examining.check import Check, Evidence, Finding, failed, not_applicable, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_ASKING = ("readinessProbe", "livenessProbe")


def judge(subject: Subject) -> Finding:
    """Judge the images first: where one of them has no HEALTHCHECK, the service's containers need a probe."""
    files = docker.dockerfiles(subject)
    checked = [Evidence(file.path, line) for file in files if (line := _healthcheck(file))]
    if files and len(checked) == len(files):
        return passed("The image says by HEALTHCHECK how to ask whether it is well.", *checked)
    containers = [container for workload in serving(subject) for container in own(subject, workload)]
    if containers:
        return _by_probes(containers)
    if files:
        return failed_by([_no_healthcheck(file) for file in files if not _healthcheck(file)])
    if is_deployed(subject):
        return failed("There is neither a Dockerfile with HEALTHCHECK nor a workload with probes.")
    return not_applicable("Nothing of this component runs in a container.")


def _by_probes(containers: list[Container]) -> Finding:
    asked = {id(each): [node for kind, node in probes(each) if kind in _ASKING] for each in containers}
    silent = [each for each in containers if not asked[id(each)]]
    if silent:
        words = "{} has neither a readiness nor a liveness probe, and its image no HEALTHCHECK"
        return failed_by([_problem(each, words.format(each.title)) for each in silent])
    places = [each.evidence(node) for each in containers for node in asked[id(each)]]
    return passed("Every container has a readiness or a liveness probe.", *places)


def _problem(container: Container, words: str) -> Problem:
    place = container.evidence()
    return Problem(words[:1].upper() + words[1:], place.path, place.line)


def _no_healthcheck(file: Dockerfile) -> Problem:
    found = file.final.last("HEALTHCHECK")
    words = f"{file.path} has no HEALTHCHECK, and no workload of the manifests has a probe"
    return Problem(words, file.path, found.line if found else file.final.line)


def _healthcheck(file: Dockerfile) -> int:
    """Return the line of the health check that the image keeps; 0 when it has none or switches it off."""
    found = file.final.last("HEALTHCHECK")
    return found.line if found and found.text.strip().upper() != "NONE" else 0


CHECK = Check(
    id="container-health",
    title="The container is asked whether it is well",
    level=Level.BRONZE,
    area="Container",
    applies_to="Services that run in a container; libraries do not",
    rationale=(
        "A process that hangs still runs. Without a probe, Kubernetes sends it requests for ever and a rollout "
        "replaces all good pods by bad ones; without a health check, Compose starts what depends on it too early."
    ),
    fix=(
        "Give the container probes, and the image a health check for where there is no Kubernetes.\n\n"
        "```yaml\n"
        "readinessProbe:\n"
        "  httpGet: {path: /readyz, port: admin}\n"
        "livenessProbe:\n"
        "  httpGet: {path: /livez, port: admin}\n"
        "```\n\n"
        "```dockerfile\n"
        'HEALTHCHECK --interval=10s --timeout=3s CMD ["/server", "healthcheck"]\n'
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/workloads/pods/probes/",
)
