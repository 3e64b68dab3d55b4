"""Sign-in by one-time link or, in a demo, as a demo person; sign-out; the colour theme."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.foundation.models import SignInLink, User
from portal.web.context import THEME_COOKIE, THEMES

DEMO_PEOPLE = ("alice", "bob", "charlie")
_BACKEND = "django.contrib.auth.backends.ModelBackend"
_YEAR = 365 * 24 * 3600


@never_cache
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the ways to sign in."""
    if request.user.is_authenticated:
        return redirect(_onward(request))
    return render(request, "sign_in/sign_in.html", {"people": _demo_people(), "next": request.GET.get("next", "")})


@never_cache
@require_POST
def enter_demo(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo people; only where the installation is a demo."""
    if not settings.GOLDPATH_DEMO_SIGN_IN:
        raise Http404
    name = request.POST.get("name", "")
    if name not in DEMO_PEOPLE:
        raise Http404
    user = get_object_or_404(User, username=name, is_active=True)
    login(request, user, backend=_BACKEND)
    return redirect(_onward(request))


@never_cache
@require_http_methods(["GET", "POST"])
def redeem_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask for a click, then sign in: fetching a link, as chat programs do for a preview, does not use it up."""
    if request.method == "GET":
        return render(request, "sign_in/link.html")
    link = SignInLink.objects.redeem(secret)
    if link is None or not link.user.is_active:
        return render(request, "sign_in/link.html", {"is_spent": True}, status=403)
    login(request, link.user, backend=_BACKEND)
    return redirect("web:home")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.success(request, "You are signed out.")
    return redirect("web:sign-in")


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark colours; how the toggle works without JavaScript."""
    response = redirect(_onward(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


def _demo_people() -> list[User] | None:
    if not settings.GOLDPATH_DEMO_SIGN_IN:
        return None
    return list(User.objects.filter(username__in=DEMO_PEOPLE, is_active=True).order_by("username"))


def _onward(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("web:home")
