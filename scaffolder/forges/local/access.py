"""Who may read and write a repository over HTTP."""

from __future__ import annotations

import base64
import binascii

from django.conf import settings
from django.http import HttpRequest

import catalog.services as catalog
from portal.foundation import auth
from portal.foundation.errors import AuthenticationError, NotAllowedError, NotFoundError
from portal.foundation.models import User
from scaffolder.models import Repository

HOW_TO_SIGN_IN = "Sign in with your user name and an API token as the password; make one on your tokens page."


def account(request: HttpRequest) -> User | None:
    """Return the account behind HTTP Basic credentials, or None when there are none.

    The password is an API token, which says who it is; the user name is not looked at, as on GitHub. Wrong credentials
    raise AuthenticationError, even where none are needed.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise AuthenticationError(HOW_TO_SIGN_IN)
    try:
        _, _, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise AuthenticationError(HOW_TO_SIGN_IN) from None
    if not auth.is_token(password):
        raise AuthenticationError(f"This is not an API token. {HOW_TO_SIGN_IN}")
    return auth.verify(password)


def repository(namespace: str, name: str) -> Repository:
    """Return the repository at this address; NotFoundError when there is none."""
    found = Repository.objects.filter(forge="local", namespace=namespace, name=name).first()
    if found is None:
        raise NotFoundError(f"There is no repository {namespace}/{name}.")
    return found


def check_read(user: User | None) -> None:
    """Raise AuthenticationError unless the caller may read: the signed-in always, others where that is allowed."""
    if user is None and not settings.GOLDPATH_ANONYMOUS_GIT_READ:
        raise AuthenticationError(HOW_TO_SIGN_IN)


def check_push(user: User | None, target: Repository) -> None:
    """Raise unless the caller may push: AuthenticationError without an account, NotAllowedError for outsiders."""
    if user is None:
        raise AuthenticationError(HOW_TO_SIGN_IN)
    if not catalog.actor_for(user).may_act_for(target.owner_ref):
        raise NotAllowedError(
            f"{user.get_username()} may not push to {target.slug}: it belongs to {target.owner_ref}, and only its "
            "members push to it. Ask one of them, or push to a repository of your own team."
        )
