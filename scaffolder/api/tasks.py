"""Runs over REST, as Backstage's tasks."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.foundation.auth import account_of
from portal.foundation.errors import InputError
from scaffolder import services
from scaffolder.api import wire
from scaffolder.api.polling import hold
from scaffolder.api.requests import actor_of, after_of, body_of, page_of, secrets_of, text_of, values_of
from scaffolder.models import Run, RunEvent


class Tasks(APIView):
    """GET tasks: the runs that the caller may see. POST tasks: starts one."""

    @property
    def throttle_scope(self) -> str:
        """The throttle that counts this request."""
        return "create" if self.request.method == "POST" else "read"

    def get(self, request: Request) -> Response:
        """Return a page of runs, newest first unless ordered otherwise."""
        # Prefetched, not joined: many runs share a template, whose manifest is then read and parsed once.
        visible = Run.objects.visible_to(actor_of(request)).prefetch_related("template")
        page, total = page_of(request, visible)
        return Response({"tasks": [wire.task(run) for run in page], "totalTasks": total})

    def post(self, request: Request) -> Response:
        """Start a run; with an Idempotency-Key, at most once."""
        body = body_of(request)
        try:
            run = services.start_run(
                text_of(body, "templateRef"),
                values_of(body),
                actor_of(request),
                idempotency_key=request.headers.get("Idempotency-Key"),
                user=account_of(request),
            )
        except InputError as error:
            if error.fields:
                return Response(wire.refusals(error.fields), status=400)
            raise
        return Response({"id": str(run.pk)}, status=201)


class Task(APIView):
    """GET tasks/<id>: one run."""

    throttle_scope = "read"

    def get(self, request: Request, task_id: str) -> Response:
        """Return the run."""
        return Response(wire.task(services.find_run(task_id, actor_of(request))))


class Events(APIView):
    """GET tasks/<id>/events: the events after an id, as a long poll."""

    throttle_scope = "read"

    def get(self, request: Request, task_id: str) -> Response:
        """Return events as soon as there are any, or `[]` after the hold."""
        run, after = services.find_run(task_id, actor_of(request)), after_of(request)

        def look() -> list[RunEvent]:
            return services.events_of(run, after=after)

        found = hold(look)
        run.refresh_from_db(fields=["status"])
        return Response([wire.event(row, run) for row in found])


class Cancel(APIView):
    """POST tasks/<id>/cancel: stops a run and has it undo what it made."""

    throttle_scope = "create"

    def post(self, request: Request, task_id: str) -> Response:
        """Cancel the run."""
        services.cancel_run(task_id, actor_of(request))
        return Response({"status": "cancelled"})


class Retry(APIView):
    """POST tasks/<id>/retry: starts a failed or cancelled run over, under the same id."""

    throttle_scope = "create"

    def post(self, request: Request, task_id: str) -> Response:
        """Queue the run again."""
        secrets_of(body_of(request))
        return Response({"id": str(services.retry_run(task_id, actor_of(request)).pk)}, status=201)
