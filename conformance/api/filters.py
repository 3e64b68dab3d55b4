"""Filters of the lists, declared. A parameter that means nothing is refused: it would be a list that means less."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from catalog.refs import parse_ref
from conformance.choices import DRIFTS, LEVELS, STANDINGS, EventKind, PolicyStatus, WaiverStatus
from conformance.models import DriftedFile, Event, Policy, Service, Snapshot, Verdict, Waiver
from conformance.models.service import ServiceQuerySet
from portal.foundation.api.keyset import PARAMETERS
from portal.foundation.errors import InputError


class StrictBackend(DjangoFilterBackend):
    """Applies a view's filters, and refuses parameters that neither they nor the paging know."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Return the rows that fit."""
        filters = view.filterset_class.base_filters if view.filterset_class else {}
        paging = PARAMETERS if getattr(view, "pagination_class", None) else ()
        refuse_unknown(request, [*filters, *paging])
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raise InputError for a parameter of the address that is not among `known`."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        name = ascii(unknown[0])[1:-1][:60]
        raise InputError(f"Unknown parameter {name}: use {', '.join(sorted(known)) or 'none'}.")


def _one_of(choices: Iterable[tuple[str, str]], **keywords: Any) -> django_filters.ChoiceFilter:
    words = ", ".join(value for value, _ in choices)
    return django_filters.ChoiceFilter(
        choices=choices, error_messages={"invalid_choice": f"Use one of {words}."}, **keywords
    )


class RefFilter(django_filters.CharFilter):
    """An entity reference, in full or as the bare name of a thing of this kind; any case."""

    def __init__(self, *arguments: Any, kind: str, **keywords: Any) -> None:
        super().__init__(*arguments, max_length=255, **keywords)
        self._kind = kind

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows with this reference."""
        found: QuerySet[Any] = super().filter(qs, str(parse_ref(value, kind=self._kind)) if value else value)
        return found


class ServiceFilter(django_filters.FilterSet):
    """What services can be filtered by; all of it has to hold."""

    owner = RefFilter(field_name="owner_ref", kind="group", label="The owner, such as `group:default/payments`.")
    system = RefFilter(field_name="system_ref", kind="system", label="The system.")
    template = RefFilter(field_name="template_ref", kind="template", label="The template.")
    version = django_filters.CharFilter(field_name="template_version", max_length=64, label="Of the template.")
    type = django_filters.CharFilter(field_name="type", max_length=200, label="The component's type.")
    lifecycle = django_filters.CharFilter(field_name="lifecycle", max_length=200, label="The lifecycle.")
    level = _one_of(LEVELS, field_name="level", label="The level.")
    drift = _one_of(DRIFTS, method="by_drift", label="A class that files of the service are in.")
    fails = django_filters.CharFilter(
        method="by_check", max_length=63, label="A check that fails or is inconclusive there."
    )
    text = django_filters.CharFilter(method="by_text", max_length=200, label="Words of the name or the title.")

    class Meta:
        model = Service
        fields: tuple[str, ...] = ()

    def by_drift(self, rows: ServiceQuerySet, _: str, value: str) -> ServiceQuerySet:
        """Return the services with files in this class."""
        return rows.listed({"drift": value})

    def by_check(self, rows: ServiceQuerySet, _: str, value: str) -> ServiceQuerySet:
        """Return the services in which this check is open."""
        return rows.listed({"fails": value})

    def by_text(self, rows: ServiceQuerySet, _: str, value: str) -> ServiceQuerySet:
        """Return the services whose name or title has these words."""
        return rows.listed({"text": value})


class SnapshotFilter(django_filters.FilterSet):
    """What snapshots can be filtered by."""

    commit = django_filters.CharFilter(field_name="commit", max_length=64, label="The commit, in full.")

    class Meta:
        model = Snapshot
        fields: tuple[str, ...] = ()


class DriftFilter(django_filters.FilterSet):
    """What drifted files can be filtered by."""

    drift = _one_of(DRIFTS, field_name="drift", label="The class.")

    class Meta:
        model = DriftedFile
        fields: tuple[str, ...] = ()


class VerdictFilter(django_filters.FilterSet):
    """What verdicts can be filtered by."""

    check = django_filters.CharFilter(field_name="check_id", max_length=63, label="The check's id.")
    verdict = _one_of(STANDINGS, field_name="standing", label="The verdict.")
    level = _one_of(LEVELS, field_name="level", label="The level that the policy gives to the check.")
    team = RefFilter(field_name="service__owner_ref", kind="group", label="The owner of the service.")
    service = RefFilter(field_name="service__entity_ref", kind="component", label="The service.")

    class Meta:
        model = Verdict
        fields: tuple[str, ...] = ()


class PolicyFilter(django_filters.FilterSet):
    """What policies can be filtered by."""

    status = _one_of(PolicyStatus.choices, field_name="status", label="Where the version stands.")

    class Meta:
        model = Policy
        fields: tuple[str, ...] = ()


class WaiverFilter(django_filters.FilterSet):
    """What waivers can be filtered by."""

    service = RefFilter(field_name="service__entity_ref", kind="component", label="The service.")
    owner = RefFilter(field_name="service__owner_ref", kind="group", label="The owner of the service.")
    check = django_filters.CharFilter(field_name="check_id", max_length=63, label="The check's id.")
    status = _one_of(WaiverStatus.choices, field_name="status", label="Where the waiver stands.")
    requester = RefFilter(field_name="requester_ref", kind="user", label="Who asked for it.")

    class Meta:
        model = Waiver
        fields: tuple[str, ...] = ()


class EventFilter(django_filters.FilterSet):
    """What events can be filtered by."""

    kind = _one_of(EventKind.choices, field_name="kind", label="The kind.")
    service = RefFilter(field_name="service__entity_ref", kind="component", label="The service.")
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte", label="ISO 8601, inclusive.")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt", label="ISO 8601, exclusive.")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()
