"""The OpenAPI document. It holds nothing of anybody, so it needs no token."""

from __future__ import annotations

from drf_spectacular.views import SpectacularJSONAPIView, SpectacularYAMLAPIView


class OpenApiJson(SpectacularJSONAPIView):
    """GET openapi.json."""

    authentication_classes = ()
    permission_classes = ()
    throttle_scope = "read"


class OpenApiYaml(SpectacularYAMLAPIView):
    """GET openapi.yaml."""

    authentication_classes = ()
    permission_classes = ()
    throttle_scope = "read"
