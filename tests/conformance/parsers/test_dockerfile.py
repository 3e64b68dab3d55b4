"""Dockerfiles: what BuildKit reads in them."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.examining.parser import ParseError
from conformance.parsers import dockerfile

DIGEST = "sha256:" + "a" * 64


def stages(text: str) -> Any:
    return dockerfile.parse("Dockerfile", text.encode())["stages"]


def stage(text: str) -> Any:
    [only] = stages(text)
    return only


def instructions(text: str) -> list[tuple[str, int, str]]:
    return [(each["op"], each["line"], each["text"]) for each in stage(f"FROM a\n{text}")["instructions"]]


@pytest.mark.parametrize(
    ("reference", "image", "tag", "digest"),
    [
        ("golang", "golang", "", ""),
        ("golang:1.26", "golang", "1.26", ""),
        ("registry:5000/team/app", "registry:5000/team/app", "", ""),
        (f"registry:5000/team/app:1.0@{DIGEST}", "registry:5000/team/app", "1.0", DIGEST),
        (f"app@{DIGEST}", "app", "", DIGEST),
        ("${BASE}", "${BASE}", "", ""),
        ("${BASE}:${VERSION}", "${BASE}", "${VERSION}", ""),
        ("$BASE:1", "$BASE", "1", ""),
        ("golang:${VERSION:-1.26}", "golang", "1.26", ""),
        ("${X:-reg:5000/a}:1", "reg:5000/a", "1", ""),
    ],
)
def test_images_are_taken_apart(reference: str, image: str, tag: str, digest: str) -> None:
    found = stage(f"FROM {reference}\n")
    assert (found["image"], found["tag"], found["digest"]) == (image, tag, digest)


def test_global_arguments_fill_the_image_and_the_platform() -> None:
    found = stages(
        'ARG GO=1.26\nARG IMAGE="golang:${GO}"\nARG OPEN\nFROM --platform=$BUILDPLATFORM ${IMAGE} AS build\n'
        "FROM ${OPEN}\nFROM a:${OPEN:-x}${GO:+y}\nARG GO=2\nFROM a:$GO\n"
    )
    assert [(each["image"], each["tag"]) for each in found] == [
        ("golang", "1.26"), ("${OPEN}", ""), ("a", "xy"), ("a", "1.26"),
    ]  # fmt: skip
    assert found[0]["platform"] == "$BUILDPLATFORM"
    assert [each["line"] for each in found] == [4, 5, 6, 8]


def test_a_stage_may_stand_on_an_earlier_one() -> None:
    found = stages("FROM golang:1 AS Build\nFROM build AS test\nFROM scratch\nFROM later\nFROM a AS later\n")
    assert [each["from_stage"] for each in found] == [False, True, False, False, False]
    assert [each["name"] for each in found] == ["Build", "test", "", "", "later"]


def test_continued_lines_are_joined_and_comments_within_them_left_out() -> None:
    assert instructions("RUN a && \\\n  # why\n\n  b \\\n  c\nUSER 1\n") == [
        ("RUN", 2, "a &&   b   c"),
        ("USER", 7, "1"),
    ]
    assert instructions("# comment\nrun\tx\n\n  \tUSER 2\n") == [("RUN", 3, "x"), ("USER", 5, "2")]
    assert instructions("RUN a \\\\\nRUN b\n") == [("RUN", 2, "a \\\\"), ("RUN", 3, "b")]


def test_the_escape_directive_counts_only_at_the_top() -> None:
    found = stage("# syntax=docker/dockerfile:1\n# escape=`\nFROM a\nRUN dir C:\\ `\n  /b\n")
    assert [each["text"] for each in found["instructions"]] == ["dir C:\\   /b"]
    assert [each["text"] for each in stage("FROM a\n# escape=`\nRUN a \\\n b\n")["instructions"]] == ["a  b"]


def test_flags_are_told_apart_from_what_follows() -> None:
    [run, copy, health] = stage(
        'FROM a\nRUN --mount=type=cache,target="/x y" --mount=type=secret,id=t --network=none \\\n  go build --race\n'
        "COPY --link --from=build --chown=1:1 a b\nHEALTHCHECK --interval=3s CMD x --y\n"
    )["instructions"]
    assert run["flags"] == {"--mount": ["type=cache,target=/x y", "type=secret,id=t"], "--network": ["none"]}
    assert run["text"] == "go build --race"
    assert copy["flags"] == {"--link": ["true"], "--from": ["build"], "--chown": ["1:1"]}
    assert copy["text"] == "a b"
    assert (health["flags"], health["text"]) == ({"--interval": ["3s"]}, "CMD x --y")


def test_here_documents_belong_to_their_instruction() -> None:
    text = "RUN <<EOF\napt-get install x\nUSER root\nEOF\nCOPY <<-\"A\" <<'B' /d/\n\tone\n\tA\ntwo\nB\nUSER 3\n"
    assert instructions(text) == [
        ("RUN", 2, "<<EOF\napt-get install x\nUSER root"),
        ("COPY", 6, "<<-\"A\" <<'B' /d/\n\tone\ntwo"),
        ("USER", 11, "3"),
    ]
    assert instructions('RUN echo "a <<EOF" $((1<<2))\nUSER 3\n')[1] == ("USER", 3, "3")
    assert instructions("ENV A=<<EOF\nUSER 3\n")[1] == ("USER", 3, "3")


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("", "has no FROM", 0),
        ("# only a comment\n", "has no FROM", 0),
        ("ARG A=1\n", "has no FROM", 0),
        ("RUN x\nFROM a\n", "before the first FROM", 1),
        ("FROM a\nHELLO x\n", "Unknown instruction: HELLO.", 2),
        ("FROM\n", "FROM takes the form", 1),
        ("FROM a b c\n", "FROM takes the form", 1),
        ("FROM a AS\n", "FROM takes the form", 1),
        ("FROM a\nRUN <<EOF\nx\n", "The here-document EOF is not ended.", 2),
        ("FROM a\n" * 2001, "more than 2000 instructions", 2001),
    ],
)
def test_what_buildkit_would_refuse_is_refused_with_its_line(text: str, words: str, line: int) -> None:
    with pytest.raises(ParseError, match=words) as caught:
        stages(text)
    assert caught.value.line == line


def test_arguments_that_double_each_other_do_not_grow_for_ever() -> None:
    text = "ARG A=xxxxxxxxxx\n" + "ARG A=$A$A$A$A\n" * 60 + "FROM $A\n"
    assert len(stage(text)["image"]) <= 500


def test_the_rendered_dockerfile_is_read(rendered: dict[str, bytes]) -> None:
    [path] = [path for path in rendered if dockerfile.PARSER.wants(path)]
    build, last = dockerfile.parse(path, rendered[path])["stages"]
    assert (build["name"], build["image"], bool(build["digest"])) == ("build", "golang", True)
    assert [each["text"] for each in last["instructions"] if each["op"] == "USER"] == ["65532:65532"]


@pytest.mark.parametrize(
    ("path", "is_wanted"),
    [
        ("Dockerfile", True), ("a/docker/Dockerfile", True), ("Dockerfile.dev", True), ("a/dev.Dockerfile", True),
        ("Dockerfile.dockerignore", False), ("docs/Dockerfiles.md", False), ("MyDockerfile", False),
    ],
)  # fmt: skip
def test_which_files_are_dockerfiles(path: str, is_wanted: bool) -> None:
    assert dockerfile.PARSER.wants(path) is is_wanted
