from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from scaffolder import services
from scaffolder.choices import EventType
from scaffolder.models import Run, RunEvent
from scaffolder.verification import WarmProgress


def text(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def test_the_page_polls_while_the_run_is_active(alice_web: Client, queued: Run) -> None:
    page = text(alice_web.get(f"/runs/{queued.pk}"))
    assert f'hx-get="/runs/{queued.pk}/log?after=' in page
    assert '<meta http-equiv="refresh"' in page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "Cancel the run" in page


def test_the_log_brings_what_is_new_and_ends_with_286(alice_web: Client, queued: Run) -> None:
    first = alice_web.get(f"/runs/{queued.pk}/log?after=0&status=queued")
    assert first.status_code == 200
    assert "asked for ledger" in text(first)
    last = RunEvent.objects.latest("pk").pk
    services.advance(queued.pk)
    then = alice_web.get(f"/runs/{queued.pk}/log?after={last}&status=queued")
    assert then.status_code == 286
    assert "asked for ledger" not in text(then)
    assert "hx-get" not in text(then)
    assert "ledger is ready" in text(then)


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "1;drop table", ""])
def test_a_forged_position_in_the_log_does_no_harm(alice_web: Client, queued: Run, after: str) -> None:
    assert alice_web.get(f"/runs/{queued.pk}/log", {"after": after}).status_code == 200


def test_a_finished_run_shows_what_to_type_next(alice_web: Client, made: Run) -> None:
    page = text(alice_web.get(f"/runs/{made.pk}"))
    assert "/git/default/ledger.git &amp;&amp; cd ledger" in page
    assert 'data-copy="command-1"' in page
    assert 'href="/catalog/component/default/ledger"' in page
    assert 'href="/git/default/ledger/"' in page
    assert 'http-equiv="refresh"' not in page


def test_a_waiting_run_says_that_the_caches_are_warming(
    alice_web: Client, queued: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = WarmProgress("running", "Downloading modules", 1, 4)
    monkeypatch.setattr("portal.web.views.runs.warm_progress", lambda: progress)
    page = text(alice_web.get(f"/runs/{queued.pk}"))
    assert "Downloading modules (1 of 4)" in page


def test_cancel_and_retry(alice_web: Client, queued: Run) -> None:
    cancelled = alice_web.post(f"/runs/{queued.pk}/cancel", follow=True)
    assert "The run was cancelled" in text(cancelled)
    again = alice_web.post(f"/runs/{queued.pk}/retry", follow=True)
    assert "attempt 2" in text(again)


def test_cancelling_what_is_done_says_why_not(alice_web: Client, made: Run) -> None:
    assert "nothing to cancel" in text(alice_web.post(f"/runs/{made.pk}/cancel", follow=True))
    assert "Only a run that failed" in text(alice_web.post(f"/runs/{made.pk}/retry", follow=True))


def test_a_failed_run_tells_its_story(alice_web: Client, queued: Run) -> None:
    queued.steps.filter(position=0).update(status="failed")
    Run.objects.update(status="failed", error={"name": "RenderError", "message": "The template broke."})
    page = text(alice_web.get(f"/runs/{queued.pk}"))
    assert "The template broke." in page
    assert "Render the service" in page
    assert "Try again" in page


def test_another_teams_run_is_not_there(charlie_web: Client, queued: Run) -> None:
    assert charlie_web.get(f"/runs/{queued.pk}").status_code == 404
    assert charlie_web.get(f"/runs/{queued.pk}/log").status_code == 404
    assert charlie_web.post(f"/runs/{queued.pk}/cancel").status_code == 404
    assert charlie_web.post(f"/runs/{queued.pk}/retry").status_code == 404
    assert str(queued.pk) not in text(charlie_web.get("/runs"))
    queued.refresh_from_db()
    assert queued.status == "queued"


def test_the_list_can_be_restricted(alice_web: Client, queued: Run) -> None:
    assert str(queued.pk) in text(alice_web.get("/runs?status=queued"))
    assert str(queued.pk) not in text(alice_web.get("/runs?status=failed"))
    assert str(queued.pk) in text(alice_web.get("/runs?status=nonsense&page=999"))


def test_the_log_shows_markup_and_terminal_codes_as_text(alice_web: Client, queued: Run) -> None:
    body = {"message": "\x1b[31m<img src=x onerror=alert(1)>\x1b[0m", "stepId": "render"}
    RunEvent.objects.create(run=queued, type=EventType.LOG, body=body)
    page = text(alice_web.get(f"/runs/{queued.pk}"))
    assert "&lt;img src=x" in page
    assert "\x1b" not in page


def test_an_endless_log_is_cut_at_its_start(alice_web: Client, queued: Run) -> None:
    RunEvent.objects.bulk_create(
        RunEvent(run=queued, body={"message": f"line {number}", "stepId": "render"}) for number in range(2100)
    )
    page = text(alice_web.get(f"/runs/{queued.pk}"))
    assert "earlier lines are left out" in page
    assert "line 2099" in page
    assert ">line 5<" not in page
