"""Errors that a caller can act on.

Each carries the name and status that Backstage's error envelope uses, so that every surface (page, API, command) can
tell the same story. Anything else that is raised is a defect and is reported as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


class GoldpathError(Exception):
    """Base of the errors with a message written for the caller.

    The message says what is wrong and what to do; it never holds a secret or a machine path.
    """

    name = "GoldpathError"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused value: where it stands, why, and the JSON Schema keyword that refused it."""

    path: tuple[str | int, ...]
    message: str
    keyword: str = ""
    argument: Any = None
    instance: Any = None
    schema: dict[str, Any] = field(default_factory=dict)


class InputError(GoldpathError):
    """The request cannot be understood or is not valid (400)."""

    name = "InputError"
    status = 400

    def __init__(self, message: str, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


class AuthenticationError(GoldpathError):
    """Who the caller is cannot be proved (401)."""

    name = "AuthenticationError"
    status = 401


class NotAllowedError(GoldpathError):
    """The caller is known and may not do this (403)."""

    name = "NotAllowedError"
    status = 403


class NotFoundError(GoldpathError):
    """There is no such thing, or not for this caller (404)."""

    name = "NotFoundError"
    status = 404


class ConflictError(GoldpathError):
    """The state of the thing does not allow this now (409)."""

    name = "ConflictError"
    status = 409


class UnavailableError(GoldpathError):
    """Something that this needs does not answer; trying again later may work (503)."""

    name = "ServiceUnavailableError"
    status = 503
