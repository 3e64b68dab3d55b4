"""Writes many small rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, models, router

_ROWS_PER_STATEMENT = 1_000


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert `rows` into the table of `model`, a thousand a statement; `columns` are names of columns, not of fields.

    Over ten times faster than bulk_create for the forty or so index rows of an entity, as no model instances are made.
    """
    if not rows:
        return
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(quote(column) for column in columns)
    one = f"({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _ROWS_PER_STATEMENT):
            batch = rows[start : start + _ROWS_PER_STATEMENT]
            values = ", ".join([one] * len(batch))
            parameters = [value for row in batch for value in row]
            cursor.execute(f"INSERT INTO {table} ({names}) VALUES {values}", parameters)  # noqa: S608 - our own names
