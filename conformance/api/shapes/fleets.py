"""A fleet at a glance."""

from __future__ import annotations

from rest_framework import serializers

from conformance.api.shapes.base import LevelCounts, Shape
from conformance.choices import DRIFTS


class DriftOfFleet(Shape):
    """One drift class: how many files are in it, and in how many services."""

    drift = serializers.ChoiceField(choices=DRIFTS)
    files = serializers.IntegerField()
    services = serializers.IntegerField()


class VersionOfFleet(Shape):
    """One version of one template: how many services are on it."""

    template = serializers.CharField()
    version = serializers.CharField()
    versionsBehind = serializers.IntegerField()
    services = serializers.IntegerField()


class CheckOfFleet(Shape):
    """One check that does not pass everywhere: in how many services it fails, is inconclusive, or is waived."""

    check = serializers.CharField()
    title = serializers.CharField()
    fail = serializers.IntegerField()  # type: ignore[assignment]  # the name on the wire
    error = serializers.IntegerField()
    waived = serializers.IntegerField()


class TeamOfFleet(Shape):
    """One owner's services."""

    owner = serializers.CharField(help_text="Empty for services that nobody owns.")
    services = serializers.IntegerField()
    levels = LevelCounts()
    averageScore = serializers.FloatField(allow_null=True)


class DayOfFleet(Shape):
    """How many services stood at each level at the end of a day (UTC)."""

    date = serializers.DateField()
    levels = LevelCounts()


class FleetShape(Shape):
    """What the services that fit the filters come to."""

    services = serializers.IntegerField()
    scanned = serializers.IntegerField(help_text="Services that were ever scanned; only they count below.")
    problems = serializers.IntegerField(help_text="Services whose repository could not be scanned.")
    averageScore = serializers.FloatField(allow_null=True)
    levels = LevelCounts()
    drift = DriftOfFleet(many=True)
    versions = VersionOfFleet(many=True)
    worstChecks = CheckOfFleet(many=True)
    teams = TeamOfFleet(many=True)
    trend = DayOfFleet(many=True)
