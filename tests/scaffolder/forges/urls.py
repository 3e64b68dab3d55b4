"""Only the git door, so that these tests stand on nothing else."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("git/", include("scaffolder.forges.local.urls"))]
