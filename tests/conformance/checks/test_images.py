"""Dockerfiles and what is left out of their builds."""

from __future__ import annotations

import pytest

from conformance.checks.dockerignore_present import is_left_out
from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips

PATH = "deployments/docker/Dockerfile"
DIGEST = f"sha256:{'a' * 64}"
BUILD = "FROM golang:1.26-bookworm AS build\nRUN go build -o /out/server ./cmd/server\n"
FINAL = "FROM gcr.io/distroless/static-debian12:nonroot\nCOPY --from=build /out/server /server\nUSER 65532:65532\n"
GOOD = BUILD + FINAL
LIBRARY = {"type": "library"}
BAD_TEXT = b"FROM scratch\xff\n"


def dockerfile(text: str) -> dict[str, str | bytes]:
    return {PATH: text}


def user(text: str) -> dict[str, str | bytes]:
    """Return a Dockerfile whose last lines, from line 3 on, are `text`."""
    return dockerfile(f"{BUILD}FROM scratch\n{text}")


CASES: Cases = {
    "dockerfile-lint": {
        "clean": passes(dockerfile(GOOD), "hadolint 2.15.1 finds no error and no warning", (PATH, 0)),
        "style does not count": passes(dockerfile("FROM debian:12-slim\nRUN a\nRUN b\nUSER 1\n")),
        "a warning": fails(dockerfile("FROM debian:12-slim\nRUN cd /tmp\n"), "DL3003", (PATH, 2)),
        "an error": fails(dockerfile("FROM debian:12-slim\nMAINTAINER me\n"), "DL4000", (PATH, 2)),
        "a silenced warning": fails(
            dockerfile("FROM debian:12-slim\n# hadolint ignore=DL3003\nRUN cd /tmp\n"), "DL3003"
        ),
        "one of two": fails(
            {"Dockerfile": GOOD, "a.Dockerfile": "FROM debian\nUSER 1\n"}, "DL3006", ("a.Dockerfile", 1)
        ),
        "what is not built": skips(
            {"vendor/x/Dockerfile": "FROM debian\n", ".devcontainer/Dockerfile": "FROM debian\n"}
        ),
        "its ignore file is none": skips({"Dockerfile.dockerignore": "*\n"}, "There is no Dockerfile"),
        "no Dockerfile": skips({}, "There is no Dockerfile"),
        "bad UTF-8": errs({PATH: BAD_TEXT}, "not UTF-8"),
        "a link": errs({PATH: "x"}, "symbolic link", links=frozenset({PATH})),
    },
    "dockerfile-multi-stage": {
        "two stages": passes(dockerfile(GOOD), "only the last one is kept", (PATH, 3)),
        "by number": passes(dockerfile(GOOD.replace("--from=build", "--from=0"))),
        "whatever the case": passes(dockerfile(GOOD.replace("--from=build", "--from=BUILD"))),
        "on a base stage": passes(
            dockerfile(f"FROM scratch AS base\nUSER 1\n{BUILD}FROM base\nCOPY --from=build /a /a\n")
        ),
        "a library with one": passes(dockerfile(GOOD), entity=LIBRARY),
        "one stage": fails(dockerfile(BUILD), "has one stage", (PATH, 1)),
        "nothing is copied": fails(dockerfile(f"{BUILD}FROM scratch\nCOPY a /a\n"), "copies nothing", (PATH, 3)),
        "from elsewhere only": fails(
            dockerfile(f"{BUILD}FROM scratch AS final\nCOPY --from=nginx:1.29 /a /a\n"),
            "The final stage (final)",
            (PATH, 3),
        ),
        "on what built it": fails(
            dockerfile(f"{BUILD}FROM build\nCOPY --from=build /a /b\n"), "copies nothing", (PATH, 3)
        ),
        "absent": fails({}, "There is no Dockerfile, so nothing here builds"),
        "absent from a service": fails({}, "There is no Dockerfile", entity={"type": "service"}),
        "a library": skips({}, "There is no Dockerfile", entity=LIBRARY),
        "no FROM": errs(dockerfile("ARG A=1\n"), "no FROM"),
        "bad UTF-8": errs({PATH: BAD_TEXT}, "not UTF-8"),
        "a link": errs({PATH: "x"}, "symbolic link", links=frozenset({PATH})),
    },
    "dockerfile-user": {
        "a number": passes(dockerfile(GOOD), "runs as 65532:65532", (PATH, 5)),
        "without a group": passes(user("USER 1000\n"), at=(PATH, 4)),
        "a variable with a default": passes(user("ARG UID=65532\nUSER ${UID}\n"), at=(PATH, 5)),
        "of the stage below": passes(
            dockerfile(f"FROM scratch AS base\nUSER 7\n{BUILD}FROM base\nCOPY --from=build /a /a\n")
        ),
        "missing": fails(user('CMD ["/a"]\n'), "USER is missing in the final stage", (PATH, 3)),
        "only in another stage": fails(dockerfile(f"{BUILD}USER 7\nFROM scratch\nCOPY a /a\n"), "missing", (PATH, 4)),
        "zero": fails(user("USER 0\n"), "USER is 0 in", (PATH, 4)),
        "zero, written long": fails(user("USER 000:1\n"), "that is root", (PATH, 4)),
        "root": fails(user("USER root\n"), "USER is root", (PATH, 4)),
        "a name": fails(user("USER nonroot:nonroot\n"), "a name, which runAsNonRoot", (PATH, 4)),
        "back to root": fails(user("USER 7\nRUN x\nUSER 0\n"), "that is root", (PATH, 6)),
        "a variable that is root": fails(user("ARG UID=0\nUSER $UID\n"), "that is root", (PATH, 5)),
        "a variable without a value": fails(user("ARG UID\nUSER $UID\n"), "USER is $UID", (PATH, 5)),
        "values that multiply": fails(
            user("ENV A=0000000000\n" + "ENV A=$A$A$A$A\n" * 200 + "USER $A\n"), "that is root", (PATH, 205)
        ),
        "digits of another script": fails(user("USER \u0661\n"), "a name", (PATH, 4)),
        "absent": fails({}, "nothing says as whom"),
        "a library": skips({}, "There is no Dockerfile", entity=LIBRARY),
        "bad UTF-8": errs({PATH: BAD_TEXT}, "not UTF-8"),
        "a link": errs({PATH: "x"}, "symbolic link", links=frozenset({PATH})),
    },
    "dockerfile-base-pinned": {
        "tags": passes(dockerfile(GOOD), "2 images from elsewhere", (PATH, 3)),
        "a digest": passes(dockerfile(f"FROM debian@{DIGEST}\n")),
        "a digest wins over latest": passes(dockerfile(f"FROM debian:latest@{DIGEST}\n")),
        "scratch and stages need none": passes(
            dockerfile(f"{BUILD}FROM build AS b\nFROM scratch\nCOPY --from=b /a /a\n")
        ),
        "a default": passes(dockerfile("ARG V=1.26\nFROM golang:${V}-bookworm\n")),
        "a registry with a port": passes(dockerfile("FROM registry.local:5000/a/b:1.0\n")),
        "no tag": fails(dockerfile("FROM golang AS build\nFROM scratch\n"), "golang has no tag", (PATH, 1)),
        "no tag behind a port": fails(dockerfile("FROM registry.local:5000/a/b\n"), "has no tag", (PATH, 1)),
        "latest": fails(dockerfile("FROM debian:latest\n"), "debian:latest is whatever", (PATH, 1)),
        "a variable": fails(dockerfile("ARG V\nFROM golang:$V\n"), "a variable without a default", (PATH, 2)),
        "copied from": fails(dockerfile(f"{GOOD}COPY --from=busybox /bin/a /a\n"), "busybox has no tag", (PATH, 6)),
        "no Dockerfile": skips({}, "There is no Dockerfile"),
        "bad UTF-8": errs({PATH: BAD_TEXT}, "not UTF-8"),
        "a link": errs({PATH: "x"}, "symbolic link", links=frozenset({PATH})),
    },
    "dockerfile-no-remote-add": {
        "none": passes(dockerfile(GOOD), "No ADD downloads anything", (PATH, 0)),
        "a file": passes(dockerfile('FROM scratch\nADD a.tar.gz /\nADD ["b c", "/"]\n')),
        "a target that looks like one": passes(dockerfile("FROM scratch\nADD a https://b\n")),
        "a URL": fails(
            dockerfile("FROM scratch\nADD https://example.com/a /a\n"), "downloads https://example.com/a", (PATH, 2)
        ),
        "with a checksum": fails(dockerfile(f"FROM scratch\nADD --checksum={DIGEST} https://a/b /b\n"), "https://a/b"),
        "in JSON": fails(dockerfile('FROM scratch\nADD ["HTTP://a/b", "/b"]\n'), "HTTP://a/b", (PATH, 2)),
        "the second source": fails(dockerfile("FROM scratch\nADD a git@github.com:a/b.git /b\n"), "git@github.com"),
        "in a variable": fails(dockerfile("FROM scratch\nENV A https://a\nADD $A/b /b\n"), "https://a/b", (PATH, 3)),
        "in another stage": fails(
            dockerfile(f"FROM debian:12-slim AS a\nADD https://a/b /b\n{GOOD}"), "https://a/b", (PATH, 2)
        ),
        "for later": fails(
            dockerfile("FROM scratch\nONBUILD ADD --chown=1:1 https://a/b /b\n"), "https://a/b", (PATH, 2)
        ),
        "no Dockerfile": skips({}, "There is no Dockerfile"),
        "from anywhere": errs(dockerfile("FROM scratch\nARG URL\nADD ${URL} /a\n"), "cannot be told"),
        "bad UTF-8": errs({PATH: BAD_TEXT}, "not UTF-8"),
        "a link": errs({PATH: "x"}, "symbolic link", links=frozenset({PATH})),
    },
    "dockerignore-present": {
        "everything": passes({PATH: GOOD, ".dockerignore": "*\n!cmd\n"}, "leaves .git out", (".dockerignore", 0)),
        "its own wins": passes({PATH: GOOD, f"{PATH}.dockerignore": ".git\n", ".dockerignore": "bin\n"}),
        "beside it": passes({PATH: GOOD, "deployments/docker/.dockerignore": ".git\n"}),
        "absent": fails({PATH: GOOD}, f"There is no .dockerignore for {PATH}", (PATH, 0)),
        "lets .git in": fails({PATH: GOOD, ".dockerignore": "bin\n"}, "lets .git into the build", (".dockerignore", 0)),
        "empty": fails({PATH: GOOD, ".dockerignore": "# .git\n"}, "lets .git into", (".dockerignore", 0)),
        "no Dockerfile": skips({".dockerignore": "bin\n"}, "There is no Dockerfile"),
        "bad UTF-8": errs({PATH: GOOD, ".dockerignore": b"\xff"}, "not UTF-8"),
        "a link": errs({PATH: GOOD, ".dockerignore": "x"}, "symbolic link", links=frozenset({".dockerignore"})),
    },
    "base-images-approved": {
        "Distroless": passes(dockerfile(GOOD), "stands on gcr.io/distroless/static-debian12:nonroot", (PATH, 3)),
        "scratch": passes(user("USER 1\n"), "stands on scratch"),
        "Chainguard": passes(dockerfile(f"{BUILD}FROM cgr.dev/chainguard/static:latest\n")),
        "Debian slim": passes(dockerfile(f"{BUILD}FROM docker.io/library/debian:12.11-slim\n")),
        "a mirror of golang": passes(dockerfile(GOOD.replace("golang:", "public.ecr.aws/docker/library/golang:"))),
        "files from a runtime base": passes(dockerfile(f"FROM debian:12-slim AS certificates\n{GOOD}")),
        "on a stage": passes(dockerfile(f"FROM scratch AS base\nUSER 1\n{BUILD}FROM base\n"), at=(PATH, 1)),
        "Alpine": fails(dockerfile(f"{BUILD}FROM alpine:3.22\n"), "stands on alpine:3.22, no approved base", (PATH, 3)),
        "Debian whole": fails(dockerfile(f"{BUILD}FROM debian:12\n"), "stands on debian:12", (PATH, 3)),
        "golang is no base": fails(dockerfile(BUILD), "stands on golang:1.26-bookworm", (PATH, 1)),
        "on a stage with golang": fails(dockerfile(f"{BUILD}FROM build\n"), "stands on golang", (PATH, 1)),
        "another compiler": fails(
            dockerfile(GOOD.replace("golang:", "example.com/golang:")),
            "built on example.com/golang:1.26-bookworm",
            (PATH, 1),
        ),
        "a name that only looks like it": fails(
            dockerfile(f"{BUILD}FROM evil.io/gcr.io/distroless/static:1\n"), "evil.io"
        ),
        "no Dockerfile": skips({}, "There is no Dockerfile"),
        "bad UTF-8": errs({PATH: BAD_TEXT}, "not UTF-8"),
        "a link": errs({PATH: "x"}, "symbolic link", links=frozenset({PATH})),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)


@pytest.mark.parametrize(
    "patterns",
    [[".git"], ["/.git/"], ["./.git"], ["**/.git"], [".git*"], [".*"], ["*"], ["**"], [".git/**"], [".git/*"],
     ["!.git", ".git"], [".git", "!.gitignore"], ["*", "!cmd"], ["?git"], [".git/", " "]],
)  # fmt: skip
def test_patterns_that_leave_git_out(patterns: list[str]) -> None:
    assert is_left_out(patterns)


@pytest.mark.parametrize(
    "patterns",
    [[], ["bin"], [".gitignore"], ["a/.git"], [".git", "!.git"], ["*", "!.git/HEAD"], ["*", "!**"], [".git/hooks"],
     ["*.git/x"], ["!*"], ["git"]],
)  # fmt: skip
def test_patterns_that_let_git_in(patterns: list[str]) -> None:
    assert not is_left_out(patterns)
