"""Versions of the policy: drafts, and the one that is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from conformance import documents
from conformance.choices import EventKind, PolicyStatus
from conformance.documents import validate
from conformance.models import Policy, Service
from conformance.services import events
from conformance.services.doorbell import ring_for
from conformance.texts import words
from portal.foundation.actors import Actor
from portal.foundation.errors import ConflictError, NotAllowedError, NotFoundError
from portal.foundation.transitions import move

log = structlog.get_logger(__name__)

__all__ = [
    "create_draft",
    "discard",
    "find",
    "may_change",
    "publish",
    "published",
    "require_platform",
    "settle",
    "unsettled",
    "update_draft",
    "validate",
]

MOST_NOTE = 300
_TRIES = 5


def published() -> Policy:
    """Return the policy that holds; without one, the built-in policy becomes version 1."""
    return _published() or _first()


def find(number: int) -> Policy:
    """Return a version by its number; NotFoundError when there is none."""
    found = Policy.objects.filter(number=number).first()
    if found is None:
        raise NotFoundError(f"There is no version {number} of the policy.")
    return found


def may_change(actor: Actor) -> bool:
    """Tell whether the actor may change the policy: platform engineers may."""
    return actor.is_platform


def require_platform(actor: Actor) -> None:
    """Raise NotAllowedError for anybody but platform engineers."""
    if not may_change(actor):
        raise NotAllowedError("Only platform engineers change the policy. Ask one of them, or ask for a waiver.")


def create_draft(actor: Actor, document: Mapping[str, Any], note: str = "") -> Policy:
    """Store a new draft and return it.

    Raises NotAllowedError for anybody but platform engineers, and InputError for a document that cannot be a policy.
    """
    require_platform(actor)
    fields = {**_content(document, note), "author_ref": actor.user_ref}
    published()
    for _ in range(_TRIES):
        number = Policy.objects.aggregate(last=Max("number"))["last"] + 1
        try:
            with transaction.atomic():
                return Policy.objects.create(number=number, **fields)
        except IntegrityError:
            continue
    raise ConflictError("Others are making drafts at this moment. Try again.")


def update_draft(
    actor: Actor, policy: Policy, document: Mapping[str, Any], note: str = "", *, seen: str | None = None
) -> Policy:
    """Replace what a draft says, and return it.

    `seen` is the digest of the document that was edited: another one means that somebody else saved meanwhile, which
    raises ConflictError, as does a version that is no draft any more.
    """
    require_platform(actor)
    content = _content(document, note)
    rows = Policy.objects.filter(pk=policy.pk, status=PolicyStatus.DRAFT)
    rows = rows if seen is None else rows.filter(digest=seen)
    if not rows.update(**content, updated_at=timezone.now()):
        policy = find(policy.number)
        if policy.status == PolicyStatus.DRAFT:
            raise ConflictError("Somebody else saved this draft meanwhile. Open it again: your changes are not in it.")
        raise ConflictError(f"Version {policy.number} is no draft any more: a published version never changes.")
    policy.refresh_from_db()
    return policy


def publish(actor: Actor, policy: Policy, *, over: int | None = None) -> Policy:
    """Make a draft the policy that holds from now on, in place of the one that does, and return it.

    `over` is the number of the version that the caller compared it with: when another one holds by now, or the draft
    was changed or published meanwhile, ConflictError says so. The services are restated by workers, a batch at a time.
    """
    require_platform(actor)
    draft = find(policy.number)
    validate(draft.document)
    current = published()
    if over is not None and over != current.number:
        raise _overtaken(current)
    try:
        with transaction.atomic():
            _replace(actor, draft, current)
    except IntegrityError:
        raise _overtaken(published()) from None
    return find(draft.number)


def discard(actor: Actor, policy: Policy) -> None:
    """Delete a draft; a version that was published stays, with ConflictError."""
    require_platform(actor)
    if not Policy.objects.filter(pk=policy.pk, status=PolicyStatus.DRAFT).delete()[0]:
        raise ConflictError("Only a draft can be discarded, and this is none any more.")


def unsettled() -> QuerySet[Service]:
    """Return the services that still stand as another version of the policy had it."""
    return Service.objects.exclude(snapshot=None).exclude(policy=published().pk)


def settle() -> int:
    """Restate the services that still stand under another version; return how many.

    A worker that dies here leaves the rest to the next, and a service that cannot be restated does not stop the others.
    """
    ids = list(unsettled().order_by("pk").values_list("pk", flat=True))
    return sum(_settle(pk) for pk in ids)


def _settle(service_id: int) -> bool:
    from conformance.services import standing  # which needs this module

    try:
        service = Service.objects.get(pk=service_id)
        standing.restate(service)
    except Service.DoesNotExist:
        return False
    except Exception as error:
        log.error("a service could not be restated", service=service_id, exc_info=error)
        return False
    return True


def _published() -> Policy | None:
    return Policy.objects.filter(status=PolicyStatus.PUBLISHED).first()


def _first() -> Policy:
    document = documents.built_in()
    fields = {"status": PolicyStatus.PUBLISHED, "published_at": timezone.now(), "note": "The built-in policy"}
    try:
        with transaction.atomic():
            return Policy.objects.create(number=1, document=document, digest=documents.digest_of(document), **fields)
    except IntegrityError:
        return Policy.objects.get(status=PolicyStatus.PUBLISHED)


def _content(document: Mapping[str, Any], note: str) -> dict[str, Any]:
    valid = validate(document)
    return {"document": valid, "digest": documents.digest_of(valid), "note": words(note, "note", most=MOST_NOTE)}


def _replace(actor: Actor, draft: Policy, current: Policy) -> None:
    """Let two conditional updates decide: the version that holds must still hold, the draft still be what it was."""
    if not move(Policy.objects.filter(pk=current.pk), expect=[PolicyStatus.PUBLISHED], to=PolicyStatus.RETIRED):
        raise _overtaken(published())
    rows = Policy.objects.filter(pk=draft.pk, digest=draft.digest)
    fields = {"published_at": timezone.now(), "published_by_ref": actor.user_ref}
    if not move(rows, expect=[PolicyStatus.DRAFT], to=PolicyStatus.PUBLISHED, **fields):
        raise ConflictError(f"Version {draft.number} is no draft any more, or was changed a moment ago. Look again.")
    body = {
        "policy": draft.number,
        "replaces": current.number,
        "note": draft.note,
        "author": draft.author_ref,
        "digest": draft.digest,
        "actor": actor.user_ref,
    }
    events.record(EventKind.POLICY_PUBLISHED, actor_ref=actor.user_ref, body=body)
    ring_for("settle_policy")


def _overtaken(current: Policy) -> ConflictError:
    return ConflictError(
        f"Version {current.number} was published meanwhile. Look at what this draft would change now, then publish it."
    )
