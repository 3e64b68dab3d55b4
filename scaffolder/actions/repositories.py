"""What the actions around repositories share."""

from __future__ import annotations

from portal.foundation.errors import NotFoundError
from scaffolder.forges import RemoteRepository, forge
from scaffolder.models import Repository, Run

RENDER_REF = "refs/goldpath/render"


def effect_key(slug: str) -> str:
    """Return the key of the effect that a repository is, in the ledger of the run that makes it."""
    return f"repository:{slug}"


def repository_of(run: Run, slug: str) -> Repository:
    """Return the repository `slug` that this run made; another one raises NotFoundError."""
    namespace, _, name = slug.partition("/")
    found = Repository.objects.filter(namespace=namespace, name=name, created_by=run).first()
    if found is None:
        raise NotFoundError(f"This run has not made a repository called {slug[:200]}.")
    return found


def remote_of(kind: str, namespace: str, name: str, default_branch: str) -> RemoteRepository:
    """Return a repository as the forge of this kind addresses it."""
    remote_url, web_url = forge(kind).address(namespace, name)
    return RemoteRepository(
        namespace=namespace,
        name=name,
        default_branch=default_branch,
        remote_url=remote_url,
        web_url=web_url,
        created_by_this_run=True,
    )
