"""Runs, templates and refusals in Backstage's exact shapes."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from portal.foundation.api.times import wire_time
from portal.foundation.errors import FieldError
from scaffolder.actions.base import Action
from scaffolder.choices import RunStatus
from scaffolder.models import Run, RunEvent, TemplateVersion
from scaffolder.services import DryRun

API_VERSION = "scaffolder.backstage.io/v1beta3"
SHOWN_CHARS = 200
STATUSES = {
    "open": (),
    "processing": (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.CANCELLING),
    "completed": (RunStatus.COMPLETED,),
    "failed": (RunStatus.FAILED,),
    "cancelled": (RunStatus.CANCELLED,),
    "skipped": (),
}
_WIRE = {status: word for word, statuses in STATUSES.items() for status in statuses}

Wire = dict[str, Any]


def task(run: Run) -> Wire:
    """Return a SerializedTask. A queued run is `processing`: Backstage's page shows `open` as an error."""
    shown: Wire = {
        "id": str(run.pk),
        "spec": _spec(run),
        "status": _WIRE[RunStatus(run.status)],
        "createdAt": wire_time(run.created_at),
        "createdBy": run.actor_ref,
    }
    if run.lease_expires_at is not None:
        seen = run.lease_expires_at - dt.timedelta(seconds=settings.GOLDPATH_LEASE_SECONDS)
        shown["lastHeartbeatAt"] = wire_time(seen)
    return shown


def is_recoverable(run: Run) -> bool:
    """Tell whether Backstage's page should offer to start over.

    That is "startOver" for every run that did not complete: without it the page shows no retry button. Its price is
    that a client of the event stream then does not take `completion` for the end; the long poll does. A completed run
    says "none", because retrying it is refused here.
    """
    return run.status != RunStatus.COMPLETED


def event(row: RunEvent, run: Run) -> Wire:
    """Return one event of a run."""
    return {
        "id": row.pk,
        "taskId": str(run.pk),
        "type": row.type,
        "isTaskRecoverable": is_recoverable(run),
        "createdAt": wire_time(row.created_at),
        "body": row.body,
    }


def parameter_schema(template: TemplateVersion) -> Wire:
    """Return what Backstage's form is made from."""
    metadata, spec = template.manifest["metadata"], template.manifest["spec"]
    optional = {
        "description": metadata.get("description"),
        "presentation": spec.get("presentation"),
        "ui:options": metadata.get("ui:options"),
        "formDecorators": spec.get("formDecorators"),
    }
    steps = [_page(page) for page in template.pages]
    return {"title": template.title, **{key: value for key, value in optional.items() if value}, "steps": steps}


def action(found: Action) -> Wire:
    """Return an action with its schemas."""
    schema = {"input": found.input_schema, "output": found.output_schema}
    return {"id": found.id, "description": found.description, "examples": [], "schema": schema}


def dry_run(done: DryRun) -> Wire:
    """Return a dry run with the content of all files."""
    return {
        "log": [{"body": dict(body)} for body in done.log],
        "output": dict(done.output),
        "steps": [
            {"id": step.id, "name": step.name, "action": step.action, "input": dict(step.input)} for step in done.steps
        ],
        "directoryContents": [
            {
                "path": file.path,
                "executable": file.executable,
                "base64Content": base64.b64encode(done.preview.read(file.path)).decode(),
            }
            for file in done.preview.files
        ],
    }


def refusals(errors: Iterable[FieldError]) -> Wire:
    """Return refused values as the `jsonschema` package of npm reports them."""
    return {"errors": [_refusal(error) for error in errors]}


def _spec(run: Run) -> Wire:
    manifest = run.template.manifest
    metadata = {**manifest["metadata"], "namespace": manifest["metadata"].get("namespace", "default")}
    strategy = "startOver" if is_recoverable(run) else "none"
    return {
        "apiVersion": API_VERSION,
        "steps": [_step(step) for step in manifest["spec"]["steps"]],
        "output": manifest["spec"].get("output") or {},
        "parameters": run.values,
        "user": {"ref": run.actor_ref},
        "templateInfo": {"entityRef": run.template.ref, "entity": {"metadata": metadata}},
        "EXPERIMENTAL_recovery": {"EXPERIMENTAL_strategy": strategy},
    }


def _step(step: Mapping[str, Any]) -> Wire:
    shown = {"id": step["id"], "name": step.get("name") or step["id"], "action": step["action"]}
    return {**shown, **{key: step[key] for key in ("input", "if") if key in step}}


def _page(page: Mapping[str, Any]) -> Wire:
    shown: Wire = {"title": page.get("title") or "Please enter the following information"}
    if page.get("description"):
        shown["description"] = page["description"]
    return {**shown, "schema": page}


def _refusal(error: FieldError) -> Wire:
    path, argument, message = list(error.path), error.argument, error.message
    if error.keyword == "required" and path:
        argument = path.pop()
        message = f'requires property "{argument}"'
    where = "instance" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return {
        "path": path,
        "property": where,
        "message": message,
        "schema": error.schema,
        "instance": _shortened(error.instance),
        "name": error.keyword,
        "argument": argument,
        "stack": f"{where} {message}",
    }


def _shortened(instance: Any) -> Any:
    """Return a refused value, unless it is so long that sending it back helps nobody."""
    if isinstance(instance, str):
        return instance if len(instance) <= SHOWN_CHARS else instance[:SHOWN_CHARS] + "…"
    return instance if isinstance(instance, bool | int | float) else None
