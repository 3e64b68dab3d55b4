"""Times on the wire."""

from __future__ import annotations

import datetime as dt


def wire_time(moment: dt.datetime | None) -> str | None:
    """Return `moment` as ISO 8601 in UTC with milliseconds, as Backstage writes it."""
    if moment is None:
        return None
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
