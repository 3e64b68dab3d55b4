"""goldpath:render: makes the service's files."""

from __future__ import annotations

from scaffolder.actions.base import Action, Json, Plan, PlanContext, StepContext


class Render(Action):
    """Renders the template into the run's workspace. Nothing outside is touched."""

    id = "goldpath:render"
    title = "Render a service"
    description = "Composes the layers of the template for the given values and renders them into the workspace."
    input_schema = {
        "type": "object",
        "required": ["values"],
        "properties": {"values": {"type": "object", "description": "The answers, normally ${{ parameters }}."}},
    }
    output_schema = {
        "type": "object",
        "required": ["digest", "files"],
        "properties": {
            "digest": {"type": "string", "description": "Identifies the rendered tree: same values, same digest."},
            "files": {"type": "integer", "description": "How many files were rendered."},
        },
    }

    def plan(self, context: PlanContext, given: Json) -> Plan:
        """Render for the preview."""
        preview = context.preview()
        size = sum(file.size for file in preview.files)
        line = f"{len(preview.files)} files, {size / 1000:.0f} kB"
        return Plan(output={"digest": preview.digest, "files": len(preview.files)}, lines=(line,))

    def run(self, context: StepContext, given: Json) -> Json:
        """Render into the workspace."""
        render = context.workspace.render()
        context.log(f"Rendered {len(render.files)} files from {context.run.template}")
        return {"digest": render.digest, "files": len(render.files)}
