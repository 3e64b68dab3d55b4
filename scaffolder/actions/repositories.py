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


def remote_of(repository: Repository) -> RemoteRepository:
    """Return a repository as its forge addresses it."""
    return forge(repository.forge).remote(repository.namespace, repository.name, repository.default_branch)
