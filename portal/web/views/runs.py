"""Runs: the list, one run while it happens, cancel and retry."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError
from portal.web.logs import log_lines
from portal.web.numbers import whole
from portal.web.paging import address_without_page, page_of
from portal.web.people import PageRequest, signed_in
from scaffolder.choices import RETRYABLE_RUN, EffectState, RunStatus, StepStatus
from scaffolder.models import Run
from scaffolder.services import cancel_run, events_of, find_run, retry_run
from scaffolder.verification import WarmProgress, warm_progress

POLL_ENDED = 286
_OVER = frozenset({StepStatus.COMPLETED, StepStatus.SKIPPED})


@require_GET
@signed_in
def runs(request: PageRequest) -> HttpResponse:
    """List the runs that the person may see, newest first; `status` in the address restricts."""
    found = Run.objects.visible_to(request.actor).select_related("template")
    status = request.GET.get("status", "")
    if status in RunStatus.values:
        found = found.filter(status=status)
    context = {
        "page": page_of(request, found),
        "query": address_without_page(request),
        "statuses": RunStatus.choices,
        "status": status,
    }
    return render(request, "runs/runs.html", context)


@require_GET
@signed_in
def run(request: PageRequest, run_id: uuid.UUID) -> HttpResponse:
    """Show one run: steps, log, what was created, what to do next."""
    found = find_run(run_id, request.actor)
    return render(request, "runs/run.html", {**_state(found, None), "is_changed": True})


@require_GET
@signed_in
def log(request: PageRequest, run_id: uuid.UUID) -> HttpResponse:
    """Return what is new since event `after`, for the page that polls; 286 says that nothing more will come."""
    found = find_run(run_id, request.actor)
    state = _state(found, whole(request.GET.get("after", ""), 0))
    state["is_changed"] = request.GET.get("status") != found.status
    status = 200 if found.is_active else POLL_ENDED
    return render(request, "runs/live.html", state, status=status)


@require_POST
@signed_in
def cancel(request: PageRequest, run_id: uuid.UUID) -> HttpResponse:
    """Cancel a run and show it."""
    return _told(request, run_id, cancel_run)


@require_POST
@signed_in
def retry(request: PageRequest, run_id: uuid.UUID) -> HttpResponse:
    """Queue a run again and show it."""
    return _told(request, run_id, retry_run)


def _told(request: PageRequest, run_id: uuid.UUID, verb: Callable[[uuid.UUID, Actor], Run]) -> HttpResponse:
    """Let the person's verb act on a run and show it; a run that stands against it says why on its page."""
    try:
        verb(run_id, request.actor)
    except ConflictError as refused:
        messages.error(request, refused.message)
    return redirect("web:runs-run", run_id)


def _state(found: Run, after: int | None) -> dict[str, Any]:
    events = [event for event in events_of(found, after=after) if after is None or event.pk > after]
    steps = list(found.steps.all())
    return {
        "run": found,
        "steps": steps,
        "done": sum(step.status in _OVER for step in steps),
        "lines": log_lines(events),
        "last": events[-1].pk if events else after or 0,
        "can_retry": found.status in RETRYABLE_RUN,
        "warming": _warming() if found.is_active else None,
        **({} if found.is_active else _outcome(found)),
    }


def _warming() -> WarmProgress | None:
    """Return how far the caches of the Go toolchain are, while they are being filled: a run may wait for that."""
    progress = warm_progress()
    return progress if progress is not None and progress.state == "running" else None


def _outcome(found: Run) -> dict[str, Any]:
    effects = list(found.effects.all())
    repository = found.repositories.first() if found.status == RunStatus.COMPLETED else None
    return {
        "effects": [effect for effect in effects if effect.state == EffectState.DONE],
        "undone": [effect for effect in effects if effect.state == EffectState.UNDONE],
        "left": [effect for effect in effects if effect.state == EffectState.LEFT],
        "repository": repository,
        "commands": commands(repository.slug, found.values) if repository else [],
        "links": [link for link in found.output.get("links", []) if isinstance(link, dict)],
    }


def commands(slug: str, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what to type next, each with what it is for; `slug` is the repository's namespace/name."""
    name = slug.rpartition("/")[2]
    run = "make db migrate run" if answers.get("postgres") is True else "make run"
    return [
        ("Clone it", f"git clone {settings.GOLDPATH_BASE_URL}/git/{slug}.git && cd {name}"),
        ("Test it", "make test"),
        ("Run it", run),
    ]
