from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from scaffolder.models import Repository, Run

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


def test_git_itself_is_still_served_beside_the_browser(client: Client, made: Run) -> None:
    response = client.get(f"{BASE}.git/info/refs?service=git-upload-pack")
    assert "html" not in response.headers.get("Content-Type", "")
