"""The container runs as a user that Kubernetes can prove not to be root."""

from __future__ import annotations

from conformance.checks import _dockerfiles as docker
from conformance.checks._dockerfiles import Dockerfile
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge the last USER that each image keeps: it must be a number, and not 0."""
    files = docker.dockerfiles(subject)
    if not files:
        return docker.without_one(subject, "so nothing says as whom the container runs")
    problems = [problem for file in files for problem in _problems(file)]
    if problems:
        return failed_by(problems)
    users = [(file.path, user) for file in files if (user := file.final.last("USER"))]
    places = [Evidence(path, user.line) for path, user in users]
    return passed(f"The container runs as {listed(user.text for _, user in users)}.", *places)


def _problems(file: Dockerfile) -> list[Problem]:
    user = file.final.last("USER")
    if user is None:
        return [Problem(f"USER is missing in the final stage of {file.path}", file.path, file.final.line)]
    name = file.final.filled(user.text).partition(":")[0].strip().strip("\"'")
    wrong = _wrong(name)
    return (
        [Problem(f"USER is {cut(user.text) or 'empty'} in {file.path}: {wrong}", file.path, user.line)] if wrong else []
    )


def _wrong(name: str) -> str:
    """Return why a user will not do; empty when it will."""
    if name == "root" or (name.isdecimal() and int(name) == 0):
        return "that is root"
    if "$" in name:
        return "a variable without a value here"
    return "" if name.isdecimal() and name.isascii() else "a name, which runAsNonRoot cannot prove to be no root"


CHECK = Check(
    id="dockerfile-user",
    title="The container runs as a numeric non-root user",
    level=Level.BRONZE,
    area="Container",
    applies_to="Services that run; libraries without a Dockerfile have no image",
    rationale=(
        "A process that is root in its container is one kernel defect away from being root on the node. With "
        "`runAsNonRoot`, Kubernetes refuses images whose user it cannot prove not to be root, and it can prove that "
        "**only for numbers**: a name could be anybody in the image's `/etc/passwd`."
    ),
    fix=(
        "Set a number in the final stage, after the files are copied.\n\n"
        "```dockerfile\n"
        "FROM gcr.io/distroless/static-debian12:nonroot\n"
        "COPY --from=build /out/server /server\n"
        "USER 65532:65532\n"
        'ENTRYPOINT ["/server"]\n'
        "```"
    ),
    judge=judge,
    source="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
)
