"""Rows of the foundation."""

from __future__ import annotations

from portal.foundation.models.api_token import ApiToken
from portal.foundation.models.sign_in_link import SignInLink
from portal.foundation.models.user import User

__all__ = ["ApiToken", "SignInLink", "User"]
