"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from portal.web.views import catalog, create, home, repositories, runs, sign_in, templates, tokens

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
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<uuid:token_id>/revoke", tokens.revoke, name="tokens-revoke"),
]
