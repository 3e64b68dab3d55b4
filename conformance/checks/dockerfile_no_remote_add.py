"""Nothing is downloaded by ADD."""

from __future__ import annotations

from conformance.checks import _dockerfiles as docker
from conformance.checks._dockerfiles import Dockerfile
from conformance.checks._problems import Problem, failed_by
from conformance.checks._words import cut, listed
from conformance.examining.check import Check, Evidence, Finding, inconclusive, passed
from conformance.examining.subject import Subject
from conformance.examining.terms import Level

_REMOTE = ("http://", "https://", "ftp://", "git://", "git@", "ssh://")


def judge(subject: Subject) -> Finding:
    """Judge the sources of every ADD, with the defaults of variables put in."""
    files = docker.dockerfiles(subject)
    if not files:
        return docker.none_here()
    sources = [(file.path, *each) for file in files for each in _sources(file)]
    remote = [each for each in sources if each[2].casefold().startswith(_REMOTE)]
    if remote:
        return failed_by([Problem(f"ADD downloads {cut(source)}", path, line) for path, line, source in remote])
    unknown = [each for each in sources if each[2].startswith("$")]
    if unknown:
        places = [Evidence(path, line) for path, line, _ in unknown]
        return inconclusive(f"Where ADD takes {listed(each[2] for each in unknown)} from cannot be told.", *places)
    return passed(f"No ADD downloads anything in {listed(file.path for file in files)}.", *_paths(files))


def _sources(file: Dockerfile) -> list[tuple[int, str]]:
    """Return line and source of every ADD, ONBUILD ones too; what follows the sources is the target."""
    found = []
    for stage in file.stages:
        for instruction in stage.instructions:
            words = instruction.words()
            if instruction.op == "ONBUILD" and words[:1] == ["ADD"]:
                words = [word for word in words[1:] if not word.startswith("--")]
            elif instruction.op != "ADD":
                continue
            found += [(instruction.line, stage.filled(word)) for word in words[:-1]]
    return found


def _paths(files: list[Dockerfile]) -> list[Evidence]:
    return [Evidence(file.path) for file in files]


CHECK = Check(
    id="dockerfile-no-remote-add",
    title="No ADD downloads a URL",
    level=Level.BRONZE,
    area="Container",
    applies_to=docker.APPLIES_TO,
    rationale=(
        "`ADD https://...` puts whatever the other side serves today into the image: not reviewed, not in `go.sum`, "
        "not seen by the scanner of dependencies, and a layer that stays even if the file is removed later."
    ),
    fix=(
        "Take it from a package or an image with a version. If it must be a download, do it in the build stage, "
        "compare its checksum, and copy what is needed.\n\n"
        "```dockerfile\n"
        "FROM debian:12-slim AS tools\n"
        "RUN curl -fsSLO https://example.com/tool-1.2.0.tar.gz \\\n"
        ' && echo "$SHA256  tool-1.2.0.tar.gz" | sha256sum --check \\\n'
        " && tar -xzf tool-1.2.0.tar.gz\n"
        "```"
    ),
    judge=judge,
    source=docker.PRACTICES + "#add-or-copy",
)
