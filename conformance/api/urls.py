"""Addresses of Goldpath's own API, under /api/goldpath/v1."""

from __future__ import annotations

from django.urls import path

from conformance.api.views import checks, exports, fleets, openapi, policies, services, waivers, webhooks

_SERVICE = "services/<str:namespace>/<str:name>"

app_name = "conformance-api"
urlpatterns = [
    path("openapi.json", openapi.OpenApiJson.as_view(), name="openapi-json"),
    path("openapi.yaml", openapi.OpenApiYaml.as_view(), name="openapi-yaml"),
    path("fleets", fleets.Fleets.as_view(), name="fleets"),
    path("services", services.Services.as_view(), name="services"),
    path(_SERVICE, services.OneService.as_view(), name="service"),
    path(f"{_SERVICE}/scan", services.Scan.as_view(), name="scan"),
    path(f"{_SERVICE}/snapshots", services.Snapshots.as_view(), name="snapshots"),
    path(f"{_SERVICE}/snapshots/<str:snapshot_id>", services.OneSnapshot.as_view(), name="snapshot"),
    path(f"{_SERVICE}/evaluations", services.Evaluations.as_view(), name="evaluations"),
    path(f"{_SERVICE}/drift", services.Drift.as_view(), name="drift"),
    path(f"{_SERVICE}/sarif", exports.Sarif.as_view(), name="sarif"),
    path(f"{_SERVICE}/scorecard", exports.Scorecard.as_view(), name="scorecard"),
    path(f"{_SERVICE}/badge.svg", exports.Badge.as_view(), name="badge"),
    path("exports/services.csv", exports.ServicesCsv.as_view(), name="services-csv"),
    path("exports/services.json", exports.ServicesJson.as_view(), name="services-json"),
    path("checks", checks.Checks.as_view(), name="checks"),
    path("checks/<str:check_id>", checks.OneCheck.as_view(), name="check"),
    path("verdicts", checks.Verdicts.as_view(), name="verdicts"),
    path("policies", policies.Policies.as_view(), name="policies"),
    path("policies/<str:number>", policies.OnePolicy.as_view(), name="policy"),
    path("policies/<str:number>/publish", policies.Publish.as_view(), name="policy-publish"),
    path("policies/<str:number>/what-if", policies.WhatIf.as_view(), name="policy-what-if"),
    path("waivers", waivers.Waivers.as_view(), name="waivers"),
    path("waivers/<str:waiver_id>", waivers.OneWaiver.as_view(), name="waiver"),
    path("waivers/<str:waiver_id>/approve", waivers.Approve.as_view(), name="waiver-approve"),
    path("waivers/<str:waiver_id>/reject", waivers.Reject.as_view(), name="waiver-reject"),
    path("waivers/<str:waiver_id>/withdraw", waivers.Withdraw.as_view(), name="waiver-withdraw"),
    path("waivers/<str:waiver_id>/revoke", waivers.Revoke.as_view(), name="waiver-revoke"),
    path("events", webhooks.Events.as_view(), name="events"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<str:webhook_id>", webhooks.OneWebhook.as_view(), name="webhook"),
    path("webhooks/<str:webhook_id>/deliveries", webhooks.Deliveries.as_view(), name="deliveries"),
    path(
        "webhooks/<str:webhook_id>/deliveries/<str:delivery_id>/redeliver",
        webhooks.Redeliver.as_view(),
        name="redeliver",
    ),
]
