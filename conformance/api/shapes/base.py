"""What all shapes share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rest_framework import serializers

from conformance.examining.terms import Level
from portal.foundation.api.times import wire_time

Shape = serializers.Serializer[Any]


class WireTime(serializers.DateTimeField):
    """A time as ISO 8601 in UTC with milliseconds."""

    def to_representation(self, value: Any) -> Any:
        """Return the time as text."""
        return wire_time(value) if isinstance(value, dt.datetime) else value


def counts(name: str, keys: list[str], what: str) -> type[Shape]:
    """Return a shape of whole numbers by `keys`, which may hold hyphens."""
    fields: dict[str, Any] = {key: serializers.IntegerField(min_value=0) for key in keys}
    return type(name, (serializers.Serializer,), {**fields, "__doc__": what, "__module__": __name__})


LevelCounts = counts("LevelCounts", [level.value for level in Level], "How many services stand at each level.")
