"""goldpath:protect: protects the default branch."""

from __future__ import annotations

from scaffolder.actions.base import Action, Json, Plan, PlanContext, Planned, StepContext
from scaffolder.actions.repositories import effect_key, remote_of, repository_of
from scaffolder.forges import forge


class Protect(Action):
    """Makes the forge refuse force pushes, deletion, and pushes by outsiders. It lives and goes with the repository."""

    id = "goldpath:protect"
    title = "Protect the default branch"
    description = "No force push, no deletion, and pushes by members of the owning team only."
    input_schema = {
        "type": "object",
        "required": ["repository"],
        "properties": {"repository": {"type": "string", "description": "namespace/name, as publish gives it."}},
    }
    output_schema = {"type": "object", "properties": {"branch": {"type": "string"}}}

    def plan(self, context: PlanContext, given: Json) -> Plan:
        """Say what would be protected."""
        summary = f"protect the default branch of {given['repository']}"
        return Plan((Planned("protection", summary),))

    def run(self, context: StepContext, given: Json) -> Json:
        """Protect the branch; doing it twice is doing it once."""
        repository = repository_of(context.run, str(given["repository"]))
        intent = {"within": effect_key(repository.slug), "branch": repository.default_branch}
        effect = context.intend("protection", f"protection:{repository.slug}", intent)
        forge(repository.forge).protect(remote_of(repository))
        context.settle(effect, {"branch": repository.default_branch})
        context.log(
            f"Protected {repository.default_branch}: no force push, no deletion, pushes by {repository.owner_ref}"
        )
        return {"branch": repository.default_branch}
