"""Addresses of the catalog's API, under /api/catalog."""

from __future__ import annotations

from django.urls import path

from catalog.api import views

app_name = "catalog-api"
urlpatterns = [
    path("entities/by-name/<str:kind>/<str:namespace>/<str:name>", views.EntityByName.as_view(), name="by-name"),
    path("entities/by-query", views.EntitiesByQuery.as_view(), name="by-query"),
    path("entities/by-refs", views.EntitiesByRefs.as_view(), name="by-refs"),
    path("entity-facets", views.EntityFacets.as_view(), name="facets"),
]
