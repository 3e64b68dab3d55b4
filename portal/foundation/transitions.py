"""State changes that only one caller can win."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models


def move(rows: models.QuerySet[Any], *, expect: Collection[str], to: str, **fields: Any) -> bool:
    """Set `status` to `to` on the one row of `rows` whose status is among `expect`.

    Returns True when the row changed. One conditional UPDATE decides, so two callers cannot both win, on any database.
    """
    return rows.filter(status__in=expect).update(status=to, **fields) == 1
