"""Forges: where repositories live. One folder per forge; what they have in common is this protocol."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Protocol

from portal.foundation.errors import NotFoundError
from scaffolder.git import PushTarget


@dataclass(frozen=True, slots=True)
class RepositorySpec:
    """The repository that a run wants: its address, and the run itself as the proof of who made it."""

    namespace: str
    name: str
    run_id: uuid.UUID
    description: str = ""
    default_branch: str = "main"


@dataclass(frozen=True, slots=True)
class RemoteRepository:
    """A repository as a forge addresses it: `remote_url` is what people clone, `web_url` the page they read."""

    namespace: str
    name: str
    default_branch: str
    remote_url: str
    web_url: str


class Forge(Protocol):
    """What a run needs from a forge. Every verb makes sure of a state, so that it can be repeated."""

    name: str

    def is_free(self, namespace: str, name: str) -> bool:
        """Tell whether no repository has this name."""

    def remote(self, namespace: str, name: str, default_branch: str = "main") -> RemoteRepository:
        """Return the repository of this name as it is or would be addressed; whether there is one is not looked at."""

    def ensure_repository(self, spec: RepositorySpec) -> RemoteRepository:
        """Make the repository, or adopt the one that the same run made before; another's raises ConflictError."""

    def push_target(self, repository: RemoteRepository) -> PushTarget:
        """Return where, and with what credentials, the portal pushes."""

    def protect(self, repository: RemoteRepository) -> None:
        """Protect the default branch: no force push, no deletion, pushes by the owning team only."""

    def head(self, repository: RemoteRepository) -> str:
        """Return the commit of the default branch, or an empty text before the first push."""

    def delete(self, repository: RemoteRepository, *, run_id: uuid.UUID, only_if_head: str) -> None:
        """Delete the repository when `run_id` provably made it and its head is still `only_if_head`.

        `only_if_head` is empty for a repository that was never pushed to. Anything else raises ConflictError and
        changes nothing; a repository that is gone already is fine.
        """


def forge(name: str) -> Forge:
    """Return the forge of this name; an unknown one raises NotFoundError."""
    from scaffolder.forges.local.forge import LocalForge

    forges: dict[str, type[Forge]] = {LocalForge.name: LocalForge}
    if name not in forges:
        raise NotFoundError(f"There is no forge called {name}.")
    return forges[name]()
