"""Scans: who asks for one, who does it, and how its result is stored once."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Prefetch, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from catalog.choices import Kind
from catalog.models import Entity
from conformance.models import DriftedFile, Service, Snapshot
from conformance.models.service import DRIFT_COLUMNS, columns_of
from conformance.scanning import examiner, facts
from conformance.scanning.expectations import newest_template, versions_behind
from conformance.scanning.snapshots import Surroundings, Taken, take
from conformance.services import standing
from conformance.services.doorbell import ring
from portal.foundation.leases import LeaseLostError
from scaffolder.models import Lineage, Repository, TemplateVersion

log = structlog.get_logger(__name__)

LEASE_SECONDS = 60.0
BEAT_SECONDS = 10.0
KEPT_SNAPSHOTS = 30
BATCH = 200
REAPED = 100


def service_of(repository: Repository) -> Service | None:
    """Return the service in a repository, known from now on; None when no template made it."""
    lineage = Lineage.objects.filter(repository=repository).select_related("template").first()
    if lineage is None:
        return None
    found = Service.objects.filter(repository=repository).first()
    if found is None:
        Service.objects.bulk_create([_new(lineage, repository)], ignore_conflicts=True)
        found = Service.objects.get(repository=repository)
    return found


def request_scan(service: Service) -> None:
    """Ask for a scan: the wish is a row, the message after the commit only rings."""
    Service.objects.filter(pk=service.pk).update(scan_requested_at=timezone.now())
    ring(service.pk)


def scan(service_id: int) -> Service:
    """Scan a service now and return it as it stands then.

    Somebody else's scan of it is not disturbed: then this one does nothing, and the wish stays. What a scan sees that
    the last one saw too (commit, checker, template, catalog entry) is not evaluated again. Whatever is wrong with the
    repository becomes a finding.
    """
    holder = uuid.uuid4()
    began = timezone.now()
    free = Service.objects.filter(Service.free(), pk=service_id)
    if not free.update(**Service.grant(holder, LEASE_SECONDS)):
        return Service.objects.get(pk=service_id)
    service = Service.objects.select_related("repository").get(pk=service_id)
    try:
        _scan(service, holder)
        Service.objects.filter(pk=service_id, lease_holder=holder).update(scanned_request=began)
    except LeaseLostError:
        log.info("another scan took over", service=service.entity_ref)
    finally:
        Service.objects.filter(pk=service_id, lease_holder=holder).update(lease_holder=None, lease_expires_at=None)
    if Service.objects.wanting_scan().filter(pk=service_id).exists():
        ring(service_id)
    return Service.objects.get(pk=service_id)


def reap() -> int:
    """Ring for services that want a scan and that nobody scans; return for how many."""
    wanting = Service.objects.wanting_scan().order_by("scan_requested_at").values_list("pk", flat=True)[:REAPED]
    return sum(ring(pk) for pk in wanting)


def sweep() -> dict[str, int]:
    """Ask for scans of all services that changed unseen, and forget what nobody needs; return how many of each."""
    for lineage in Lineage.objects.filter(repository__service=None).select_related("repository").iterator():
        service_of(lineage.repository)
    changed = 0
    for batch in _in_batches(Service.objects.select_related("repository").order_by("pk")):
        changed += _request_changed(batch)
    return {
        "changed": changed,
        "snapshots": _trim_snapshots(),
        "facts": facts.forget(),
        "folders": examiner.sweep(),
    }


def changed_services(services: Sequence[Service]) -> list[Service]:
    """Return those whose commit, catalog entry, template or checker is not what their last scan saw: few queries."""
    known = surroundings(services)
    heads = {service.pk: head_of(service.repository) for service in services}
    return [
        service
        for service in services
        if service.pk in known
        and known[service.pk][1].origin(known[service.pk][0], heads[service.pk]) != service.scan_key
    ]


def head_of(repository: Repository) -> str:
    """Return the commit of the default branch as the repository has it; empty when there is none."""
    from portal.foundation.errors import GoldpathError
    from scaffolder import browse, git

    try:
        return git.head(browse.folder_of(repository), f"refs/heads/{repository.default_branch}")
    except GoldpathError:
        return ""


def surroundings(services: Sequence[Service]) -> dict[int, tuple[Lineage, Surroundings]]:
    """Return lineage and surroundings by service, in a number of queries that does not grow with them."""
    rows = Lineage.objects.filter(repository__in=[service.repository_id for service in services])
    # A lock and a template's manifest weigh more than all else together, and who did not change needs neither.
    templates = Prefetch("template", TemplateVersion.objects.defer("manifest"))
    lineages = {row.repository_id: row for row in rows.defer("lock", "answers").prefetch_related(templates)}
    entities = {row.ref: row for row in Entity.objects.filter(ref__in=[service.entity_ref for service in services])}
    teams = tuple(sorted(Entity.objects.of_kind(Kind.GROUP).values_list("ref", flat=True)))
    newest: dict[str, Any] = {}
    behind: dict[int, int] = {}
    found = {}
    for service in services:
        lineage = lineages.get(service.repository_id)
        if lineage is None:
            continue
        ref = lineage.template.ref
        if ref not in newest:
            newest[ref] = newest_template(lineage)
        if lineage.template_id not in behind:
            behind[lineage.template_id] = versions_behind(lineage, newest[ref])
        found[service.pk] = (
            lineage,
            Surroundings(
                entity=_entity_facts(entities.get(service.entity_ref)),
                teams=teams,
                forge=_forge_facts(service.repository),
                newest=newest[ref],
                versions_behind=behind[lineage.template_id],
            ),
        )
    return found


def _scan(service: Service, holder: uuid.UUID) -> None:
    found = surroundings([service]).get(service.pk)
    if found is not None and _has_changed(service, *found):
        _store(service, holder, *found, take(service, *found, _beat(service, holder)))


def _beat(service: Service, holder: uuid.UUID) -> Callable[[], None]:
    """Return what keeps the lease while the scan goes on: called often, it asks the database now and then.

    It raises LeaseLostError when somebody else has the service. No single piece of work takes as long as the lease.
    """
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last < BEAT_SECONDS:
            return
        last = time.monotonic()
        expires = timezone.now() + dt.timedelta(seconds=LEASE_SECONDS)
        if not Service.objects.filter(pk=service.pk, lease_holder=holder).update(lease_expires_at=expires):
            raise LeaseLostError(service.entity_ref)

    return beat


def _has_changed(service: Service, lineage: Lineage, known: Surroundings) -> bool:
    return known.origin(lineage, head_of(service.repository)) != service.scan_key


def _store(service: Service, holder: uuid.UUID, lineage: Lineage, known: Surroundings, taken: Taken) -> None:
    """Write everything in one transaction, unless the lease is lost: then the other scan's result stands."""
    now = timezone.now()
    committed_at = min(taken.head.committed_at, now) if taken.head else now
    with transaction.atomic():
        held = Service.objects.filter(pk=service.pk, lease_holder=holder)
        if not held.update(evaluated_at=now):
            raise LeaseLostError
        snapshot, _ = Snapshot.objects.get_or_create(
            service=service,
            origin=taken.origin,
            defaults={
                "commit": taken.head.id if taken.head else "",
                "tree": taken.head.tree if taken.head else "",
                "committed_at": committed_at,
                "taken_at": now,
                "checker_version": _checker_version(),
                "newest_version": taken.newest_version,
                "file_count": taken.file_count,
                "drift": dict(taken.comparison.counts),
                "files": [_file_json(state) for state in taken.comparison.states],
                "results": dict(taken.results),
            },
        )
        held.update(**_columns(lineage, known, taken, snapshot))
        _write_drift(service, taken)
        service.refresh_from_db()
        standing.restate(service, at=committed_at)


