"""What builds the binary does not end up in the image."""

from __future__ import annotations

from conformance.checks import _dockerfiles as docker
from conformance.checks._dockerfiles import Dockerfile, Stage
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge each Dockerfile: its last stage must take what was built from a stage that it does not stand on."""
    files = docker.dockerfiles(subject)
    if not files:
        return docker.without_one(subject, "so nothing here builds an image of this service")
    problems = [problem for file in files for problem in _problems(file)]
    if problems:
        return failed_by(problems)
    places = [Evidence(file.path, file.final.line) for file in files]
    return passed(f"The image is built in stages, and only the last one is kept: {listed(_paths(files))}.", *places)


def _problems(file: Dockerfile) -> list[Problem]:
    if len(file.stages) == 1:
        return [Problem(f"{file.path} has one stage, so the image keeps what built it", file.path, file.final.line)]
    if _sources(file):
        return []
    name = cut(file.final.name) or "the last stage"
    words = f"The final stage ({name}) of {file.path} copies nothing from a stage that it does not stand on"
    return [Problem(words, file.path, file.final.line)]


def _sources(file: Dockerfile) -> list[Stage]:
    """Return the stages from which the final one copies, and on which it does not stand."""
    below = list(file.final.chain())
    earlier = {stage.name.casefold(): stage for stage in file.stages[:-1] if stage.name}
    earlier |= {str(index): stage for index, stage in enumerate(file.stages[:-1])}
    names = [
        value.casefold()
        for stage in below
        for instruction in stage.instructions
        if instruction.op == "COPY"
        for value in instruction.flags.get("--from", [])
    ]
    return [earlier[name] for name in names if name in earlier and not any(earlier[name] is stage for stage in below)]


def _paths(files: list[Dockerfile]) -> list[str]:
    return [file.path for file in files]


CHECK = Check(
    id="dockerfile-multi-stage",
    title="The image is built in stages and keeps only the last one",
    level=Level.BRONZE,
    area="Container",
    applies_to="Services that run; libraries without a Dockerfile have no image",
    rationale=(
        "A Go service is one file. An image that also holds the compiler, a shell and a package manager is hundreds "
        "of megabytes to pull at every start, and gives whoever breaks in everything to go on with."
    ),
    fix=(
        "Build in one stage, and copy the binary into a second one that holds nothing else.\n\n"
        "```dockerfile\n"
        "FROM golang:1.26-bookworm AS build\n"
        "WORKDIR /src\n"
        "COPY . .\n"
        "RUN CGO_ENABLED=0 go build -trimpath -o /out/server ./cmd/server\n\n"
        "FROM gcr.io/distroless/static-debian12:nonroot\n"
        "COPY --from=build /out/server /server\n"
        "USER 65532:65532\n"
        'ENTRYPOINT ["/server"]\n'
        "```"
    ),
    judge=judge,
    source="https://docs.docker.com/build/building/multi-stage/",
)
