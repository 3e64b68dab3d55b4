"""Who looks at a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject
from django_htmx.middleware import HtmxDetails

from catalog.services import actor_for
from portal.foundation.actors import Actor
from portal.foundation.models import User

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)


class PageRequest(HttpRequest):
    """A request of somebody who is signed in; `actor` is that person to every service."""

    user: User
    actor: Actor
    htmx: HtmxDetails


def signed_in(
    view: Callable[Concatenate[PageRequest, P], R],
) -> Callable[Concatenate[HttpRequest, P], R | HttpResponse]:
    """Let only signed-in people see a page; others sign in first and come back to it. No cache keeps the page.

    The actor is looked up when a view first asks who it is: most pages only read what everybody may.
    """

    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> R | HttpResponse:
        user = request.user
        if not isinstance(user, User):
            target = request.get_full_path() if request.method == "GET" else reverse("web:home")
            return redirect_to_login(target, reverse("web:sign-in"), "next")
        page = cast("PageRequest", request)
        page.actor = cast("Actor", SimpleLazyObject(lambda: actor_for(user)))
        response = view(page, *args, **kwargs)
        patch_cache_control(response, private=True, no_cache=True)
        return response

    wraps(view)(guarded)
    return guarded
