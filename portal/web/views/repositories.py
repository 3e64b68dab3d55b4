"""The browser of repositories: folders, files, commits. It reads only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from portal.foundation.errors import NotFoundError
from portal.web.diffs import files_of
from portal.web.numbers import whole
from portal.web.paging import address_without_page
from portal.web.people import PageRequest, signed_in
from portal.web.readme import readme_of
from portal.web.sources import lines
from scaffolder import browse
from scaffolder.git import Folder
from scaffolder.models import Lineage, Repository

MAX_PAGE = 10_000
PER_PAGE = 250


@require_GET
@signed_in
def repository(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """Show the top folder, the last commit, the README and how to clone."""
    found = _find(namespace, name)
    context = _context(request, found)
    context |= _listing(request, browse.tree(found, context["ref"]))
    context |= {
        "last": browse.commits(found, context["ref"]).commits[0],
        "readme": readme_of(found, context["ref"]) if context["page"].number == 1 else None,
        "clone": f"git clone {settings.GOLDPATH_BASE_URL}/git/{found.slug}.git",
        "lineage": Lineage.objects.filter(repository=found).first(),
    }
    return render(request, "git/repository.html", context)


@require_GET
@signed_in
def folder(request: PageRequest, namespace: str, name: str, path: str) -> HttpResponse:
    """Show one folder."""
    found = _find(namespace, name)
    context = _context(request, found, path.strip("/"))
    context |= _listing(request, browse.tree(found, context["ref"], context["path"]))
    return render(request, "git/folder.html", context)


@require_GET
@signed_in
def file(request: PageRequest, namespace: str, name: str, path: str) -> HttpResponse:
    """Show one file with line anchors; the address of a folder leads to the folder."""
    found = _find(namespace, name)
    context = _context(request, found, path)
    try:
        blob = browse.blob(found, context["ref"], path)
    except NotFoundError:
        browse.tree(found, context["ref"], path)
        return redirect("web:repository-tree", namespace, name, path)
    shown = None if blob.is_binary or blob.too_large else lines(path, blob.content)
    return render(request, "git/file.html", {**context, "blob": blob, "lines": shown})


@require_GET
@signed_in
def commits(request: PageRequest, namespace: str, name: str) -> HttpResponse:
    """List the commits, newest first."""
    found = _find(namespace, name)
    context = _context(request, found)
    number = min(whole(request.GET.get("page", ""), 1), MAX_PAGE)
    context["page"] = browse.commits(found, context["ref"], page=number)
    return render(request, "git/commits.html", context)


@require_GET
@signed_in
def commit(request: PageRequest, namespace: str, name: str, sha: str) -> HttpResponse:
    """Show one commit and what it changed."""
    found = _find(namespace, name)
    detail = browse.commit(found, sha)
    context = {**_context(request, found), "detail": detail, "files": files_of(detail.patch)}
    return render(request, "git/commit.html", context)


@require_GET
def with_slash(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Lead to the address with the slash, which relative links need."""
    return redirect("web:repository", namespace, name)


def _find(namespace: str, name: str) -> Repository:
    found = Repository.objects.filter(forge=settings.GOLDPATH_FORGE, namespace=namespace, name=name).first()
    if found is None:
        raise NotFoundError(f"There is no repository {namespace}/{name}.")
    return found


def _listing(request: PageRequest, folder: Folder) -> dict[str, Any]:
    """Return the page of a folder that the address asks for, and the words that say how much of it that is."""
    page = Paginator(folder, PER_PAGE).get_page(request.GET.get("page"))
    count = f"{page.start_index():,} to {page.end_index():,} of {len(folder):,}" if page.has_other_pages() else ""
    return {"folder": folder, "page": page, "count": count, "query": address_without_page(request)}


def _context(request: PageRequest, found: Repository, path: str = "") -> dict[str, Any]:
    ref = request.GET.get("ref", "")[:250]
    parts = [part for part in path.split("/") if part]
    crumbs = [("/".join(parts[: index + 1]), part) for index, part in enumerate(parts)]
    at = f"?{urlencode({'ref': ref})}" if ref else ""
    return {"repository": found, "ref": ref, "at": at, "path": path, "crumbs": crumbs, "section": "catalog"}