def _columns(lineage: Lineage, known: Surroundings, taken: Taken, snapshot: Snapshot) -> dict[str, Any]:
    return {
        **_copied(known.entity),
        "template_ref": lineage.template.ref,
        "template_version": lineage.template.version,
        "versions_behind": known.versions_behind,
        "commit": snapshot.commit,
        "committed_at": snapshot.committed_at if taken.head else None,
        "snapshot": snapshot,
        "problem": taken.problem,
        "scan_key": taken.origin if taken.head else "",
        **columns_of(dict(taken.comparison.counts), DRIFT_COLUMNS),
    }


def _write_drift(service: Service, taken: Taken) -> None:
    DriftedFile.objects.filter(service=service).delete()
    DriftedFile.objects.bulk_create(
        [
            DriftedFile(
                service=service,
                path=state.path[:1024],
                drift=state.drift.value,
                is_guard=state.is_guard,
                renamed_to=state.renamed_to[:1024],
                recorded_blob=state.recorded,
                current_blob=state.current,
                newest_blob=state.newest,
            )
            for state in taken.comparison.states
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def _file_json(state: Any) -> dict[str, Any]:
    return {
        "path": state.path,
        "drift": state.drift.value,
        "guard": state.is_guard,
        "renamedTo": state.renamed_to,
        "recorded": state.recorded,
        "current": state.current,
        "newest": state.newest,
    }


def _request_changed(batch: Sequence[Service]) -> int:
    changed = [service.pk for service in changed_services(batch)]
    Service.objects.filter(pk__in=changed).update(scan_requested_at=timezone.now())
    for pk in changed:
        ring(pk)
    return len(changed)


def _trim_snapshots() -> int:
    """Remove the oldest snapshots of services that have many; evaluations, the history, stay."""
    number = Window(RowNumber(), partition_by=F("service"), order_by=[F("committed_at").desc(), F("pk").desc()])
    old = Snapshot.objects.annotate(number=number).filter(number__gt=KEPT_SNAPSHOTS)
    ids = list(old.values_list("pk", flat=True)[:5000])
    current = set(Service.objects.filter(snapshot__in=ids).values_list("snapshot", flat=True))
    gone = [pk for pk in ids if pk not in current]
    for start in range(0, len(gone), BATCH):
        Snapshot.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    return len(gone)


def _new(lineage: Lineage, repository: Repository) -> Service:
    entity = Entity.objects.filter(ref=lineage.entity_ref).first()
    return Service(
        entity_ref=lineage.entity_ref,
        repository=repository,
        namespace=repository.namespace,
        name=repository.name,
        template_ref=lineage.template.ref,
        template_version=lineage.template.version,
        **_copied(_entity_facts(entity)),
    )


def _entity_facts(entity: Entity | None) -> dict[str, Any]:
    if entity is None:
        return {}
    return {
        "ref": entity.ref,
        "title": entity.title,
        "owner": entity.owner_ref,
        "system": entity.system_ref,
        "type": entity.type,
        "lifecycle": entity.lifecycle,
        "tags": [str(tag) for tag in entity.metadata.get("tags", [])],
    }


def _copied(entity: Any) -> dict[str, Any]:
    return {
        "title": entity.get("title", "")[:200],
        "owner_ref": entity.get("owner", ""),
        "system_ref": entity.get("system", ""),
        "type": entity.get("type", ""),
        "lifecycle": entity.get("lifecycle", ""),
        "tags": entity.get("tags", []),
    }


def _forge_facts(repository: Repository) -> dict[str, Any]:
    return {"isProtected": repository.is_protected, "defaultBranch": repository.default_branch, "requiredChecks": []}


def _checker_version() -> str:
    from conformance import checks

    return checks.version()


def _in_batches(rows: Iterable[Service]) -> Iterator[list[Service]]:
    batch: list[Service] = []
    for row in rows.iterator(chunk_size=BATCH) if hasattr(rows, "iterator") else rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
