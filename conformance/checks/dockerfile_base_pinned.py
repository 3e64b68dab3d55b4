"""Every base image is named by a version."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks import _dockerfiles as docker
from conformance.checks._dockerfiles import Dockerfile
from conformance.checks._images import Image, image
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import counted, cut
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level


def judge(subject: Subject) -> Finding:
    """Judge every image that a FROM or a COPY --from names: it needs a digest, or a tag that is not latest."""
    files = docker.dockerfiles(subject)
    if not files:
        return docker.none_here()
    used = [(file.path, line, image) for file in files for line, image in _images(file)]
    problems = [Problem(f"{cut(each)} {wrong}", path, line) for path, line, each in used if (wrong := _wrong(each))]
    if problems:
        return failed_by(problems)
    places = [Evidence(path, line) for path, line, _ in used]
    return passed(f"{counted(len(used), 'image')} from elsewhere, all with a version or digest.", *places)


def _images(file: Dockerfile) -> Iterator[tuple[int, Image]]:
    """Yield line and image of everything that comes from a registry."""
    for stage in file.external():
        yield stage.line, Image(stage.image, stage.tag, stage.digest)
    stages = {stage.name.casefold() for stage in file.stages} | {str(index) for index in range(len(file.stages))}
    for stage in file.stages:
        for instruction in stage.instructions:
            for source in instruction.flags.get("--from", []):
                if source.casefold() not in stages:
                    yield instruction.line, image(stage.filled(source))


def _wrong(image: Image) -> str:
    """Return why the image is not pinned; empty when it is."""
    if "$" in str(image):
        return "holds a variable without a default, so any image may be meant"
    if image.digest:
        return ""
    if not image.tag:
        return "has no tag, which means latest"
    return "is whatever was pushed last" if image.tag == "latest" else ""


CHECK = Check(
    id="dockerfile-base-pinned",
    title="Every base image has a version or a digest",
    level=Level.BRONZE,
    area="Container",
    applies_to=docker.APPLIES_TO,
    rationale=(
        "With `latest`, or no tag at all, the same commit gives another image tomorrow: a failed deployment cannot "
        "be repeated, and nobody reviews what came in. Dependabot raises versions by pull request, but only where "
        "there is one."
    ),
    fix=(
        "Name the version, and better its digest too. Give a variable in `FROM` a default.\n\n"
        "```dockerfile\n"
        "ARG GO_VERSION=1.26\n"
        "FROM golang:${GO_VERSION}-bookworm AS build\n"
        "```\n\n"
        "```sh\n"
        "docker buildx imagetools inspect golang:1.26-bookworm --format '{{.Manifest.Digest}}'\n"
        "```"
    ),
    judge=judge,
    source=docker.PRACTICES + "#pin-base-image-versions",
)
