"""Reads bodies, and only as much of them as a view can use.

Django's own limit does not hold here: REST framework's parsers read the stream beside it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions, parsers

MAX_BODY = 1024 * 1024


class BodyTooLarge(exceptions.APIException):
    """The body is larger than what this address reads (413)."""

    status_code = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is too large: at most {limit} bytes are read.")


class LimitedJSONParser(parsers.JSONParser):
    """Parses JSON of at most `max_body_bytes` of the view, MAX_BODY unless it says so."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the parsed body; a longer one raises BodyTooLarge, whatever length it announces."""
        context = dict(parser_context or {})
        limit = int(getattr(context.get("view"), "max_body_bytes", MAX_BODY))
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise BodyTooLarge(limit)
        return super().parse(io.BytesIO(content), media_type, context)
