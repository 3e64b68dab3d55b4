"""Prose, sources, diffs and times as pages show them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.web.diffs import files_of
from portal.web.prose import markdown, safe_link
from portal.web.sources import is_binary, lines, tree
from portal.web.templatetags import goldpath


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
        "[x](  JaVaScRiPt:alert(1))", "[x](data:text/html,<script>)", "<a href='vbscript:x'>x</a>",
        "![x](http://tracker.example/p.png)", "<iframe src='/'></iframe>", "<style>*{display:none}</style>",
        "<svg onload=alert(1)>", "[x](//evil.example/y)",
    ],
)  # fmt: skip
def test_hostile_markdown_is_defused(evil: str) -> None:
    html = markdown(evil, base="/git/a/b/file/").lower()
    for word in ("<script", "<img", "<iframe", "<style", "<svg", 'href="javascript', 'href="data', 'href="vbscript'):
        assert word not in html


@given(st.text(max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_text_as_markdown_gives_no_script(text: str) -> None:
    assert "<script" not in markdown(text, base="/x/").lower()


def test_relative_links_lead_into_the_browser() -> None:
    html = markdown("[a](docs/api.md) [b](../../out) [c](#part) [d](https://ok.example)", base="/git/n/s/file/")
    assert 'href="/git/n/s/file/docs/api.md"' in html
    assert "out" not in html
    assert 'href="https://ok.example"' in html
    assert 'rel="noopener nofollow"' in html


def test_headings_go_one_level_down() -> None:
    assert "<h2>Title</h2>" in markdown("# Title")


@pytest.mark.parametrize("url", ["javascript:alert(1)", " JAVASCRIPT:x", "data:text/html,x", "//x", "", "http://[bad"])
def test_links_that_may_run_code_are_none(url: str) -> None:
    assert safe_link(url) == ""


def test_code_is_highlighted_line_by_line() -> None:
    shown = lines("main.go", b"package main\n\n// a\nvar x = `a\nb`\n")
    assert [line.number for line in shown] == [1, 2, 3, 4, 5]
    assert 'class="kn">package' in shown[0].html
    assert all(line.html.count("<span") == line.html.count("</span") for line in shown)


def test_source_is_escaped() -> None:
    for path in ("x.go", "x.txt", "x.html", "unknown"):
        assert "<script>" not in lines(path, b"<script>alert(1)</script>")[0].html


def test_a_huge_file_is_shown_plain_and_cut() -> None:
    assert len(lines("x.go", b"var x = 1 // <b>\n" * 20_000)) == 5_000


def test_what_is_no_text_is_known() -> None:
    assert is_binary(b"\x89PNG\0")
    assert not is_binary("größe".encode())


def test_a_tree_of_paths() -> None:
    root = tree(["b.txt", "a/x.go", "a/c/y.go"])
    assert [folder.path for folder in root.subfolders] == ["a"]
    assert root.folders["a"].files == [("x.go", "a/x.go")]
    assert root.folders["a"].subfolders[0].path == "a/c"


def test_a_patch_is_split_into_files() -> None:
    patch = (
        "diff --git a/x.txt b/x.txt\nindex 1..2 100644\n--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-old\n+new\n"
        "diff --git a/y b/y\nnew file mode 100644\n"
    )
    first, second = files_of(patch)
    assert (first.title, second.title) == ("x.txt", "y")
    assert first.rows == [("is-hunk", "@@ -1 +1 @@"), ("is-removed", "-old"), ("is-added", "+new")]
    assert second.rows == []


def test_a_removed_line_that_looks_like_a_header_is_shown() -> None:
    patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +0,0 @@\n--- a comment in SQL\n"
    assert files_of(patch)[0].rows[-1] == ("is-removed", "--- a comment in SQL")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "just now"), (61, "1 minute ago"), (7300, "2 hours ago"), (90_000, "1 day ago"), (86400 * 800, "2 years ago")],
)
def test_how_long_ago(seconds: int, words: str) -> None:
    assert words in goldpath.ago(timezone.now() - dt.timedelta(seconds=seconds))


@pytest.mark.parametrize(("seconds", "words"), [(0.84, "0.8 s"), (42, "42 s"), (185, "3 min 5 s")])
def test_how_long_it_took(seconds: float, words: str) -> None:
    assert goldpath.took(dt.timedelta(seconds=seconds)) == words


@pytest.mark.parametrize("ref", ["", "nonsense", "a:b", "a:/b"])
def test_what_is_no_reference_is_no_link(ref: str) -> None:
    assert goldpath.ref_link(ref) == ref


@pytest.mark.parametrize(
    "path", ["x.diff", "x.py", "x.md", "x.yaml", "x.go", "x.sh", "Dockerfile", "Makefile", "x.sql"]
)
@pytest.mark.parametrize("unit", ["a", "\n ", "*", "`", "`\n", "$(\n", "<b>\n"])
@pytest.mark.timeout(60)  # without the bounds, each of these takes minutes
def test_a_file_made_to_keep_the_highlighter_busy_is_shown_all_the_same(path: str, unit: str) -> None:
    rows = lines(path, (unit * 200_000)[:45_000].encode())
    assert rows
    assert all("<b>" not in row.html for row in rows)


def test_highlighting_stops_when_its_time_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound itself, by a clock that advances 0.1 s a look: of 2,000 lines only the first few are ever read."""
    looks = iter(range(1_000_000))
    monkeypatch.setattr("portal.web.sources.time.thread_time", lambda: next(looks) / 10)
    rows = lines("x.go", b"package x\n" * 2_000)
    assert next(looks) <= 5
    assert len(rows) == 2_000
    assert all("<span" not in row.html for row in rows)
