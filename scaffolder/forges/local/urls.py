"""Addresses of the git door: `/git/<namespace>/<name>.git/...`."""

from __future__ import annotations

from django.urls import re_path

from scaffolder.forges.local import views
from scaffolder.forges.local.places import NAME

_REPOSITORY = rf"^(?P<namespace>{NAME})/(?P<name>{NAME})\.git"
urlpatterns = [
    re_path(rf"{_REPOSITORY}/info/refs$", views.advertise, name="git-refs"),
    re_path(rf"{_REPOSITORY}/(?P<service>git-upload-pack|git-receive-pack)$", views.exchange, name="git-exchange"),
]
