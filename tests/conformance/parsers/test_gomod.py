"""go.mod and go.sum."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.examining.parser import ParseError
from conformance.parsers import gomod, gosum

MODULE = """\
// A comment.
module "example.com/pay" // ours

go 1.26.0

toolchain go1.26.8

require (
\tgithub.com/a/b v1.2.3
\tgithub.com/c/d v0.0.0-20260101000000-abcdefabcdef // indirect
\tgithub.com/e/f v2.0.0+incompatible // indirect; a reason
)

require github.com/g/h v1.0.0

exclude github.com/a/b v1.2.2
replace (
\tgithub.com/c/d => ../d
\tgithub.com/e/f v2.0.0+incompatible => github.com/x/f v2.1.0
)
retract [v1.0.0, v1.1.0] // broken
retract v1.2.0
tool (
\tgolang.org/x/tools/cmd/stringer
)
godebug default=go1.21
ignore ./node_modules
require ()
"""


def parse(text: str) -> Any:
    return gomod.parse("go.mod", text.encode())


def test_every_directive_is_told_with_its_line() -> None:
    assert parse(MODULE) == {
        "module": "example.com/pay", "moduleLine": 2, "go": "1.26.0", "goLine": 4,
        "toolchain": "go1.26.8", "toolchainLine": 6,
        "require": [
            {"path": "github.com/a/b", "version": "v1.2.3", "indirect": False, "line": 9},
            {"path": "github.com/c/d", "version": "v0.0.0-20260101000000-abcdefabcdef", "indirect": True, "line": 10},
            {"path": "github.com/e/f", "version": "v2.0.0+incompatible", "indirect": True, "line": 11},
            {"path": "github.com/g/h", "version": "v1.0.0", "indirect": False, "line": 14},
        ],
        "exclude": [{"path": "github.com/a/b", "version": "v1.2.2", "line": 16}],
        "replace": [
            {"old": "github.com/c/d", "oldVersion": "", "new": "../d", "newVersion": "", "local": True, "line": 18},
            {"old": "github.com/e/f", "oldVersion": "v2.0.0+incompatible", "new": "github.com/x/f",
             "newVersion": "v2.1.0", "local": False, "line": 19},
        ],
        "retract": [
            {"low": "v1.0.0", "high": "v1.1.0", "rationale": "broken", "line": 21},
            {"low": "v1.2.0", "high": "v1.2.0", "rationale": "", "line": 22},
        ],
        "tool": [{"path": "golang.org/x/tools/cmd/stringer", "line": 24}],
    }  # fmt: skip


@pytest.mark.parametrize("new", ["./d", "../d", "/abs", ".", "..", "C:\\d"])
def test_a_folder_replaces_locally(new: str) -> None:
    [found] = parse(f"replace a.b/c => {new}\n")["replace"]
    assert found["local"]


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("hello world\n", "Unknown directive: hello.", 1),
        ("module a\n\nmodule b\n", "module is there twice.", 3),
        ("go 1.26 1.27\n", "go takes one word.", 1),
        ("require (\n\ta v1\n", "The block of require is not closed.", 1),
        ("require a\n", "require takes a module's path and a version.", 1),
        ("replace a b c d\n", "replace takes the form", 1),
        ("replace a => b\n", "replace names a module without a version.", 1),
        ("tool a b\n", "tool takes the path of one package.", 1),
        ("retract\n", "retract takes a version", 1),
        ('module "a\n', "A string is not closed.", 1),
    ],
)
def test_what_the_go_command_would_refuse_is_refused_with_its_line(text: str, words: str, line: int) -> None:
    with pytest.raises(ParseError, match=words) as caught:
        parse(text)
    assert caught.value.line == line


def test_sums_keep_their_versions_as_written() -> None:
    text = "a.b/c v1.0.0 h1:x=\na.b/c v1.0.0/go.mod h1:y=\n\n"
    assert gosum.parse("go.sum", text.encode()) == {"entries": ["a.b/c v1.0.0", "a.b/c v1.0.0/go.mod"]}
    with pytest.raises(ParseError, match="three fields") as caught:
        gosum.parse("go.sum", b"a b c\na b\n")
    assert caught.value.line == 2


@pytest.mark.go
def test_modules_are_read_as_the_go_command_reads_them(rendered: dict[str, bytes], tmp_path: Path) -> None:
    texts = {"module": MODULE.encode(), **{path: text for path, text in rendered.items() if gomod.PARSER.wants(path)}}
    assert len(texts) >= 3
    for text in texts.values():
        file = tmp_path / "go.mod"
        file.write_bytes(text)
        go = str(Path(sys.executable).parent / "go")
        told = json.loads(
            subprocess.run([go, "mod", "edit", "-json", str(file)], capture_output=True, text=True, check=True).stdout
        )
        found = gomod.parse("go.mod", text)
        assert (found["module"], found["go"]) == (told["Module"]["Path"], told["Go"])
        assert found["toolchain"] == told.get("Toolchain", "")
        assert [(each["path"], each["version"], each["indirect"]) for each in found["require"]] == [
            (each["Path"], each["Version"], each.get("Indirect", False)) for each in told["Require"]
        ]
        assert [(each["old"], each["new"]) for each in found["replace"]] == [
            (each["Old"]["Path"], each["New"]["Path"]) for each in told["Replace"] or []
        ]
        assert [each["path"] for each in found["tool"]] == [each["Path"] for each in told.get("Tool") or []]
