"""The rows of a large fleet, made in bulk."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from conformance.choices import WAIVED, WaiverStatus
from conformance.examining.terms import LEVELS, Level, Outcome
from conformance.grading import Cover, Grade, Traits, evidence_digest, grade, levels_for
from conformance.models import DriftedFile, Evaluation, Policy, Service, Snapshot, Verdict, Waiver
from scaffolder.models import Lineage, Repository, TemplateVersion
from tests.conformance.fleet import (
    BLANK,
    OLD_VERSIONS,
    ORDER,
    check_levels,
    fill_in,
    published_policy,
    result,
    template_version,
)

BATCH = 500
TEAMS = (
    "payments", "identity", "platform", "search", "catalogue", "shipping", "pricing", "messaging", "returns",
    "analytics", "storefront", "partners",
)  # fmt: skip
SYSTEMS = {"payments": "checkout", "identity": "accounts", "pricing": "checkout", "returns": "fulfilment",
           "shipping": "fulfilment", "search": "discovery", "catalogue": "discovery"}  # fmt: skip
SUBJECTS = (
    "ledger", "basket", "refund", "invoice", "session", "profile", "consent", "label", "parcel", "price", "voucher",
    "index", "feed", "mailer", "report", "tracker", "stock", "order", "review", "wishlist",
)  # fmt: skip
ROLES = ("api", "service", "worker", "gateway", "importer")
PLATFORM_FILES = (
    ".github/workflows/ci.yaml", ".github/workflows/release.yaml", ".golangci.yaml", "Makefile",
    "deployments/docker/Dockerfile", "deployments/k8s/base/deployment.yaml", "pkg/httpserver/server.go",
    "pkg/logging/logging.go", "scripts/coverage.sh", "deployments/k8s/base/networkpolicy.yaml",
)  # fmt: skip
GUARDS = frozenset(PLATFORM_FILES[:3] + PLATFORM_FILES[4:6])
FATES = ((Level.GOLD, 34), (Level.SILVER, 27), (Level.BRONZE, 22), (Level.NONE, 12))
UNSCANNED, BROKEN, ASKED = 11, 17, 5
MESSAGES = {
    Outcome.PASS.value: "Found as the path asks for it.",
    Outcome.FAIL.value: "The file no longer says what the path asks for.",
    Outcome.ERROR.value: "tool missing: hadolint is not installed",
    Outcome.NOT_APPLICABLE.value: "There is nothing here that this check looks at.",
}


@dataclass(slots=True)
class Made:
    """The rows of one batch, in the order in which they are written."""

    repositories: list[Repository] = field(default_factory=list)
    lineages: list[Lineage] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    waivers: list[Waiver] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    files: list[DriftedFile] = field(default_factory=list)


class Maker:
    """Makes services after one seed, so that every fleet of a size is the same."""

    def __init__(self) -> None:
        self.random = random.Random(20260)
        self.now = timezone.now()
        self.policy: Policy = published_policy()
        self.levels = check_levels()
        self.by_level = {level: [c for c, at in self.levels.items() if at is level] for level in LEVELS}
        self.versions = {
            ref: [*(template_version(ref, old) for old in OLD_VERSIONS), template_version(ref)]
            for ref in (BLANK, ORDER)
        }

    def add(self, made: Made, number: int) -> None:
        """Add one service and all that belongs to it."""
        service = self._service(made, number)
        if number % 40 == UNSCANNED:
            return
        if number % 50 == BROKEN:
            service.problem = "The repository cannot be read: its default branch is gone."
        if number % 60 == ASKED:
            service.scan_requested_at = self.now
        (level,) = self.random.choices([level for level, _ in FATES], [weight for _, weight in FATES])
        self._judge(made, service, level)

    def _service(self, made: Made, number: int) -> Service:
        team = TEAMS[min(int(self.random.expovariate(0.28)), len(TEAMS) - 1)]
        name = f"{SUBJECTS[number % 20]}-{ROLES[number // 20 % 5]}" + (f"-{number // 100}" if number >= 100 else "")
        template = self._template()
        owner = f"group:default/{team}"
        repository = Repository(namespace="default", name=name, owner_ref=owner, head_commit=digest(name)[:40])
        ref = f"component:default/{name}"
        service = Service(
            entity_ref=ref,
            repository=repository,
            namespace="default",
            name=name,
            title=name.replace("-", " ").capitalize(),
            owner_ref=owner,
            system_ref=f"system:default/{SYSTEMS[team]}" if team in SYSTEMS else "",
            type="service" if number % 7 else "worker",
            lifecycle=self.random.choices(["production", "experimental", "deprecated"], [7, 3, 1])[0],
            tags=["go", "rest"],
            template_ref=template.ref,
            template_version=template.version,
            versions_behind=3 - [each.pk for each in self.versions[template.ref]].index(template.pk),
            created_at=self.now - dt.timedelta(days=self.random.randint(20, 400)),
        )
        made.repositories.append(repository)
        made.lineages.append(self._lineage(repository, ref, template))
        made.services.append(service)
        return service

    def _template(self) -> TemplateVersion:
        ref = self.random.choices([BLANK, ORDER], [3, 1])[0]
        return self.random.choices(self.versions[ref], [1, 2, 3, 6])[0]

    def _lineage(self, repository: Repository, ref: str, template: TemplateVersion) -> Lineage:
        commit, tree = digest(f"{ref} render")[:40], digest(f"{ref} tree")[:40]
        return Lineage(entity_ref=ref, repository=repository, template=template, render_commit=commit, render_tree=tree)

    def _judge(self, made: Made, service: Service, level: Level) -> None:
        files = self._files(service, level)
        snapshot = self._snapshot(service, level, files)
        covers = self._covers(made, service, snapshot)
        traits = Traits(service.type, service.lifecycle, frozenset(service.tags), service.template_ref)
        worth = grade(snapshot.results, levels_for(self.policy.document, traits), covers=covers)
        fill_in(service, snapshot, self.policy, worth)
        made.snapshots.append(snapshot)
        made.files.extend(self._drifted(service, files))
        made.verdicts.extend(self._verdicts(service, snapshot, worth))
        self._history(made, service, snapshot, worth)

    def _files(self, service: Service, level: Level) -> dict[str, str]:
        """Return the departed files: the fewer, the better the service is."""
        most = {Level.GOLD: 1, Level.SILVER: 2, Level.BRONZE: 4, Level.NONE: 7}[level]
        paths = self.random.sample(PLATFORM_FILES, self.random.randint(0, most))
        return {path: self._drift(path, service, level) for path in paths}

    def _drift(self, path: str, service: Service, level: Level) -> str:
        is_behind = service.versions_behind > 0
        if path in GUARDS and level in {Level.NONE, Level.BRONZE} and self.random.random() < 0.4:
            return "weakened"
        kinds = ["behind", "forked", "drifted", "missing"]
        return self.random.choices(kinds, [6, 2, 3, 1] if is_behind else [0, 0, 4, 1])[0]

    def _snapshot(self, service: Service, level: Level, files: dict[str, str]) -> Snapshot:
        at = self.now - dt.timedelta(minutes=self.random.randint(5, 60 * 24 * 30))
        return Snapshot(
            service=service,
            commit=service.repository.head_commit,
            tree=digest(f"{service.name} head tree")[:40],
            committed_at=at,
            taken_at=at + dt.timedelta(seconds=2),
            checker_version="suite",
            newest_version=self.versions[service.template_ref][-1].version,
            origin=digest(f"{service.entity_ref} origin"),
            file_count=150,
            drift={"in-sync": 60 - len(files), "team-owned": 80, "added": 10, **Counter(files.values())},
            files=[
                {"path": path, "drift": kind, "guard": kind == "weakened", "renamedTo": ""}
                for path, kind in files.items()
            ],
            results=self._results(level),
        )

    def _results(self, level: Level) -> dict[str, dict[str, Any]]:
        """Return results that reach `level` and no more; some above it fail too, a few say nothing."""
        results = {check: result(Outcome.PASS, MESSAGES["pass"]) for check in self.levels}
        for check in self.random.sample(list(self.levels), 4):
            results[check] = result(Outcome.NOT_APPLICABLE, MESSAGES["not-applicable"])
        above = [each for each in LEVELS if each.rank > level.rank]
        for each in above:
            for check in self._unlucky(each):
                paths = self.random.sample(PLATFORM_FILES, self.random.randint(1, 2))
                results[check] = result(Outcome.FAIL, MESSAGES["fail"], *paths)
        if above and self.random.random() < 0.08:
            results[self.random.choice(self.by_level[above[-1]])] = result(Outcome.ERROR, MESSAGES["error"])
        return results

    def _unlucky(self, level: Level) -> set[str]:
        """Return checks of a level that fail, the first of it far more often than the last."""
        known = self.by_level[level]
        weights = [1 / (1 + place) for place in range(len(known))]
        return set(self.random.choices(known, weights, k=self.random.randint(1, 4)))

    def _covers(self, made: Made, service: Service, snapshot: Snapshot) -> dict[str, list[Cover]]:
        failing = [check for check, each in snapshot.results.items() if each["verdict"] == Outcome.FAIL]
        if not failing or self.random.random() > 0.12:
            return {}
        check = self.random.choice(failing)
        waiver = Waiver(
            service=service,
            check_id=check,
            reason="Replaced by the new gateway next quarter.",
            status=WaiverStatus.APPROVED,
            requester_ref="user:default/alice",
            approver_ref="user:default/admin",
            evidence_digest=evidence_digest(check, snapshot.results[check]),
            expires_at=self.now + dt.timedelta(days=self.random.randint(2, 60)),
            decided_at=self.now,
        )
        made.waivers.append(waiver)
        return {check: [Cover(0, "", waiver.evidence_digest)]}

    def _drifted(self, service: Service, files: dict[str, str]) -> Iterator[DriftedFile]:
        for path, kind in files.items():
            moved = "cmd/" + path.rpartition("/")[2] if self.random.random() < 0.05 else ""
            guard = path in GUARDS
            yield DriftedFile(service=service, path=path, drift=kind, is_guard=guard, renamed_to=moved)

    def _verdicts(self, service: Service, snapshot: Snapshot, worth: Grade) -> Iterator[Verdict]:
        for check, each in worth.standings.items():
            yield Verdict(
                service=service,
                snapshot=snapshot,
                policy=self.policy,
                check_id=check,
                level=each.level.value,
                standing=each.standing,
                message=snapshot.results[check]["message"],
                evidence=snapshot.results[check]["evidence"],
                since=snapshot.committed_at - dt.timedelta(days=self.random.randint(0, 40)),
            )

    def _history(self, made: Made, service: Service, snapshot: Snapshot, worth: Grade) -> None:
        """Add evaluations that lead to what the service is now; the snapshots of the former ones are trimmed."""
        days = sorted(self.random.uniform(1, 90) for _ in range(self.random.randint(1, 7)))
        days += [self.random.uniform(91, 300)] if self.random.random() < 0.8 else []
        former: list[tuple[dt.datetime, Level]] = []
        level = worth.level
        for when in (self.now - dt.timedelta(days=each) for each in days):
            if when < snapshot.committed_at:
                level = self._earlier(level)
                former.append((when, level))
        previous = ""
        for when, each in reversed(former):
            made.evaluations.append(self._evaluation(service, None, worth, (when, each, previous)))
            previous = each.value
        step = (snapshot.committed_at, worth.level, previous)
        made.evaluations.append(self._evaluation(service, snapshot, worth, step))

    def _earlier(self, level: Level) -> Level:
        """Return the level before this one: most often the same, else rather a lower one."""
        return list(Level)[min(3, max(0, level.rank + self.random.choices([-1, 0, 1], [24, 67, 9])[0]))]

    def _evaluation(
        self, service: Service, snapshot: Snapshot | None, worth: Grade, step: tuple[dt.datetime, Level, str]
    ) -> Evaluation:
        when, level, previous = step
        return Evaluation(
            service=service,
            snapshot=snapshot,
            commit=snapshot.commit if snapshot else digest(f"{service.name} {when}")[:40],
            policy=self.policy,
            level=level.value,
            previous_level=previous,
            is_level_change=level.value != previous,
            score=max(0, min(100, worth.score + (level.rank - worth.level.rank) * 9)),
            counts=worth.counts,
            departed=service.departed,
            at=when,
        )


def fill(count: int) -> None:
    """Make `count` services, a batch a transaction."""
    maker = Maker()
    for start in range(0, count, BATCH):
        made = Made()
        for number in range(start, min(start + BATCH, count)):
            maker.add(made, number)
        with transaction.atomic():
            write(made)


def write(made: Made) -> None:
    """Write a batch. A service names its snapshot and the snapshot its service: that link is set last."""
    current = {service.entity_ref: service.snapshot for service in made.services}
    for service in made.services:
        service.snapshot = None
    Repository.objects.bulk_create(made.repositories)
    Lineage.objects.bulk_create(made.lineages)
    Service.objects.bulk_create(made.services)
    Snapshot.objects.bulk_create(made.snapshots)
    for service in made.services:
        service.snapshot = current[service.entity_ref]
    Service.objects.bulk_update(made.services, ["snapshot"])
    Waiver.objects.bulk_create(made.waivers)
    waivers = {(waiver.service.pk, waiver.check_id): waiver for waiver in made.waivers}
    for verdict in made.verdicts:
        if verdict.standing == WAIVED:
            verdict.waiver = waivers[verdict.service.pk, verdict.check_id]
    Verdict.objects.bulk_create(made.verdicts, batch_size=2000)
    Evaluation.objects.bulk_create(made.evaluations)
    DriftedFile.objects.bulk_create(made.files)


def digest(text: str) -> str:
    """Return a stable stand-in for a commit or tree id."""
    return hashlib.sha256(text.encode()).hexdigest()
