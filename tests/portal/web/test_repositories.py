from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from scaffolder.forges.local import places
from scaffolder.git import folders
from scaffolder.models import Repository, Run
from tests.scaffolder.git.conftest import put_many

BASE = "/git/default/ledger"


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def test_the_front_page_shows_files_and_how_to_clone(alice_web: Client, made: Run) -> None:
    page = text(alice_web.get(f"{BASE}/"))
    assert f'href="{BASE}/tree/internal"' in page
    assert f'href="{BASE}/file/go.mod"' in page
    assert "git clone" in page
    assert alice_web.get(BASE).headers["Location"] == f"{BASE}/"


def test_a_file_has_line_anchors(alice_web: Client, made: Run) -> None:
    page = text(alice_web.get(f"{BASE}/file/go.mod"))
    assert '<tr id="L1">' in page
    assert "indirect" in page


def test_a_folder_leads_on(alice_web: Client, made: Run) -> None:
    assert f"{BASE}/tree/internal/" in text(alice_web.get(f"{BASE}/tree/internal"))
    assert alice_web.get(f"{BASE}/file/internal").headers["Location"] == f"{BASE}/tree/internal"


def test_commits_and_what_they_changed(alice_web: Client, made: Run) -> None:
    commit = Repository.objects.get().head_commit
    assert f"{BASE}/commit/{commit}" in text(alice_web.get(f"{BASE}/commits"))
    page = text(alice_web.get(f"{BASE}/commit/{commit}"))
    assert 'class="is-added"' in page
    assert "catalog-info.yaml" in page


def test_everyone_who_is_signed_in_may_read(charlie_web: Client, made: Run) -> None:
    assert charlie_web.get(f"{BASE}/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/file/../../secret_key", "/file/..%2f..%2fsecret_key", "/tree/..%2f..", "/file/%2fetc%2fpasswd",
        "/file/none.txt", "/tree/none", "/commit/--output=x", "/commit/HEAD", "/commit/" + "0" * 40,
        "/commits?ref=--all", "/commits?ref=nope", "/file/go.mod?ref=-c", "/tree/internal?ref=main:..",
    ],
)  # fmt: skip
def test_path_traversal_and_git_option_injection_are_refused(alice_web: Client, made: Run, path: str) -> None:
    assert alice_web.get(f"{BASE}{path}").status_code == 404


@pytest.mark.parametrize(
    "query", ["?page=x", "?page=-3", "?page=99", "?page=²", "?page=" + "9" * 15, "?page=" + "9" * 5000]
)
def test_odd_pages_of_commits_do_no_harm(alice_web: Client, made: Run, query: str) -> None:
    assert alice_web.get(f"{BASE}/commits{query}").status_code == 200


@pytest.fixture
def many(made: Run) -> int:
    """A branch `many` whose top folder and whose folder `many` hold so many files."""
    put_many(places.repository_folder("default", "ledger"), 1200, branch="many")
    return 1200


@pytest.mark.parametrize(
    ("page", "count", "first", "last", "links"),
    [
        ("", "1 to 250", "below", "file-00248.txt", ["Further"]),
        ("&page=2", "251 to 500", "file-00249.txt", "file-00498.txt", ["Earlier", "Further"]),
        ("&page=5", "1,001 to 1,201", "file-00999.txt", "file-01199.txt", ["Earlier"]),
        ("&page=99999999999999999999", "1,001 to 1,201", "file-00999.txt", "file-01199.txt", ["Earlier"]),
    ],
)
def test_a_large_folder_is_shown_in_pages_that_say_so(
    alice_web: Client, many: int, page: str, count: str, first: str, last: str, links: list[str]
) -> None:
    shown = text(alice_web.get(f"{BASE}/tree/many?ref=many{page}"))
    entries = re.findall(r'href="/git/default/ledger/(?:file|tree)/many/([^"?]+)\?ref=many"', shown)
    assert (entries[0], entries[-1]) == (first, last)
    assert len(entries) <= 250
    assert f"Entries {count} of 1,201, folders first." in shown
    assert [word for word in ("Earlier", "Further") if word in shown] == links
    assert shown.count('href="?ref=many&amp;page=') == len(links)


def test_the_readme_of_a_large_top_folder_is_shown(alice_web: Client, many: int) -> None:
    page = text(alice_web.get(f"{BASE}/?ref=many"))
    assert ">Many</h" in page
    assert "Entries 1 to 250 of 1,202, folders first." in page
    assert ">Many</h" not in text(alice_web.get(f"{BASE}/?ref=many&page=2"))


def test_a_folder_too_large_to_list_says_so_and_how_to_see_it(
    alice_web: Client, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "TREE_BYTES", 30_000)
    for address in (f"{BASE}/?ref=many", f"{BASE}/tree/many?ref=many"):
        page = text(alice_web.get(address))
        assert "more than can be listed here. Clone the repository" in page
        assert "file-00001" not in page
    assert ">Many</h" in text(alice_web.get(f"{BASE}/?ref=many"))
    assert "git clone" in text(alice_web.get(f"{BASE}/?ref=many"))


@pytest.mark.parametrize("page", ["x", "-3", "0", "²", "9" * 5000])
def test_odd_pages_of_a_folder_do_no_harm(alice_web: Client, many: int, page: str) -> None:
    assert alice_web.get(f"{BASE}/tree/many?ref=many&page={page}").status_code == 200


def test_git_itself_is_still_served_beside_the_browser(client: Client, made: Run) -> None:
    response = client.get(f"{BASE}.git/info/refs?service=git-upload-pack")
    assert "html" not in response.headers.get("Content-Type", "")
