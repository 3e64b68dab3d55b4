"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from portal.web.views import home, sign_in

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
]
