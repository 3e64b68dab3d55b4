"""Image, containers and Services speak of the same ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.checks import _dockerfiles as docker
from conformance.checks._containers import own, serving
from conformance.checks._dockerfiles import Dockerfile
from conformance.checks._manifests import Manifest, deployable
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.checks._workloads import Container, Workload, none_here
from conformance.examining.check import Check, Evidence, Finding, not_applicable, passed
from conformance.examining.nodes import Node
from conformance.examining.subject import Subject, UnreadableError
from conformance.examining.terms import Level

_MOST_IN_RANGE = 1000


@dataclass(frozen=True, slots=True)
class _Port:
    """A port of a container: its number, its name, and where it is."""

    number: int
    name: str
    container: Container
    node: Node

    def problem(self, words: str) -> Problem:
        place = self.container.evidence(self.node)
        return Problem(words, place.path, place.line)


def judge(subject: Subject) -> Finding:
    """Judge the ports of the serving workloads by the Services that select them and by what the image exposes."""
    workloads = serving(subject)
    if not workloads:
        return none_here(subject)
    services = [each for each in deployable(subject).of_kind("Service") if each.node.at("spec.selector").is_mapping]
    exposed = _exposed(docker.dockerfiles(subject))
    ports = [port for workload in workloads for port in _ports(workload.containers())]
    if not ports and not services and not exposed:
        return not_applicable("Neither containers, Services nor the image name a port.")
    problems = [problem for workload in workloads for problem in _by_services(workload, services)]
    if docker.paths(subject):
        mine = [port for workload in workloads for port in _ports(own(subject, workload))]
        problems += _by_image(mine, exposed)
    if problems:
        return failed_by(problems)
    numbers = listed(sorted({port.number for port in ports}), most=10)
    return passed(f"Containers, Services and image agree on {numbers}.", *_places(ports))


def _ports(containers: Iterable[Container]) -> list[_Port]:
    found = []
    for container in containers:
        for node in container.node["ports"]:
            number = node["containerPort"].value
            if isinstance(number, int):
                found.append(_Port(number, node["name"].text, container, node))
    return found


def _by_services(workload: Workload, services: list[Manifest]) -> list[Problem]:
    """Return where Services and the workload's ports differ; a workload that no Service needs has no ports either."""
    ports = _ports(workload.containers())
    selecting = [service for service in services if _selects(service, workload)]
    if not selecting:
        if not services:
            return []
        return [port.problem(f"No Service selects the pods of {workload.title}") for port in ports[:1]]
    targets = [(service, port, _target(port)) for service in selecting for port in service.node.at("spec.ports")]
    known = {port.number for port in ports} | {port.name for port in ports if port.name}
    problems = [_lost(workload, *each) for each in targets if each[2] not in known]
    reached = {target for _, _, target in targets}
    unreached = [port for port in ports if port.number not in reached and port.name not in reached]
    return problems + [
        port.problem(f"Port {port.number} of {port.container.title} is the target of no Service") for port in unreached
    ]


def _lost(workload: Workload, service: Manifest, port: Node, target: int | str) -> Problem:
    words = f"{service.title} sends to port {cut(target)}, which no container of {workload.title} has"
    return Problem(words, service.path, (port["targetPort"] or port).line)


def _selects(service: Manifest, workload: Workload) -> bool:
    return all(workload.labels.get(key) == node.text for key, node in service.node.at("spec.selector").items())


def _target(port: Node) -> int | str:
    """Return the number or name that a Service sends to: without a targetPort, its own number."""
    value = port["targetPort"].value if port["targetPort"] else port["port"].value
    return value if isinstance(value, int) else str(value)


def _exposed(files: list[Dockerfile]) -> Mapping[int, Evidence]:
    """Return what the images expose, with the place of each."""
    return {
        number: Evidence(file.path, instruction.line)
        for file in files
        for stage in file.final.chain()
        for instruction in stage.instructions
        if instruction.op == "EXPOSE"
        for word in instruction.words()
        for number in _numbers(stage.filled(word), file.path, instruction.line)
    }


def _numbers(word: str, path: str, line: int) -> Iterable[int]:
    """Return the ports of one word of EXPOSE: `8080`, `8080/tcp` or `7000-7010`."""
    first, dash, last = word.partition("/")[0].partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise UnreadableError(f"EXPOSE {cut(word)} in {path} is no number that can be read here.", path, line)
    return range(int(first), min(int(last or first), int(first) + _MOST_IN_RANGE) + 1)


def _by_image(ports: list[_Port], exposed: Mapping[int, Evidence]) -> list[Problem]:
    """Return where the service's own containers and its image differ."""
    problems = [
        port.problem(f"Port {port.number} of {port.container.title} is not exposed by the image")
        for port in ports
        if port.number not in exposed
    ]
    known = {port.number for port in ports}
    return problems + [
        Problem(f"The image exposes port {number}, which no container of the manifests has", place.path, place.line)
        for number, place in exposed.items()
        if number not in known
    ]


def _places(ports: list[_Port]) -> list[Evidence]:
    return [port.container.evidence(port.node) for port in ports]


CHECK = Check(
    id="ports-agree",
    title="Image, containers and Services name the same ports",
    level=Level.BRONZE,
    area="Kubernetes",
    applies_to="Services with a Deployment, StatefulSet or DaemonSet that has ports",
    rationale=(
        "A Service that sends to a port on which nothing listens answers every request with a refused connection, "
        "while all pods are ready. The number stands in three files, and changing one of them breaks nothing that a "
        "compiler sees."
    ),
    fix=(
        "Let the Service send to the name of a container port, and expose in the image what the container listens "
        "on.\n\n"
        "```yaml\n"
        "# deployment.yaml\n"
        "ports:\n"
        "  - {name: http, containerPort: 8080}\n"
        "# service.yaml\n"
        "ports:\n"
        "  - {name: http, port: 80, targetPort: http}\n"
        "```\n\n"
        "```dockerfile\n"
        "EXPOSE 8080\n"
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports",
)
