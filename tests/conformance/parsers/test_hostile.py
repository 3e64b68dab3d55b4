"""Every parser takes any content: it ends with facts or with words, in bounded time and size, and crashes on none.

Each parser runs in a process of its own, so that a crash of a library written in C is seen.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from conformance import parsers
from conformance.examining.parser import MOST_BYTES, ParseError, Parser, ToolMissingError

MOST_FACTS = 8 * 1024 * 1024
SECONDS = 240  # for all contents of one parser on a busy machine: a bound, not a measure


def bomb() -> bytes:
    """Nine to the power of twenty, in YAML."""
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 21)]
    return "\n".join(["a0: &a0 [x]", *levels]).encode()


CONTENTS = {
    "empty": b"",
    "one byte often": b"a" * MOST_BYTES,
    "spaces": b" " * MOST_BYTES,
    "quotes": b'"' * MOST_BYTES,
    "backslashes": b"\\" * MOST_BYTES,
    "backticks": b"`a``b" * (MOST_BYTES // 5),
    "binary": bytes(range(256)) * 4096,
    "NUL bytes": b"package x\n\0\0",
    "bad UTF-8": b"package x\n\xff\xfe\xc3\x28",
    "UTF-16": "on: push\n".encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbfa: 1\n",
    "nested brackets": b"[" * 100_000,
    "nested and closed brackets": b"[" * 50_000 + b"]" * 50_000,
    "nested JSON": b'{"a":' * 100_000,
    "nested Go": b"package x\nvar a = " + b"(" * 100_000 + b")" * 100_000,
    "deep Go": b"package x\nfunc f() { a" + b".b()" * 100_000 + b" }\n",
    "YAML bomb": bomb(),
    "million lines": b"\n" * (MOST_BYTES - 1),
    "million lines of text": b"a\n" * (MOST_BYTES // 2),
    "many keys": b"".join(b"k%d: v\n" % number for number in range(80_000)),
    "many commands": b"RUN x \\\n" * 100_000,
    "many rules": b"a: b\n\tc\n" * 10_000,
    "Windows line ends": b"a: 1\r\nb: 2\r\n" * 3,
    "lone surrogates": b'{"a": "\\ud800", "on": "\\udfff"}',
    "lone surrogates in Go": b'package x\nvar a = f("\\ud800", "/\\x00")\n',
    "escaped NUL": b'on: "\\0"\njobs: "\\x00"\n',
    "control characters": b"\x01\x02\x1b[31m" * 1000,
    "nested quotes of Markdown": b"> " * 100_000,
    "open links": b"[a](" * 50_000,
}
CHILD = """
import json, sys
from conformance import parsers
from tests.conformance.parsers.test_hostile import CONTENTS, told
for name, content in CONTENTS.items():
    print(json.dumps([name, told(parsers.registry()[sys.argv[1]], content)]), flush=True)
"""
PLACES = {
    "dockerfile": "Dockerfile", "hadolint": "Dockerfile", "gosource": "main.go", "gotest": "main_test.go",
    "gomod": "go.mod", "gosum": "go.sum", "renovate": "renovate.json",
}  # fmt: skip


def told(parser: Parser, content: bytes) -> str:
    """Return how the parser ended: the size of its facts, or the words of its refusal."""
    try:
        facts = parser.parse(PLACES.get(parser.name, ".github/workflows/a.yml"), content)
    except ParseError as error:
        words = str(error)
        assert words.endswith("."), words
        assert len(words) < 500, words
        return words
    except ToolMissingError as error:
        return str(error)
    text = json.dumps(facts, allow_nan=False, ensure_ascii=False)
    text.encode()  # fails on lone surrogates
    assert not re.search(r"(?<!\\)(?:\\\\)*\\u0000", text)  # PostgreSQL refuses NUL
    assert len(text) < MOST_FACTS
    return str(len(text))


@pytest.mark.parametrize("name", sorted(parsers.registry()))
def test_no_content_breaks_a_parser(name: str) -> None:
    ran = subprocess.run([sys.executable, "-c", CHILD, name], capture_output=True, text=True, timeout=SECONDS)
    ended = dict(json.loads(line) for line in ran.stdout.splitlines())
    missing = [content for content in CONTENTS if content not in ended]
    assert not missing, f"{name} ended with {ran.returncode} on: {missing[0]}\n{ran.stderr[-2000:]}"


@pytest.mark.parametrize("name", sorted(name for name in parsers.registry() if name != "secrets"))
@pytest.mark.parametrize("content", [b"\xff\xfe", b"on: push\n\0"])
def test_what_is_no_text_is_refused_in_plain_words(name: str, content: bytes) -> None:
    with pytest.raises(ParseError, match="It is not UTF-8 text"):
        parsers.registry()[name].parse(PLACES.get(name, "a.yml"), content)
