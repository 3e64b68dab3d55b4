"""Addresses of the catalog's API, under /api/catalog."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
