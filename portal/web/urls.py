"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from portal.web.views import (
    catalog,
    conformance_policies,
    conformance_waivers,
    conformance_webhooks,
    create,
    home,
    repositories,
    runs,
    sign_in,
    templates,
    tokens,
)
from portal.web.views.conformance import checks, drift, exports, fleet, service, services, teams, versions

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", sign_in.sign_in, name="sign-in"),
    path("sign-in/demo", sign_in.enter_demo, name="enter-demo"),
    path("sign-in/link/<str:secret>", sign_in.redeem_link, name="sign-in-link"),
    path("sign-out", sign_in.sign_out, name="sign-out"),
    path("theme", sign_in.theme, name="theme"),
    path("create", create.create, name="create"),
    path("create/name", create.name_check, name="create-name"),
    path("create/draft/<uuid:draft_id>/<int:number>", create.page, name="create-page"),
    path("create/draft/<uuid:draft_id>/review", create.review, name="create-review"),
    path("create/draft/<uuid:draft_id>/submit", create.submit, name="create-submit"),
    path("create/draft/<uuid:draft_id>/discard", create.discard, name="create-discard"),
    path("create/<str:namespace>/<str:name>", create.begin, name="create-begin"),
    path("create/<str:namespace>/<str:name>/<int:number>/fields", create.fields, name="create-fields"),
    path("runs", runs.runs, name="runs"),
    path("runs/<uuid:run_id>", runs.run, name="runs-run"),
    path("runs/<uuid:run_id>/log", runs.log, name="runs-log"),
    path("runs/<uuid:run_id>/cancel", runs.cancel, name="runs-cancel"),
    path("runs/<uuid:run_id>/retry", runs.retry, name="runs-retry"),
    path("catalog", catalog.catalog, name="catalog"),
    path("catalog/<str:kind>/<str:namespace>/<str:name>", catalog.entity, name="catalog-entity"),
    path("git/<str:namespace>/<str:name>/", repositories.repository, name="repository"),
    path("git/<str:namespace>/<str:name>/tree/<path:path>", repositories.folder, name="repository-tree"),
    path("git/<str:namespace>/<str:name>/file/<path:path>", repositories.file, name="repository-file"),
    path("git/<str:namespace>/<str:name>/commits", repositories.commits, name="repository-commits"),
    path("git/<str:namespace>/<str:name>/commit/<str:sha>", repositories.commit, name="repository-commit"),
    path("git/<str:namespace>/<str:name>", repositories.with_slash),
    path("templates", templates.templates, name="templates"),
    path("templates/<str:namespace>/<str:name>", templates.template, name="templates-template"),
    path("conformance", fleet.fleet, name="conformance"),
    path("conformance/services", services.services, name="conformance-services"),
    path("conformance/services.csv", services.as_csv, name="conformance-services-csv"),
    path("conformance/services.json", services.as_json, name="conformance-services-json"),
    path("conformance/services/<str:namespace>/<str:name>", service.service, name="conformance-service"),
    path("conformance/services/<str:namespace>/<str:name>/state", service.state, name="conformance-state"),
    path("conformance/services/<str:namespace>/<str:name>/scan", service.scan, name="conformance-scan"),
    path("conformance/services/<str:namespace>/<str:name>/sarif.json", exports.sarif, name="conformance-sarif"),
    path(
        "conformance/services/<str:namespace>/<str:name>/scorecard.json",
        exports.scorecard,
        name="conformance-scorecard",
    ),
    path("conformance/services/<str:namespace>/<str:name>/drift/<path:path>", drift.drift, name="conformance-drift"),
    path("conformance/teams/<str:namespace>/<str:name>", teams.team, name="conformance-team"),
    path("conformance/checks", checks.checks, name="conformance-checks"),
    path("conformance/checks/<str:check_id>", checks.check, name="conformance-check"),
    path(
        "conformance/templates/<str:namespace>/<str:name>/<str:version>",
        versions.version,
        name="conformance-template",
    ),
    path("badges/<str:namespace>/<str:name>.svg", exports.badge, name="badge"),
    path("conformance/policies", conformance_policies.listing, name="conformance-policies"),
    path("conformance/policies/<int:number>", conformance_policies.policy, name="conformance-policy"),
    path("conformance/policies/<int:number>/json", conformance_policies.as_json, name="conformance-policy-json"),
    path("conformance/policies/<int:number>/what-if", conformance_policies.trial, name="conformance-policy-what-if"),
    path("conformance/policies/<int:number>/publish", conformance_policies.publish, name="conformance-policy-publish"),
    path("conformance/policies/<int:number>/discard", conformance_policies.discard, name="conformance-policy-discard"),
    path("conformance/waivers", conformance_waivers.listing, name="conformance-waivers"),
    path("conformance/waivers/new", conformance_waivers.new, name="conformance-waiver-new"),
    path("conformance/waivers/<int:waiver_id>", conformance_waivers.waiver, name="conformance-waiver"),
    path("conformance/waivers/<int:waiver_id>/<str:verb>", conformance_waivers.act, name="conformance-waiver-act"),
    path("conformance/webhooks", conformance_webhooks.listing, name="conformance-webhooks"),
    path("conformance/webhooks/<uuid:webhook_id>", conformance_webhooks.webhook, name="conformance-webhook"),
    path(
        "conformance/webhooks/<uuid:webhook_id>/remove", conformance_webhooks.remove, name="conformance-webhook-remove"
    ),
    path(
        "conformance/webhooks/<uuid:webhook_id>/active", conformance_webhooks.active, name="conformance-webhook-active"
    ),
    path(
        "conformance/deliveries/<uuid:delivery_id>/redeliver",
        conformance_webhooks.redeliver,
        name="conformance-delivery-redeliver",
    ),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke", tokens.revoke, name="tokens-revoke"),
]
