"""Images are built with the official Go image and run on a base that the platform knows."""

from __future__ import annotations

from dataclasses import replace

from conformance.checks import _dockerfiles as docker
from conformance.checks._dockerfiles import Dockerfile, Stage
from conformance.checks._images import Image
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.examining.check import Check, Evidence, Finding, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

RUNTIME_REGISTRIES = ("gcr.io/distroless/", "cgr.dev/")
"""Registries whose images hold little else than what a binary needs: Google's Distroless, Chainguard's."""
RUNTIME_SLIM = "debian"
"""The one distribution that may be a base, in its tags that end in `-slim`."""
BUILD = "golang"
"""The official image that builds. Stages that only carry files may stand on a runtime base as well."""


def judge(subject: Subject) -> Finding:
    """Judge the image below each final stage, and those below all stages before it."""
    files = docker.dockerfiles(subject)
    if not files:
        return docker.none_here()
    problems = [problem for file in files for problem in _problems(file)]
    if problems:
        return failed_by(problems)
    places = [Evidence(file.path, file.root().line) for file in files]
    return passed(f"The image stands on {listed(_shown(file.root()) for file in files)}.", *places)


def _problems(file: Dockerfile) -> list[Problem]:
    root = file.root()
    problems = []
    for stage in file.stages:
        if stage.parent is not None or _is_runtime(_image(stage)):
            continue
        if stage is root:
            problems.append(Problem(f"The image stands on {_shown(stage)}, no approved base", file.path, stage.line))
        elif _image(stage).short != BUILD:
            words = f"A stage is built on {_shown(stage)}, neither {BUILD} nor an approved base"
            problems.append(Problem(words, file.path, stage.line))
    return problems


def _is_runtime(image: Image) -> bool:
    if image.short == "scratch" or image.name.casefold().startswith(RUNTIME_REGISTRIES):
        return True
    return image.short == RUNTIME_SLIM and image.tag.endswith("-slim")


def _shown(stage: Stage) -> str:
    """Return the image as people speak of it; a digest says nothing to them."""
    return cut(replace(_image(stage), digest=""))


def _image(stage: Stage) -> Image:
    return Image(stage.image, stage.tag, stage.digest)


CHECK = Check(
    id="base-images-approved",
    title="The image stands on an approved base and is built with the official Go image",
    level=Level.SILVER,
    area="Container",
    applies_to=docker.APPLIES_TO,
    rationale=(
        "Everything in the base image is attack surface and somebody's work at every CVE. A Go binary needs "
        "certificates, time zones and nothing else. Few bases for the whole company are scanned once and cached on "
        "every node."
    ),
    fix=(
        "Build on `golang`, and run on Distroless, `scratch`, Chainguard or `debian:*-slim`.\n\n"
        "```dockerfile\n"
        "FROM golang:1.26-bookworm AS build\n"
        "# ...\n"
        "FROM gcr.io/distroless/static-debian12:nonroot\n"
        "```\n\n"
        "If the service needs a library of C, take `gcr.io/distroless/base-debian12`."
    ),
    judge=judge,
    source="https://github.com/GoogleContainerTools/distroless",
)
