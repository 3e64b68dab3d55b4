"""Addresses of Tech Insights, under /api/tech-insights."""

from __future__ import annotations

from django.urls import path

from conformance.api.insights import views

app_name = "tech-insights-api"
urlpatterns = [
    path("checks", views.Checks.as_view(), name="checks"),
    path("checks/run", views.RunMany.as_view(), name="run-many"),
    path("checks/run/<str:namespace>/<str:kind>/<str:name>", views.Run.as_view(), name="run"),
    path("fact-schemas", views.FactSchemas.as_view(), name="fact-schemas"),
    path("facts/latest", views.LatestFacts.as_view(), name="facts-latest"),
    path("facts/range", views.FactsInRange.as_view(), name="facts-range"),
]
