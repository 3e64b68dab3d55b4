"""A service in the forms of other tools, and its badge."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_safe

from conformance.exports import badge as badge_of
from conformance.exports import sarif as sarif_of
from conformance.exports import scorecard as scorecard_of
from conformance.models import Service
from portal.foundation.models import User
from portal.web.people import PageRequest, signed_in
from portal.web.views.conformance.service import find

_SECONDS = 60


@require_GET
@signed_in
def sarif(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Send the service's findings as SARIF 2.1.0."""
    found = find(namespace, name)
    return _download(sarif_of(found), f"{found.name}.sarif")


@require_GET
@signed_in
def scorecard(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Send the service's verdicts in the JSON of OpenSSF Scorecard."""
    found = find(namespace, name)
    return _download(scorecard_of(found), f"{found.name}.scorecard.json")


@require_safe
def badge(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Send the badge; without signing in only where repositories may be read without it."""
    is_known = isinstance(request.user, User)
    if not (is_known or settings.GOLDPATH_ANONYMOUS_GIT_READ):
        return HttpResponse("Sign in to see this badge.", status=401, content_type="text/plain")
    service = Service.objects.filter(entity_ref=f"component:{namespace}/{name}".lower()).first()
    if service is None:
        return HttpResponse("There is no such service.", status=404, content_type="text/plain")
    response = HttpResponse(badge_of(service), content_type="image/svg+xml")
    response["Cache-Control"] = f"{'public' if settings.GOLDPATH_ANONYMOUS_GIT_READ else 'private'}, max-age={_SECONDS}"
    return response


def _download(document: dict[str, object], name: str) -> HttpResponse:
    response = JsonResponse(document, json_dumps_params={"indent": 2})
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
