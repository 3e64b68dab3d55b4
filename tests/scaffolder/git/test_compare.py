"""The difference between two texts."""

from __future__ import annotations

import pytest

from scaffolder.git import GitError, difference


def test_a_changed_line_is_shown_with_its_neighbours() -> None:
    patch, is_cut = difference(b"a\nb\nc\n", b"a\nx\nc\n", limit=1000)
    assert patch == "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"
    assert not is_cut


def test_equal_texts_and_an_empty_one() -> None:
    assert difference(b"same", b"same", limit=1000) == ("", False)
    assert difference(b"", b"new\n", limit=1000)[0] == "@@ -0,0 +1 @@\n+new\n"


def test_what_is_no_text_is_compared_all_the_same() -> None:
    patch, _ = difference(b"\xff\n", b"\xfe\0\n", limit=1000)
    assert "�" in patch


def test_a_long_difference_is_cut() -> None:
    patch, is_cut = difference(b"", b"line\n" * 10_000, limit=500)
    assert is_cut
    assert len(patch) <= 500


def test_texts_that_keep_git_busy_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scaffolder.git.compare.SECONDS", 0.0)
    with pytest.raises(GitError, match="in time"):
        difference(b"a\n" * 400_000, b"b\n" * 400_000, limit=100_000_000)
