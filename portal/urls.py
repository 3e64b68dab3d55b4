"""All addresses: APIs by their plugin's mount point, then the pages."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import include, path, re_path

from portal.foundation import health, metrics
from portal.foundation.api import errors


def _no_such_endpoint(request: HttpRequest, **_: str) -> JsonResponse:
    return errors.not_found(request)


urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", metrics.serve),
    path("api/catalog/", include("catalog.api.urls")),
    path("api/scaffolder/", include("scaffolder.api.urls")),
    path("api/goldpath/v1/", include("conformance.api.urls")),
    path("api/tech-insights/", include("conformance.api.insights.urls")),
    re_path(r"^api(?:/.*)?$", _no_such_endpoint),
    path("git/", include("scaffolder.forges.local.urls")),
    path("", include("portal.web.urls")),
]
handler404 = "portal.web.views.errors.not_found"
handler500 = "portal.web.views.errors.server_error"
handler403 = "portal.web.views.errors.forbidden"
handler400 = "portal.web.views.errors.bad_request"
