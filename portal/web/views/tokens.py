"""API tokens: made, shown once, revoked."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.foundation.errors import InputError
from portal.foundation.models import ApiToken
from portal.foundation.tokens import create_token, revoke_token
from portal.web.numbers import whole
from portal.web.people import PageRequest, signed_in

DAYS = (7, 30, 90, 365)


@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
def tokens(request: PageRequest) -> HttpResponse:
    """List the person's tokens, and make one: the answer to the form is the only page that ever shows it."""
    label = request.POST.get("label", "")
    context: dict[str, object] = {"days": DAYS, "label": label, "now": timezone.now()}
    status = 200
    if request.method == "POST":
        try:
            context["secret"] = create_token(request.user, label, days=_days(request))
        except InputError as refused:
            context["error"] = refused.message
            status = 422
    context["tokens"] = ApiToken.objects.filter(user=request.user)
    return render(request, "tokens/tokens.html", context, status=status)


@require_POST
@signed_in
def revoke(request: PageRequest, token_id: uuid.UUID) -> HttpResponse:
    """Delete a token; one of somebody else is not there."""
    revoke_token(request.user, token_id)
    messages.success(request, "The token is revoked. Nothing can use it any more.")
    return redirect("web:tokens")


def _days(request: PageRequest) -> int:
    given = whole(request.POST.get("days", ""), 0)
    if given not in DAYS:
        raise InputError("Choose how long the token lasts.")
    return given
