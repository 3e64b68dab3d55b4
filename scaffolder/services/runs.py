"""Starts runs and finds them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, InputError, NotFoundError
from portal.foundation.models import User
from portal.foundation.redaction import redact
from scaffolder.capabilities import settle
from scaffolder.choices import EventType
from scaffolder.engine.doorbell import ring
from scaffolder.models import Run, RunEvent, Step, TemplateVersion
from scaffolder.services.names import Target, name_status, preflight, refusal
from scaffolder.services.templates import find_template

MAX_KEY = 255


def start_run(
    template_ref: str,
    values: Mapping[str, Any],
    actor: Actor,
    *,
    idempotency_key: str | None = None,
    user: User | None = None,
) -> Run:
    """Store a run of the current version of a template as queued, and ring for a worker after the commit.

    `values` are validated against the template, with yes to what the chosen capabilities require, then checked against
    what exists: the name must be free, the owner a group that `actor` may act for, the system known. Raises
    NotFoundError for an unknown template and InputError with one FieldError per refused value.

    With `idempotency_key` the same request of the same actor gives the same run, whatever became of it; the key with
    another request raises ConflictError. A broker that does not answer does not fail the start.
    """
    key = _checked_key(idempotency_key)
    template = find_template(template_ref)
    digest = request_digest(template.ref, values)
    earlier = _earlier(actor, key, digest)
    if earlier is not None:
        return earlier
    answers = settle(template, values)
    target = preflight(answers.values, actor)
    run = _run(template, answers.values, actor, target)
    run.idempotency_key, run.request_digest, run.started_by = key, digest, user
    try:
        _store(run, answers.along.values())
    except IntegrityError:
        return _lost_race(run, actor)
    return run


def seed_run(
    template: TemplateVersion, values: Mapping[str, Any], actor: Actor, *, key: str, created_at: dt.datetime
) -> Run:
    """Store a run of the demo data: of any version of a template, dated back; the same `key` gives the same run.

    Values are checked as `start_run` does. The render's commit carries `created_at`.
    """
    digest = request_digest(template.ref, values)
    earlier = _earlier(actor, key, digest)
    if earlier is not None:
        return earlier
    answers = settle(template, values)
    run = _run(template, answers.values, actor, preflight(answers.values, actor))
    run.idempotency_key, run.request_digest = key, digest
    run.is_seed, run.created_at = True, created_at
    _store(run, answers.along.values())
    return run


def find_run(run_id: uuid.UUID | str, actor: Actor) -> Run:
    """Return a run that `actor` may see, with its template; another one raises NotFoundError, as one that never was."""
    try:
        pk = run_id if isinstance(run_id, uuid.UUID) else uuid.UUID(run_id)
        return Run.objects.visible_to(actor).select_related("template").get(pk=pk)
    except (ValueError, Run.DoesNotExist):
        raise NotFoundError("There is no such run.") from None


def request_digest(template_ref: str, values: Mapping[str, Any]) -> str:
    """Return the digest that tells whether two requests ask for the same."""
    text = json.dumps([template_ref, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def steps_of(template: TemplateVersion) -> list[dict[str, Any]]:
    """Return the manifest's steps; a template without any raises InputError."""
    steps: list[dict[str, Any]] = template.manifest["spec"].get("steps") or []
    if not steps:
        raise InputError(f"The template {template.ref} has no steps: there is nothing to run.")
    return steps


def _run(template: TemplateVersion, answers: dict[str, Any], actor: Actor, target: Target) -> Run:
    steps_of(template)
    return Run(
        template=template,
        values=answers,
        actor_ref=actor.user_ref,
        owner_ref=target.owner_ref,
        target_namespace=target.namespace,
        target_name=target.name,
    )


def _store(run: Run, notes: Iterable[str]) -> None:
    with transaction.atomic():
        run.save(force_insert=True)
        steps = [
            Step(
                run=run,
                position=position,
                key=step["id"],
                name=step.get("name") or step["id"],
                action=step["action"],
                input=step.get("input") or {},
            )
            for position, step in enumerate(steps_of(run.template))
        ]
        Step.objects.bulk_create(steps)
        message = f"{redact(run.actor_ref)} asked for {run.target_name} from {run.template}"
        for line in (message, *notes):
            RunEvent.objects.create(run=run, type=EventType.LOG, body={"message": line, "stepId": steps[0].key})
        ring(run.pk)


def _earlier(actor: Actor, key: str | None, digest: str) -> Run | None:
    if key is None:
        return None
    mine = Run.objects.filter(actor_ref=actor.user_ref, idempotency_key=key)
    run = mine.select_related("template").first()
    if run is not None and run.request_digest != digest:
        raise ConflictError("This Idempotency-Key was used for another request. Use a new key for a new request.")
    return run


def _lost_race(run: Run, actor: Actor) -> Run:
    """Find which constraint another request won: the same key means the same run, the same name a refusal."""
    earlier = _earlier(actor, run.idempotency_key, run.request_digest)
    if earlier is not None:
        return earlier
    status = name_status(run.target_namespace, run.target_name)
    reason = status.reason or f"{run.target_name} was taken a moment ago. Try again or choose another name."
    raise InputError(reason, [refusal("name", reason, run.target_name)])


def _checked_key(key: str | None) -> str | None:
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise InputError(f"An Idempotency-Key has 1 to {MAX_KEY} printable characters.")
    return key
