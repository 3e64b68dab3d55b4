"""The OpenAPI document: how tokens and errors are described, for every operation alike."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

MOUNT = "/api/goldpath/v1/"
REASONS = {
    400: "The request cannot be understood; `error.fields` names each refused value.",
    401: "No token, or a forged, expired or revoked one.",
    403: "Known, but not allowed.",
    404: "Not there, or not for this caller.",
    409: "The state does not allow it now.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too fast; `Retry-After` says when to come back.",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """API tokens, as OpenAPI describes them."""

    target_class = "portal.foundation.auth.BearerAuthentication"
    name = "token"
    priority = 1

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the security scheme."""
        description = "A token of the tokens page, or of `manage.py apitoken create`: `Authorization: Bearer gp_...`."
        return {"type": "http", "scheme": "bearer", "description": description}


class RefusedField(serializers.Serializer[Any]):
    """One refused value."""

    path = serializers.ListField(child=serializers.JSONField(), help_text="Names of fields and places in lists.")
    message = serializers.CharField()


class ErrorDetail(serializers.Serializer[Any]):
    """What is wrong, and what to do."""

    name = serializers.CharField(help_text="Such as InputError, NotFoundError, ConflictError.")
    message = serializers.CharField()
    fields = RefusedField(many=True, required=False)  # type: ignore[assignment]  # the name on the wire


class ErrorRequest(serializers.Serializer[Any]):
    """What was asked."""

    method = serializers.CharField()
    url = serializers.CharField(help_text="Relative to the mount point of the API.")


class ErrorResponse(serializers.Serializer[Any]):
    """How it was answered."""

    statusCode = serializers.IntegerField()  # noqa: N815 - the name on the wire


class Error(serializers.Serializer[Any]):
    """Backstage's error envelope."""

    error = ErrorDetail()
    request = ErrorRequest()
    response = ErrorResponse()


class Schema(AutoSchema):
    """Describes an operation with its errors: what every operation answers, and what the view's `refusals` add."""

    def get_operation(self, *arguments: Any, **keywords: Any) -> dict[str, Any] | None:
        """Return the operation, each of its errors in the one envelope."""
        operation: dict[str, Any] | None = super().get_operation(*arguments, **keywords)
        if operation is not None:
            for status in self._refusals(operation):
                answer = self._error(str(status))
                operation["responses"].setdefault(str(status), {**answer, "description": REASONS[status]})
            operation["responses"] = dict(sorted(operation["responses"].items()))
        return operation

    def get_tags(self) -> list[str]:
        """Return the first word behind the mount point: it groups operations."""
        return [self.path.removeprefix(MOUNT).partition("/")[0].partition(".")[0]]

    def _error(self, status: str) -> dict[str, Any]:
        found: dict[str, Any] = self._get_response_for_code(Error, status, media_types=["application/json"])  # type: ignore[no-untyped-call]
        return found

    def _get_serializer_name(self, *arguments: Any, **keywords: Any) -> str:
        """Name a shape after what it shows."""
        name: str = super()._get_serializer_name(*arguments, **keywords)
        return name.removesuffix("Shape")

    def _refusals(self, operation: dict[str, Any]) -> set[int]:
        places = {parameter["in"] for parameter in operation.get("parameters", [])}
        found = {401, 429} if self.view.permission_classes else {429}
        found |= {400} if "query" in places else set()
        found |= {404} if "path" in places else set()
        found |= {400, 413, 415} if self.method in {"POST", "PUT", "PATCH"} else set()
        return found | set(getattr(self.view, "refusals", {}).get(self.method, ()))


def only_ours(endpoints: list[tuple[str, str, str, Any]], **_: Any) -> list[tuple[str, str, str, Any]]:
    """Leave out what speaks Backstage's wire: its own documents describe that."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(MOUNT)]
