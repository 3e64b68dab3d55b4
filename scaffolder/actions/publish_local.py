"""publish:local: makes the repository on the portal's own forge and pushes the render."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from catalog.refs import DEFAULT_NAMESPACE as NAMESPACE
from portal.foundation.errors import ConflictError
from scaffolder import git
from scaffolder.actions.base import Action, Json, Plan, PlanContext, Planned, StepContext, Undo, UndoContext
from scaffolder.actions.repositories import RENDER_REF, effect_key
from scaffolder.choices import EffectState
from scaffolder.forges import RemoteRepository, RepositorySpec, forge
from scaffolder.git import Commit, Person
from scaffolder.models import Effect, Repository, Run

FORGE = "local"
EMAIL_DOMAIN = "users.noreply.goldpath.invalid"


class PublishLocal(Action):
    """Ensures the repository and pushes one commit, the pure render, as default branch and as `refs/goldpath/render`.

    The commit follows from the run alone, so a second worker makes the same one, and pushing it again changes nothing.
    """

    id = "publish:local"
    title = "Publish to the local forge"
    description = "Creates a bare repository in this portal and pushes the rendered files as its first commit."
    input_schema = {
        "type": "object",
        "required": ["name", "owner"],
        "properties": {
            "name": {"type": "string", "description": "The repository's name."},
            "owner": {"type": "string", "description": "Reference of the group whose members may push."},
            "description": {"type": "string"},
            "defaultBranch": {"type": "string", "default": "main"},
        },
    }
    output_schema = {
        "type": "object",
        "required": ["repository", "remoteUrl", "repoContentsUrl", "commitHash", "tree"],
        "properties": {
            "repository": {"type": "string", "description": "namespace/name"},
            "remoteUrl": {"type": "string", "description": "The address that git clones."},
            "repoContentsUrl": {"type": "string", "description": "The page of the repository."},
            "commitHash": {"type": "string"},
            "tree": {"type": "string"},
        },
    }

    def plan(self, context: PlanContext, given: Json) -> Plan:
        """Say which repository would be made, and where."""
        name, branch = str(given["name"]), _branch(given)
        remote = forge(FORGE).remote(NAMESPACE, name, branch)
        slug = f"{NAMESPACE}/{name}"
        effects = (
            Planned("repository", f"create the repository {slug}", remote.remote_url),
            Planned(
                "commit", f"push {len(context.preview().files)} files as the first commit of {branch}", remote.web_url
            ),
        )
        return Plan(effects, _output(slug, remote, Commit("", "")))

    def run(self, context: StepContext, given: Json) -> Json:
        """Make sure of the repository and of its first commit."""
        name, branch = str(given["name"]), _branch(given)
        slug, places = f"{NAMESPACE}/{name}", forge(FORGE)
        if not context.has_intended(effect_key(slug)) and not places.is_free(NAMESPACE, name):
            raise ConflictError(f"There is a repository called {slug} already. Choose another name.")
        commit = _commit(context, branch)
        intent = {"namespace": NAMESPACE, "name": name, "defaultBranch": branch, "head": commit.id}
        effect = context.intend("repository", effect_key(slug), intent)
        spec = RepositorySpec(NAMESPACE, name, context.run.pk, str(given.get("description", "")), branch)
        remote = places.ensure_repository(spec)
        refs = [f"refs/heads/{branch}", RENDER_REF]
        git.push(context.workspace.folder("commit.git"), places.push_target(remote), [f"{ref}:{ref}" for ref in refs])
        context.log(f"Pushed {commit.id[:12]} to {remote.remote_url}")
        context.settle(effect, {"remoteUrl": remote.remote_url, "webUrl": remote.web_url, "commit": commit.id})
        context.on_end(lambda: _record(context.run, given, remote, commit))
        return _output(slug, remote, commit)

    def compensate(self, context: UndoContext, effect: Effect) -> Undo:
        """Delete the repository when this run made it and nobody pushed to it since."""
        intent = effect.intent
        places, slug = forge(FORGE), f"{intent['namespace']}/{intent['name']}"
        remote = places.remote(intent["namespace"], intent["name"], intent["defaultBranch"])
        head = places.head(remote)
        if head not in {"", intent["head"]}:
            return Undo(EffectState.LEFT, f"the repository {slug}, because somebody has pushed to it.")
        try:
            places.delete(remote, run_id=context.run.pk, only_if_head=head)
        except ConflictError as error:
            return Undo(EffectState.LEFT, f"the repository {slug}: {error.message}")
        context.on_end(lambda: _forget(context.run, intent))
        return Undo(EffectState.UNDONE, f"Removed the repository {slug}")


def _branch(given: Json) -> str:
    return str(given.get("defaultBranch") or "main")


def _commit(context: StepContext, branch: str) -> Commit:
    run, workspace = context.run, context.workspace
    render = workspace.render(str(context.output_of("goldpath:render").get("digest", "")))
    who = run.actor_ref.rpartition("/")[2]
    message = (
        f"Create {run.target_name} from {run.template.ref} {run.template.version}\n\nAsked for by {run.actor_ref}."
    )
    return git.commit_folder(
        workspace.folder("commit.git"),
        render.directory,
        message=message,
        author=Person(who, f"{who}@{EMAIL_DOMAIN}"),
        when=run.created_at,
        refs=[f"refs/heads/{branch}", RENDER_REF],
    )


def _record(run: Run, given: Json, remote: RemoteRepository, commit: Commit) -> None:
    place = {"forge": FORGE, "namespace": remote.namespace, "name": remote.name}
    if Repository.objects.filter(**place, created_by=run).exists():
        return
    Repository.objects.create(
        **place,
        description=str(given.get("description", "")),
        default_branch=remote.default_branch,
        owner_ref=run.owner_ref,
        created_by=run,
        head_commit=commit.id,
        render_commit=commit.id,
        pushed_at=timezone.now(),
    )


def _forget(run: Run, intent: Json) -> None:
    place = {"forge": FORGE, "namespace": intent["namespace"], "name": intent["name"]}
    Repository.objects.filter(**place, created_by=run).delete()


def _output(slug: str, remote: RemoteRepository, commit: Commit) -> dict[str, Any]:
    return {
        "repository": slug,
        "remoteUrl": remote.remote_url,
        "repoContentsUrl": remote.web_url,
        "commitHash": commit.id,
        "tree": commit.tree,
    }
