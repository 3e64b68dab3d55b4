"""The local forge as runs see it."""

from __future__ import annotations

import uuid
from pathlib import Path

from portal.foundation.errors import ConflictError
from scaffolder import git
from scaffolder.forges import RemoteRepository, RepositorySpec
from scaffolder.forges.local import places
from scaffolder.git import PushTarget
from scaffolder.models import Repository


class LocalForge:
    """Bare repositories under the data folder; the run that made one is marked in its configuration."""

    name = "local"

    def is_free(self, namespace: str, name: str) -> bool:
        """Tell whether no repository has this name."""
        return not places.repository_folder(namespace, name).exists()

    def address(self, namespace: str, name: str) -> tuple[str, str]:
        """Return the clone address and the page address of a repository of this name."""
        return places.clone_url(namespace, name), places.web_url(namespace, name)

    def ensure_repository(self, spec: RepositorySpec) -> RemoteRepository:
        """Make the repository, or adopt the one that the same run made before; another's raises ConflictError."""
        folder = places.repository_folder(spec.namespace, spec.name)
        made = git.create_bare(folder, default_branch=git.checked_ref(spec.default_branch), made_by=spec.run_id)
        if not made and git.made_by(folder) != spec.run_id:
            raise ConflictError(
                f"The repository {spec.namespace}/{spec.name} exists already and was not made by this run. "
                "Choose another name."
            )
        if made and spec.description:
            (folder / "description").write_text(spec.description + "\n", encoding="utf-8")
        return self._remote(spec)

    def push_target(self, repository: RemoteRepository) -> PushTarget:
        """Return the repository's own folder: the portal pushes past the HTTP door and its rules."""
        return PushTarget(url=str(_folder(repository)), protocol="file")

    def protect(self, repository: RemoteRepository) -> None:
        """Protect the default branch; the HTTP door refuses accordingly from the next push on."""
        rows = Repository.objects.filter(forge=self.name, namespace=repository.namespace, name=repository.name)
        rows.update(is_protected=True)

    def head(self, repository: RemoteRepository) -> str:
        """Return the commit of the default branch, or an empty text before the first push."""
        return git.head(_folder(repository), f"refs/heads/{repository.default_branch}")

    def delete(self, repository: RemoteRepository, *, run_id: uuid.UUID, only_if_head: str) -> None:
        """Delete the repository when `run_id` provably made it and its head is still `only_if_head`.

        It is renamed away first, so that no push can land between the look and the deletion; when the look forbids
        the deletion it is renamed back.
        """
        folder = _folder(repository)
        if git.made_by(folder) != run_id:
            if not folder.exists():
                return
            raise ConflictError(f"{repository.namespace}/{repository.name} was not made by this run and stays.")
        aside = folder.with_name(f".deleted-{uuid.uuid4().hex}")
        try:
            folder.rename(aside)
        except FileNotFoundError:
            return
        if not self._may_delete(aside, repository, run_id, only_if_head):
            aside.rename(folder)
            raise ConflictError(
                f"{repository.namespace}/{repository.name} was pushed to after this run made it, so it stays."
            )
        git.remove_tree(aside)

    def _may_delete(self, aside: Path, repository: RemoteRepository, run_id: uuid.UUID, head: str) -> bool:
        """Tell whether everything in the repository is what the run pushed: other branches count as well."""
        if git.is_in_use(aside):
            return False
        refs = git.refs(aside)
        untouched = refs.get(f"refs/heads/{repository.default_branch}", "") == head and set(refs.values()) <= {head}
        return untouched and git.made_by(aside) == run_id

    def _remote(self, spec: RepositorySpec) -> RemoteRepository:
        clone, web = self.address(spec.namespace, spec.name)
        return RemoteRepository(
            namespace=spec.namespace,
            name=spec.name,
            default_branch=spec.default_branch,
            remote_url=clone,
            web_url=web,
            created_by_this_run=True,
        )


def _folder(repository: RemoteRepository) -> Path:
    return places.repository_folder(repository.namespace, repository.name)
