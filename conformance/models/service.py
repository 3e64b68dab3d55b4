"""Services: where each stands on its path now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from conformance.choices import LEVELS, WAIVED
from conformance.examining.terms import Level
from portal.foundation.leases import Leased
from scaffolder.models import Repository


class ServiceQuerySet(models.QuerySet["Service"]):
    """Reads of services."""

    def wanting_scan(self) -> ServiceQuerySet:
        """Return the services that were asked to be looked at since their last scan began, and that nobody scans."""
        return self.filter(Service.free(), STATES["scanning"])

    def listed(self, chosen: Mapping[str, str]) -> ServiceQuerySet:
        """Return what a list shows: `chosen` holds text, and the filters of `FILTERS`; an empty one does not restrict.

        `drift` names a class with files in it, `file` a path that departed (in that class, when both are given),
        `fails` a check that fails or is inconclusive now, `waives` one that is waived, `state` a key of `STATES`.
        """
        if "\0" in "".join(chosen.values()):
            return self.none()
        columns = {FILTERS[name]: value for name, value in chosen.items() if value and name in FILTERS}
        found = self.filter(**columns)._drifting(chosen.get("drift", ""), chosen.get("file", ""))
        if state := chosen.get("state", ""):
            found = found.filter(STATES[state]) if state in STATES else self.none()
        if check := chosen.get("fails", ""):
            found = found.filter(verdicts__check_id=check, verdicts__standing__in=("fail", "error"))
        if check := chosen.get("waives", ""):
            found = found.filter(verdicts__check_id=check, verdicts__standing=WAIVED)
        for word in chosen.get("text", "").lower().split()[:10]:
            found = found.filter(Q(name__icontains=word) | Q(title__icontains=word))
        return found

    def _drifting(self, drift: str, path: str) -> ServiceQuerySet:
        if drift and drift not in DRIFT_COLUMNS:
            return self.none()
        if path:
            files = {"drifted_files__path": path, **({"drifted_files__drift": drift} if drift else {})}
            return self.filter(**files)
        return self.filter(**{f"{DRIFT_COLUMNS[drift]}__gt": 0}) if drift else self

    def of(self, refs: Iterable[str]) -> ServiceQuerySet:
        """Return the services that one of these groups owns."""
        return self.filter(owner_ref__in=list(refs))


class Service(Leased):
    """A scaffolded service and the result of its last scan, ready for lists: nothing here is computed on reading.

    `entity_ref` is its Component; name, owner, system, type, lifecycle and tags are copies out of the catalog.
    `level` is the level under the published policy, with waivers; `score` (0 to 100) the share of the applicable
    checks that pass or are waived, weighted by level. `is_held` says that errors kept the level from being recomputed.
    The counts are of the current verdicts and of files by drift class. `scan_key` says what the last scan saw (commit,
    checker, newest template); equal means unchanged. `problem` says in words why the repository could not be scanned.
    `scan_requested_at` is when somebody last asked for a scan, `scanned_request` the request that the last scan served.
    """

    entity_ref = models.CharField(max_length=255, unique=True)
    repository = models.OneToOneField(Repository, on_delete=models.CASCADE, related_name="service")
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=200, blank=True)
    owner_ref = models.CharField(max_length=255, blank=True)
    system_ref = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=200, blank=True)
    lifecycle = models.CharField(max_length=200, blank=True)
    tags = models.JSONField(default=list)
    template_ref = models.CharField(max_length=255)
    template_version = models.CharField(max_length=64)
    versions_behind = models.PositiveIntegerField(default=0)

    level = models.CharField(max_length=16, choices=LEVELS, default=Level.NONE.value)
    score = models.PositiveSmallIntegerField(default=0)
    is_held = models.BooleanField(default=False)
    passed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(default=0)
    not_applicable = models.PositiveIntegerField(default=0)
    in_sync = models.PositiveIntegerField(default=0)
    drifted = models.PositiveIntegerField(default=0)
    weakened = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    behind = models.PositiveIntegerField(default=0)
    forked = models.PositiveIntegerField(default=0)
    team_owned = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)

    commit = models.CharField(max_length=64, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    evaluated_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.ForeignKey("Snapshot", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    policy = models.ForeignKey("Policy", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    problem = models.CharField(max_length=300, blank=True)
    scan_key = models.CharField(max_length=200, blank=True)
    scan_requested_at = models.DateTimeField(null=True, blank=True)
    scanned_request = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ("name", "namespace")
        constraints = (
            models.CheckConstraint(condition=Q(level__in=[key for key, _ in LEVELS]), name="service_level_known"),
        )
        indexes = (
            models.Index(fields=["name", "namespace"], name="service_by_name"),
            models.Index(fields=["owner_ref", "level"], name="service_by_owner"),
            models.Index(fields=["level", "score"], name="service_by_level"),
            models.Index(fields=["template_ref", "template_version"], name="service_by_template"),
            models.Index(fields=["scan_requested_at"], name="service_by_request"),
        )

    def __str__(self) -> str:
        return self.entity_ref

    @property
    def display_name(self) -> str:
        """What people call the service."""
        return self.title or self.name

    @property
    def departed(self) -> int:
        """How many files somebody should look at."""
        return self.drifted + self.weakened + self.missing + self.forked

    def drift_counts(self) -> dict[str, int]:
        """Return the number of files by drift class."""
        return {drift: getattr(self, column) for drift, column in DRIFT_COLUMNS.items()}

    def standing_counts(self) -> dict[str, int]:
        """Return the number of current verdicts by what they say."""
        return {standing: getattr(self, column) for standing, column in STANDING_COLUMNS.items()}


FILTERS: dict[str, str] = {
    "owner": "owner_ref",
    "level": "level",
    "system": "system_ref",
    "type": "type",
    "lifecycle": "lifecycle",
    "template": "template_ref",
    "version": "template_version",
}
_ASKED = Q(scanned_request=None) | Q(scan_requested_at__gt=F("scanned_request"))
STATES: dict[str, Q] = {
    "scanned": Q(evaluated_at__isnull=False),
    "unscanned": Q(evaluated_at__isnull=True),
    "scanning": Q(scan_requested_at__isnull=False) & _ASKED,
    "problem": ~Q(problem=""),
    "inconclusive": Q(errors__gt=0),
    "waived": Q(waived__gt=0),
    "behind": Q(versions_behind__gt=0),
}
DRIFT_COLUMNS: dict[str, str] = {
    "in-sync": "in_sync",
    "drifted": "drifted",
    "weakened": "weakened",
    "missing": "missing",
    "behind": "behind",
    "forked": "forked",
    "team-owned": "team_owned",
    "added": "added",
}
STANDING_COLUMNS: dict[str, str] = {
    "pass": "passed",
    "fail": "failed",
    "error": "errors",
    "waived": "waived",
    "not-applicable": "not_applicable",
}


def columns_of(counts: dict[str, int], names: dict[str, str]) -> dict[str, Any]:
    """Return the columns that hold `counts`, zero where a class does not occur."""
    return {column: counts.get(name, 0) for name, column in names.items()}
