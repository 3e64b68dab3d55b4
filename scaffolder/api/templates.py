"""Templates and actions over REST, and the dry run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.foundation.errors import InputError, NotFoundError
from scaffolder import services
from scaffolder.actions import registry
from scaffolder.api import wire
from scaffolder.api.requests import MAX_DRY_RUN_BODY, actor_of, body_of, values_of
from scaffolder.models import TemplateVersion

_FILES_NOTE = "The files that were sent along were not used: this template's files come from the portal's library"


class ParameterSchema(APIView):
    """GET templates/<namespace>/<kind>/<name>/parameter-schema: the form of a template, cacheable by its ETag."""

    throttle_scope = "read"

    def get(self, request: Request, namespace: str, kind: str, name: str) -> Response:
        """Return the form's pages."""
        if kind.lower() != "template":
            raise NotFoundError(f"There is no {kind[:60]} with a form.")
        template = services.find_template(f"template:{namespace}/{name}")
        etag = _etag(template)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if etag in parse_etags(request.headers.get("If-None-Match", "")):
            return Response(status=304, headers=headers)
        return Response(wire.parameter_schema(template), headers=headers)


class Actions(APIView):
    """GET actions: what steps can do."""

    throttle_scope = "read"

    def get(self, request: Request) -> Response:
        """Return all actions."""
        return Response([wire.action(found) for found in registry.actions()])


class DryRun(APIView):
    """POST dry-run: what a run would do, and every file that it would make."""

    throttle_scope = "dry-run"
    max_body_bytes = MAX_DRY_RUN_BODY

    def post(self, request: Request) -> Response:
        """Plan and render, touching nothing outside."""
        body = body_of(request)
        template = _template_of(body.get("template"))
        try:
            done = services.dry_run(template, values_of(body), actor_of(request))
        except InputError as error:
            if error.fields:
                return Response(wire.refusals(error.fields), status=400)
            raise
        shown = wire.dry_run(done)
        if body.get("directoryContents"):
            shown["log"].insert(0, {"body": {"message": _FILES_NOTE, "stepId": done.steps[0].id}})
        return Response(shown)


def _template_of(given: Any) -> str:
    if isinstance(given, str) and given:
        return given
    if isinstance(given, Mapping):
        return services.same_template(given).ref
    raise InputError("template must be a Template entity or its reference.")


def _etag(template: TemplateVersion) -> str:
    text = f"{template.ref} {template.version} {template.digest}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
