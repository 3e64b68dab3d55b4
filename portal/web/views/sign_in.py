"""Sign-in by one-time link, and sign-out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the ways to sign in."""
    return render(request, "sign_in/sign_in.html")
