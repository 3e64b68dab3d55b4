"""The texts of a departed file, from a real repository."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from conformance.models import Service
from conformance.services import drift, scans
from conformance.services.drift import DriftTexts
from portal.foundation.models import User
from scaffolder import browse
from scaffolder.models import Run
from tests.conformance.fleet import make_service
from tests.conformance.scanning.conftest import commit

PAGE = "/conformance/services/default/ledger/drift"
CI = ".github/workflows/ci.yml"


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


@pytest.fixture
def drifted(made: Run) -> Service:
    """A real service: its CI workflow weakened, its Dockerfile gone, its coverage gate moved."""
    service = scans.service_of(made.repositories.get())
    assert service is not None
    workflow = browse.blob(service.repository, "", CI).content.decode()
    commit(
        service,
        {CI: workflow.replace("permissions: {}", "permissions: write-all")},
        removed=("deployments/docker/Dockerfile",),
        moved={"scripts/coverage.sh": "tools/coverage.sh"},
    )
    return scans.scan(service.pk)


def test_what_the_team_changed_is_shown_line_by_line(alice_web: Client, drifted: Service) -> None:
    page = text(alice_web.get(f"{PAGE}/{CI}"))
    assert "Weakened" in page
    assert '<tr class="is-removed"><td>-permissions: {}</td></tr>' in page
    assert '<tr class="is-added"><td>+permissions: write-all</td></tr>' in page
    assert f'href="/git/default/ledger/file/{CI}?ref={drifted.commit}"' in page


def test_the_other_comparisons_are_links(alice_web: Client, drifted: Service) -> None:
    page = text(alice_web.get(f"{PAGE}/{CI}?view=template"))
    assert "Both sides are the same" in page
    assert 'href="?view=upgrade"' in page
    assert "+permissions: {}" in text(alice_web.get(f"{PAGE}/{CI}?view=upgrade"))
    assert "+permissions: write-all" in text(alice_web.get(f"{PAGE}/{CI}?view=nonsense"))


def test_a_missing_file_has_one_side(alice_web: Client, drifted: Service) -> None:
    page = text(alice_web.get(f"{PAGE}/deployments/docker/Dockerfile"))
    assert "Only the recorded render has this file" in page
    assert "The file in the repository" not in page


def test_a_moved_file_says_where_it_is(alice_web: Client, drifted: Service) -> None:
    page = text(alice_web.get(f"{PAGE}/scripts/coverage.sh"))
    assert "tools/coverage.sh" in page
    assert f'href="/git/default/ledger/file/tools/coverage.sh?ref={drifted.commit}"' in page


def test_everybody_who_is_signed_in_may_read(charlie_web: Client, client: Client, drifted: Service) -> None:
    assert charlie_web.get(f"{PAGE}/{CI}").status_code == 200
    assert client.get(f"{PAGE}/{CI}").headers["Location"].startswith("/sign-in?next=")
    assert charlie_web.post(f"{PAGE}/{CI}").status_code == 405


@pytest.mark.parametrize(
    "path", ["go.mod", "nothing", "../../secret_key", "..%2f..%2fsecret_key", "%2fetc%2fpasswd", "x" * 3000]
)
def test_a_file_that_did_not_depart_is_not_there(alice_web: Client, drifted: Service, path: str) -> None:
    assert alice_web.get(f"{PAGE}/{path}").status_code == 404


def test_a_zero_byte_is_refused(alice_web: Client, people: dict[str, User]) -> None:
    assert alice_web.get(f"{PAGE}/a%00").status_code == 400


@pytest.mark.parametrize(
    ("recorded", "current", "words"),
    [
        (b"\0\1", b"\0\2", "This file is not text."),
        (b"same", b"same", "Both sides are the same."),
        (None, None, "Neither side has this file."),
        (b"<script>alert(1)</script>\n", b"x\n", "-&lt;script&gt;alert(1)&lt;/script&gt;"),
        (b"", b"line\n" * 9000, "longer than what is shown here"),
        (b"\xff\n", b"\xfe\n", "-\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_odd_texts_are_told_in_words(
    alice_web: Client,
    people: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
    recorded: bytes | None,
    current: bytes | None,
    words: str,
) -> None:
    make_service("ledger", files={"odd": "drifted"})
    found = DriftTexts("odd", "drifted", "", recorded, current, recorded)
    monkeypatch.setattr(drift, "texts", lambda *_: found)
    page = text(alice_web.get(f"{PAGE}/odd"))
    assert words in page
    assert not re.search(r"<script(?![^>]* src=)", page)


def test_a_file_that_is_behind_opens_with_what_the_template_changed(
    alice_web: Client, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_service("ledger", files={"go.mod": "behind"})
    found = DriftTexts("go.mod", "behind", "", b"go 1.25\n", b"go 1.25\n", b"go 1.26\n")
    monkeypatch.setattr(drift, "texts", lambda *_: found)
    page = text(alice_web.get(f"{PAGE}/go.mod"))
    assert "+go 1.26" in page
    assert 'href="?view=template" aria-current="page"' in re.sub(r"\s+", " ", page)
