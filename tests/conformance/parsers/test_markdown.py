"""Markdown: what a reader sees in it."""

from __future__ import annotations

from typing import Any

from conformance.parsers import markdown


def parse(text: str) -> Any:
    return markdown.parse("README.md", text.encode())


TEXT = """\
[![Build](https://x/badge.svg)](https://x/ci)

# The *ledger* `svc`

It books
[payments](docs/pay.md) and <https://auto.link>.

Setext heading
--------------

```go title="x"
func main() {}
[no](link.md)
```

    indented code

| a | b |
|---|---|
| one | [two](t.md) |

- first item
- second [ref][r]

<div>html words do not count</div>

[r]: https://ref.example/x
"""


def test_headings_links_code_and_words() -> None:
    found = parse(TEXT)
    assert found["title"] == "The ledger svc"
    assert found["headings"] == [
        {"level": 1, "text": "The ledger svc", "line": 3},
        {"level": 2, "text": "Setext heading", "line": 8},
    ]
    assert found["links"] == [
        {"url": "https://x/ci", "line": 1},
        {"url": "https://x/badge.svg", "line": 1},
        {"url": "docs/pay.md", "line": 6},
        {"url": "https://auto.link", "line": 6},
        {"url": "t.md", "line": 20},
        {"url": "https://ref.example/x", "line": 23},
    ]
    assert found["code"] == [
        {"language": "go", "line": 11, "text": "func main() {}\n[no](link.md)\n"},
        {"language": "", "line": 16, "text": "indented code\n"},
    ]
    # Build; It books payments and https auto.link; a b one two; first item; second ref.
    assert found["words"] == 1 + 6 + 4 + 2 + 2


def test_an_empty_file_has_nothing() -> None:
    assert parse("") == {"title": "", "headings": [], "words": 0, "code": [], "links": []}
    assert parse("## Only a second level\n")["title"] == ""


def test_long_code_is_cut_and_long_files_are_read_from_the_beginning() -> None:
    assert len(parse("```\n" + "x" * 900 + "\n```\n")["code"][0]["text"]) == markdown.MOST_CODE
    long = parse("# Title\n\n" + "word " * 60_000 + "\n\n# Last\n")
    assert long["title"] == "Title"
    assert [each["text"] for each in long["headings"]] == ["Title"]


def test_the_rendered_readme_is_read(rendered: dict[str, bytes]) -> None:
    found = markdown.parse("README.md", rendered["README.md"])
    assert found["title"].lower() == "ledger"
    assert "Configuration" in {each["text"] for each in found["headings"]}
    assert "docs/runbook.md" in {each["url"] for each in found["links"]}
    assert found["words"] > 200
