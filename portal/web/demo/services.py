"""Makes the demo services by the real engine, and gives them a past: dated-back commits, each scanned as it comes.

Every step looks at what is there already, so that a worker that was killed is followed by one that goes on.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
import uuid
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

import catalog.services as catalog
from conformance.models import Service
from conformance.services import scans
from portal.foundation import home
from portal.foundation.actors import Actor
from portal.foundation.errors import GoldpathError
from portal.foundation.models import User
from portal.web.demo.scenes import Change, Scene, days_ago, older_release, replaced, scenes
from scaffolder import browse, git, library
from scaffolder import services as scaffolder
from scaffolder.choices import RunStatus
from scaffolder.models import Lineage, Repository, Run, TemplateVersion

log = structlog.get_logger(__name__)

TEMPLATE = "template:default/go-blank-service"
NAMESPACE = "default"
PATIENCE_SECONDS = 300.0
STALLED = dt.timedelta(minutes=2)
_OVER: set[str] = set()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the demo services are: commits made and looked at, of all."""

    done: int
    total: int


def progress() -> Progress | None:
    """Return how far the demo is while it is being made; None before it begins, when it is done or when it stalled."""
    place = str(settings.GOLDPATH_HOME)
    found = None if place in _OVER else _progress()
    if found is None or found.done == found.total:
        if found is not None or not is_wanted():
            _OVER.add(place)  # pages ask at every request; from here on without the database
        return None
    begun = Run.objects.filter(is_seed=True).aggregate(at=Max("started_at"))["at"]
    seen = _services().aggregate(at=Max("evaluated_at"))["at"]
    last = max((at for at in (begun, seen) if at), default=None)
    return found if last and timezone.now() - last < STALLED else None


def is_wanted() -> bool:
    """Tell whether there are demo services to make: in an empty home, or where making them was interrupted."""
    if not settings.GOLDPATH_DEMO or not settings.GOLDPATH_DEMO_PEOPLE:
        return False
    found = _progress()
    return found.done < found.total if found else not Run.objects.exists()


def _progress() -> Progress | None:
    """Return how far the demo is; None where it never began."""
    if not settings.GOLDPATH_DEMO or not Run.objects.filter(is_seed=True).exists():
        return None
    rows = _services().annotate(seen=Count("evaluations"))
    seen = dict(rows.values_list("name", "seen"))
    wanted = {scene.name: 1 + len(scene.history) for scene in scenes()}
    return Progress(sum(min(seen.get(name, 0), number) for name, number in wanted.items()), sum(wanted.values()))


def _services() -> QuerySet[Service]:
    return Service.objects.filter(namespace=NAMESPACE, name__in=[scene.name for scene in scenes()])


def make() -> None:
    """Make what is missing of the demo services. One that fails is logged, and the others are made."""
    if not is_wanted():
        return
    older = _register_older()
    today = scaffolder.find_template(TEMPLATE)
    for scene in scenes():
        try:
            _make(scene, older if scene.is_older else today)
        except (GoldpathError, ValueError) as error:
            log.warning("a demo service could not be made", service=scene.name, reason=str(error))


def _make(scene: Scene, template: TemplateVersion) -> None:
    created_at = days_ago(scene.days_ago)
    run = scaffolder.seed_run(template, scene.values, _actor(scene.by), key=f"demo-{scene.name}", created_at=created_at)
    if not _finished(run):
        return
    repository = Repository.objects.get(forge="local", namespace=NAMESPACE, name=scene.name)
    service = scans.service_of(repository)
    if service is None:
        return
    _scan(service)
    made = {info.subject for info in browse.commits(repository).commits}
    for change in scene.history:
        if change.message not in made:
            _commit(repository, scene, change)
        _scan(service)
    _give_waivers(scene, scans.scan(service.pk))


def _scan(service: Service) -> None:
    """Scan the service, or wait for whoever does, until its newest commit was looked at: each is a point of history."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while scans.scan(service.pk).commit != scans.head_of(service.repository) and time.monotonic() < deadline:
        time.sleep(0.1)


def _finished(run: Run) -> bool:
    """Work on the run, or wait for the worker that does; return whether it completed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        scaffolder.advance(run.pk)
        run.refresh_from_db()
        if not run.is_active or time.monotonic() > deadline:
            return run.status == RunStatus.COMPLETED
        time.sleep(0.2)


def _commit(repository: Repository, scene: Scene, change: Change) -> None:
    lineage = Lineage.objects.get(repository=repository)
    edits = _edits(repository, lineage.render_commit, change)
    when = days_ago(change.days_ago)
    folder = browse.folder_of(repository)
    commit = git.commit_edits(
        folder,
        edits,
        branch=repository.default_branch,
        message=change.message,
        author=_person(scene.by),
        when=when,
    )
    Repository.objects.filter(pk=repository.pk).update(head_commit=commit.id, pushed_at=when)
    scaffolder.refresh_from_repository(repository.pk)


def _edits(repository: Repository, render: str, change: Change) -> git.Edits:
    written: dict[str, bytes] = {}
    removed, moved = [], {}
    for edit in change.edits:
        path = edit["path"]
        if "move" in edit:
            moved[path] = edit["move"]
        elif edit.get("remove"):
            removed.append(path)
        elif edit.get("restore"):
            written[path] = browse.blob(repository, render, path).content
        elif "write" in edit:
            written[path] = edit["write"].encode()
        else:
            before = written.get(path) or browse.blob(repository, "", path).content
            written[path] = replaced(before.decode(), edit).encode()
    return git.Edits(written, tuple(removed), moved)


def _give_waivers(scene: Scene, service: Service) -> None:
    from conformance.models import Waiver
    from conformance.services import waivers

    for told in scene.waivers:
        if Waiver.objects.filter(service=service, check_id=told["check"]).exists():
            continue
        expires_at = timezone.now() + dt.timedelta(days=int(told["days"]))
        asked = waivers.request(_actor(told["by"]), service, told["check"], "", told["reason"], expires_at)
        if told.get("approve"):
            waivers.approve(Actor("user:default/admin", is_platform=True), asked, "Fine until the next release.")


def _register_older() -> TemplateVersion:
    """Register the older release of the library, once, as it would stand there had it been current in its time."""
    folder = home.folder("cache") / f"demo-{uuid.uuid4().hex}"
    try:
        root, days = older_release(folder)
        loaded = library.load(root)
        library.keep(loaded)
        manifest = dict(loaded.templates[TEMPLATE].manifest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    row, is_new = TemplateVersion.objects.get_or_create(
        ref=TEMPLATE,
        version=loaded.version,
        digest=loaded.digest,
        defaults={"library": loaded.name, "manifest": manifest, "is_current": False},
    )
    if is_new:
        TemplateVersion.objects.filter(pk=row.pk).update(registered_at=days_ago(days))
    return row


def _actor(name: str) -> Actor:
    user = User.objects.filter(username=name).first()
    return catalog.actor_for(user) if user else Actor(f"user:default/{name}", is_platform=name == "admin")


def _person(name: str) -> git.Person:
    user = User.objects.filter(username=name).first()
    full = user.get_full_name() if user else ""
    return git.Person(full or name, (user.email if user else "") or f"{name}@goldpath.example")
