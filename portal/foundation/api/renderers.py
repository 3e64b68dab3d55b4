"""JSON as Backstage sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer


class BackstageJSONRenderer(JSONRenderer):
    """`application/json; charset=utf-8`, the content type that Backstage's own servers answer with."""

    charset = "utf-8"
    ensure_ascii = False

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return `data` as JSON; text that UTF-8 cannot hold, such as half a surrogate pair, is escaped."""
        try:
            found: bytes = super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            found = _Escaping().render(data, accepted_media_type, renderer_context)
        return found


class _Escaping(JSONRenderer):
    ensure_ascii = True
