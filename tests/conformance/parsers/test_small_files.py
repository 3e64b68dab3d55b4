"""CODEOWNERS, ignore files and Renovate's settings."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.examining.parser import ParseError
from conformance.parsers import codeowners, ignorefile, renovate


def owners(text: str) -> Any:
    return codeowners.parse("CODEOWNERS", text.encode())


def test_rules_keep_their_order_and_owners() -> None:
    assert owners("# comment\n*  @acme/payments  ops@acme.example # why\n\n/docs/ @amy-b\n/free/\n a\\ b @x\n") == {
        "rules": [
            {"pattern": "*", "owners": ["@acme/payments", "ops@acme.example"], "line": 2},
            {"pattern": "/docs/", "owners": ["@amy-b"], "line": 4},
            {"pattern": "/free/", "owners": [], "line": 5},
            {"pattern": "a\\ b", "owners": ["@x"], "line": 6},
        ],
        "errors": [],
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("* payments", "payments is no owner: it must be @user, @org/team or an e-mail address."),
        ("* @", "@ is no owner"),
        ("* @acme/", "@acme/ is no owner"),
        ("* @a/b/c", "@a/b/c is no owner"),
        ("* @good @-bad", "@-bad is no owner"),
        ("!x @a", "A pattern cannot begin with ! in CODEOWNERS."),
        ("a[bc] @a", "A pattern cannot hold a character range in CODEOWNERS."),
        ("\\#x @a", "A pattern cannot begin with an escaped # in CODEOWNERS."),
    ],
)
def test_lines_that_github_skips_are_errors_and_no_rules(line: str, message: str) -> None:
    found = owners(f"# first\n{line}\n* @fine\n")
    assert [each["owners"] for each in found["rules"]] == [["@fine"]]
    [error] = found["errors"]
    assert error["line"] == 2
    assert error["message"].startswith(message)


def test_only_the_three_places_of_github_count() -> None:
    places = ["CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", "pkg/CODEOWNERS", "CODEOWNERS.md"]
    assert [codeowners.PARSER.wants(place) for place in places] == [True, True, True, False, False]


def test_the_rendered_owners_are_read(rendered: dict[str, bytes]) -> None:
    found = codeowners.parse("", rendered[".github/CODEOWNERS"])
    assert found["rules"]
    assert found["errors"] == []


def test_ignore_files_keep_patterns_without_comments() -> None:
    text = "# comment\n*\n\n!cmd\n  spaced  \n\\#literal\r\n"
    assert ignorefile.parse(".dockerignore", text.encode()) == {
        "patterns": [
            {"text": "*", "line": 2},
            {"text": "!cmd", "line": 4},
            {"text": "spaced", "line": 5},
            {"text": "\\#literal", "line": 6},
        ]
    }
    assert [ignorefile.PARSER.wants(path) for path in ("a/.gitignore", "Dockerfile.dockerignore", "gitignore")] == [
        True, True, False,
    ]  # fmt: skip


def test_renovate_is_read_with_positions_also_with_tabs() -> None:
    [document] = renovate.parse("renovate.json", b'{\n\t"extends": ["a"],\n\t"x": {\n\t\t"y": 1\n\t}\n}\n')["documents"]
    assert document["m"]["x"]["m"]["y"] == {"l": 4, "v": 1}


def test_renovate_may_use_what_only_json_has() -> None:
    [document] = renovate.parse("renovate.json", b'{"description": "\\ud83d\\ude00 \\u0000 \\ud83d"}')["documents"]
    assert document["m"]["description"]["v"] == "😀 � �"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "It is not valid JSON"), ("[]", "It is no JSON object."), ("", "It is not valid JSON"),
        ("{a: 1}", "It is not valid JSON"), ('{"a": NaN}', "NaN is no number"), ('{"a": 1e999}', "1e999 is no number"),
        ('{"a":' * 5000, "nested too deeply"), ('{"a": ' + "1" * 5000 + "}", "a number is too long"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(text: str, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        renovate.parse("renovate.json", text.encode())
