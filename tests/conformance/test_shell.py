"""Shell texts as commands, with hostile ones."""

from __future__ import annotations

import pytest

from conformance.examining import shell
from conformance.examining.parser import ParseError
from conformance.parsers.shellscript import PARSER


def words(text: str) -> list[tuple[str, ...]]:
    return [command.words for command in shell.read(text).commands]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("go test -run '^$' ./...", ("go", "test", "-run", "^$$", "./...")),
        ('echo "a  $B ${C} c"', ("echo", "a  ${B} ${C} c")),
        ('a "x\\"y" b\\ c', ("a", 'x"y', "b c")),
        ("a ${X:-one} ${Y-two} ${Z:=three}", ("a", "${X:-one}", "${Y:-two}", "${Z:-three}")),
        ("a ${1:-${MIN:-80}}", ("a", "${1:-${MIN:-80}}")),
        ("a pre\"$B\"'$c'post", ("a", "pre${B}$$cpost")),
        ("A=1 B=2 go build > out 2>&1", ("go", "build")),
        ("a $(b c) $((1 + 2))", ("a", "$$()", "$$()")),
        ("a \\\n  b \\\n  c", ("a", "b", "c")),
        ("a $'x\\n'", ("a", "x\\n")),
        ('[ "$x" -lt 80 ]', ("[", "${x}", "-lt", "80", "]")),
        ("[[ $x < 80 && -n $y ]]", ("[[", "${x}", "<", "80", "&&", "-n", "${y}", "]]")),
        ("(( total >= MIN ))", ("((", "total >= MIN")),
    ],
)
def test_words_are_what_the_shell_passes(text: str, expected: tuple[str, ...]) -> None:
    assert words(text)[0] == expected


def test_commands_are_found_wherever_they_stand() -> None:
    text = """\
if ! first; then second; fi
for x in a b; do third "$x"; done
case $x in a) fourth ;; esac
(fifth && sixth) | seventh
f() { eighth; }
x=$(ninth "$(tenth)")
cat <<EOF
not a command
EOF
while eleventh; do :; done
"""
    names = [found[0] for found in words(text)]
    assert names == [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "cat",
        "eleventh", ":",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["go vet || true", "go vet || :", "go vet || echo oh", "a && go vet || exit 0"])
def test_a_failure_that_is_let_pass(text: str) -> None:
    tolerated = {each.words[0]: each.is_tolerated for each in shell.read(text).commands}
    assert tolerated["go"]


@pytest.mark.parametrize("text", ["go vet", "go vet || exit 1", "go vet || { echo oh; exit 1; }", "true || go vet"])
def test_a_failure_that_counts(text: str) -> None:
    tolerated = {each.words[0]: each.is_tolerated for each in shell.read(text).commands}
    assert not tolerated["go"]


def test_lines_and_assignments() -> None:
    script = shell.read("set -e\n\nrace=-race\nexport MIN=80\n# a comment\ngo test $race\nrace=\n")
    assert [(each.words[0], each.line) for each in script.commands] == [("set", 1), ("go", 6)]
    assert [(each.name, each.value, each.line) for each in script.assignments] == [
        ("race", "-race", 3), ("MIN", "80", 4), ("race", "", 7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("${A}", "one"),
        ("x${A}y$$A", "xoney$A"),
        ("${B:-two}", "two"),
        ("${EMPTY:-three}", "three"),
        ("${EMPTY}", ""),
        ("${UNKNOWN}", "${UNKNOWN}"),
        ("${U:-${V:-${A}}}", "one"),
        ("${A", "one"),
        ("$", "$"),
        ("${C}", "${A}"),
    ],
)
def test_expansion(word: str, expected: str) -> None:
    assert shell.expand(word, {"A": "one", "EMPTY": "", "C": "${A}"}) == expected


def test_expansion_does_not_grow_without_end() -> None:
    assert len(shell.expand("${A}" * 5000, {"A": "x" * 5000})) == 4096


HOSTILE = {
    "substitutions": "$(" * 20_000,
    "brackets": "(" * 50_000,
    "quotes": '"' * 50_000 + "$(" * 500,
    "expansions": "${a:-" * 5_000 + "}" * 5_000,
    "conditions": "if true; then " * 10_000,
    "alternatives": "a || " * 20_000 + "true",
    "binary": "\x00\x01\x02" * 1000,
    "surrogates of an emoji": "echo \U0001f600",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_are_read_or_left(kind: str) -> None:
    script = shell.read(HOSTILE[kind])
    assert shell.Script.from_json(script.to_json()) == script


def test_a_text_that_is_too_long_gives_nothing() -> None:
    assert shell.read("go test\n" * 40_000) == shell.Script()


@pytest.mark.parametrize(
    "path", ["scripts/coverage.sh", "a.bash", "deploy.sh", "scripts/ci", "app/hack/verify", "bin/setup"]
)
def test_scripts_are_wanted(path: str) -> None:
    assert PARSER.wants(path)


@pytest.mark.parametrize("path", ["scripts/a.py", "main.go", "Makefile", "cmd/server", "scripts/README.md", "ci"])
def test_other_files_are_not(path: str) -> None:
    assert not PARSER.wants(path)


@pytest.mark.parametrize(
    "first", ["", "#!/bin/sh -eu\n", "#!/usr/bin/env bash\n", "#! /bin/dash\n", "#!/usr/bin/env -S bash -e\n"]
)
def test_a_shell_reads_it(first: str) -> None:
    facts = PARSER.parse("scripts/a", f"{first}go test\n".encode())
    assert [each["words"] for each in facts["commands"]] == [["go", "test"]]


@pytest.mark.parametrize("first", ["#!/usr/bin/env python3\n", "#!/usr/bin/awk -f\n", "#!\n"])
def test_another_interpreter_reads_it(first: str) -> None:
    assert PARSER.parse("scripts/a", f"{first}go test\n".encode()) == {"commands": [], "variables": []}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\x00b", b"x" * (shell.MOST_CHARACTERS + 1)])
def test_what_is_no_script_is_refused(content: bytes) -> None:
    with pytest.raises(ParseError):
        PARSER.parse("a.sh", content)
