"""JSON as Backstage sends it."""

from __future__ import annotations

from rest_framework.renderers import JSONRenderer


class BackstageJSONRenderer(JSONRenderer):
    """`application/json; charset=utf-8`, the content type that Backstage's own servers answer with."""

    charset = "utf-8"
    ensure_ascii = False
