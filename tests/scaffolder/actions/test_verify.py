"""Verification as a step: what it decides, and how it is told to stop. That Go really builds is tested elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from scaffolder import services, verification
from scaffolder.choices import RunStatus, StepStatus
from scaffolder.engine import context
from scaffolder.models import Run
from scaffolder.verification import VerifyReport
from tests.scaffolder.actions.conftest import ALICE, Outside

Verify = Callable[..., VerifyReport]


@pytest.fixture
def verified_by(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[[Verify], None]:
    """Return a function that puts another verification in the place of Go."""
    settings.GOLDPATH_VERIFY = "auto"
    monkeypatch.setattr(verification, "go_toolchain", lambda: "go1.26.6")
    return lambda verify: monkeypatch.setattr(verification, "verify", verify)


def advance(run: Run) -> Run:
    services.advance(run.pk)
    run.refresh_from_db()
    return run


def test_a_render_that_passes_is_published_with_its_log(
    start: Callable[..., Run], verified_by: Callable[[Verify], None], outside: Outside
) -> None:
    def verify(folder: Path, log: Callable[[str], None], *, cancelled: Callable[[], bool]) -> VerifyReport:
        assert (folder / "go.mod").is_file()
        assert outside.repositories == []
        log("ok  \texample.com/payment-ledger\n\x1b[32mPASS\x1b[0m")
        return VerifyReport(passed=True, reason="", seconds=1.0)

    verified_by(verify)
    run = advance(start())
    assert run.status == RunStatus.COMPLETED
    step = run.steps.get(key="verify")
    assert (step.status, step.output) == (StepStatus.COMPLETED, {"toolchain": "go1.26.6"})
    lines = [event.body["message"] for event in run.events.filter(body__stepId="verify")]
    assert lines[1:3] == ["ok  \texample.com/payment-ledger", "\x1b[32mPASS\x1b[0m"]


def test_a_render_that_fails_is_never_published(
    start: Callable[..., Run], verified_by: Callable[[Verify], None], outside: Outside
) -> None:
    verified_by(lambda *_, **__: VerifyReport(passed=False, reason="go test failed", seconds=1.0))
    run = advance(start())
    assert run.status == RunStatus.FAILED
    assert run.error == {
        "name": "VerificationError",
        "message": "What was rendered is not published: go test failed",
    }
    assert outside.is_empty()


def test_where_nothing_can_be_verified_the_run_says_so_and_goes_on(
    start: Callable[..., Run], verified_by: Callable[[Verify], None]
) -> None:
    verified_by(lambda *_, **__: VerifyReport(passed=True, reason="no modules", seconds=1.0, verified=False))
    run = advance(start())
    assert run.status == RunStatus.COMPLETED
    assert run.steps.get(key="verify").status == StepStatus.SKIPPED
    assert run.events.filter(body__message="Skipped: no modules").exists()


def test_a_run_cancelled_while_it_is_verified_stops_and_leaves_nothing(
    start: Callable[..., Run],
    verified_by: Callable[[Verify], None],
    outside: Outside,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(context, "LOOK_SECONDS", 0.0)
    asked: list[bool] = []
    run = start()

    def verify(folder: Path, log: Any, *, cancelled: Callable[[], bool]) -> VerifyReport:
        asked.append(cancelled())
        services.cancel_run(run.pk, ALICE)
        asked.append(cancelled())
        return VerifyReport(passed=False, reason="verification was stopped: it was cancelled.", seconds=1.0)

    verified_by(verify)
    assert advance(run).status == RunStatus.CANCELLED
    assert asked == [False, True]
    assert outside.is_empty()


def test_a_dry_run_says_what_would_be_verified(
    template: Any, values: dict[str, Any], verified_by: Callable[[Verify], None]
) -> None:
    verified_by(lambda *_, **__: pytest.fail("verified in a dry run"))
    done = services.dry_run(template.ref, values, ALICE)
    assert "Would run go build, go vet and go test" in [line["message"] for line in done.log]
