"""The local forge as runs see it."""

from __future__ import annotations

import uuid
from pathlib import Path

from portal.foundation.errors import ConflictError
from scaffolder import git
from scaffolder.forges import RemoteRepository, RepositorySpec
from scaffolder.forges.local import aside, places
from scaffolder.git import PushTarget
from scaffolder.models import Repository


class LocalForge:
    """Bare repositories under the data folder; the run that made one is marked in its configuration."""

    name = "local"

    def is_free(self, namespace: str, name: str) -> bool:
        """Tell whether no repository has this name."""
        folder = places.repository_folder(namespace, name)
        return not (folder.exists() or aside.is_aside(folder))

    def remote(self, namespace: str, name: str, default_branch: str = "main") -> RemoteRepository:
        """Return the repository of this name as it is or would be addressed."""
        return RemoteRepository(
            namespace=namespace,
            name=name,
            default_branch=default_branch,
            remote_url=places.clone_url(namespace, name),
            web_url=places.web_url(namespace, name),
        )

    def ensure_repository(self, spec: RepositorySpec) -> RemoteRepository:
        """Make the repository, or adopt the one that the same run made before; another's raises ConflictError."""
        folder = _brought_back(spec.namespace, spec.name)
        made = git.create_bare(folder, default_branch=git.checked_ref(spec.default_branch), made_by=spec.run_id)
        if not made and git.made_by(folder) != spec.run_id:
            raise ConflictError(
                f"The repository {spec.namespace}/{spec.name} exists already and was not made by this run. "
                "Choose another name."
            )
        if made and spec.description:
            (folder / "description").write_text(spec.description + "\n", encoding="utf-8")
        return self.remote(spec.namespace, spec.name, spec.default_branch)

    def push_target(self, repository: RemoteRepository) -> PushTarget:
        """Return the repository's own folder: the portal pushes past the HTTP door and its rules."""
        return PushTarget(url=str(_folder(repository)), protocol="file")

    def protect(self, repository: RemoteRepository) -> None:
        """Protect the default branch; the HTTP door refuses accordingly from the next push on."""
        rows = Repository.objects.filter(forge=self.name, namespace=repository.namespace, name=repository.name)
        rows.update(is_protected=True)

    def head(self, repository: RemoteRepository) -> str:
        """Return the commit of the default branch, or an empty text before the first push."""
        folder = _brought_back(repository.namespace, repository.name)
        return git.head(folder, f"refs/heads/{repository.default_branch}")

    def delete(self, repository: RemoteRepository, *, run_id: uuid.UUID, only_if_head: str) -> None:
        """Delete the repository when `run_id` provably made it and its head is still `only_if_head`.

        It is looked at, renamed aside, so that no push can land any more, and looked at once more. Until the deletion
        is decided, an error brings it back at once, and a kill leaves that to the next worker or to the sweep.
        """
        folder = _brought_back(repository.namespace, repository.name)
        if not folder.exists():
            return
        _refuse_to_lose(folder, repository, run_id, only_if_head)
        try:
            away = aside.put_aside(folder)
        except FileNotFoundError:
            return
        try:
            _refuse_to_lose(away, repository, run_id, only_if_head)
            decided = aside.decide(away)
        except BaseException:
            aside.bring_back(folder)
            raise
        aside.remove(decided)


def _folder(repository: RemoteRepository) -> Path:
    return places.repository_folder(repository.namespace, repository.name)


def _brought_back(namespace: str, name: str) -> Path:
    """Return the repository's folder, after bringing back what a killed worker left aside."""
    folder = places.repository_folder(namespace, name)
    aside.bring_back(folder)
    return folder


def _refuse_to_lose(folder: Path, repository: RemoteRepository, run_id: uuid.UUID, head: str) -> None:
    """Raise ConflictError unless the run made this repository and everything in it is what the run pushed."""
    name = f"{repository.namespace}/{repository.name}"
    if git.made_by(folder) != run_id:
        raise ConflictError(f"{name} was not made by this run and stays.")
    if git.is_in_use(folder) or not _is_untouched(folder, repository.default_branch, head):
        raise ConflictError(f"{name} was pushed to after this run made it, so it stays.")


def _is_untouched(folder: Path, branch: str, head: str) -> bool:
    """Tell whether all refs point to `head`: every branch and tag counts, as does a ref that git cannot read."""
    refs = git.refs(folder)
    is_readable = git.loose_refs(folder) <= refs.keys()
    return is_readable and refs.get(f"refs/heads/{branch}", "") == head and set(refs.values()) <= {head}
