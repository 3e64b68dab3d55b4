"""goldpath:verify: builds, vets and tests what was rendered before anybody sees it."""

from __future__ import annotations

from portal.foundation.errors import GoldpathError
from scaffolder import verification
from scaffolder.actions.base import Action, Json, Plan, PlanContext, StepContext, StepSkipped

_WITHOUT = "nothing is verified here (GOLDPATH_VERIFY is never, or there is no Go toolchain)"


class VerificationError(GoldpathError):
    """What was rendered does not build, or its tests fail; it is not published."""

    name = "VerificationError"
    status = 500


class Verify(Action):
    """Builds and tests the render in a copy. Without a Go toolchain the step is skipped, and says so."""

    id = "goldpath:verify"
    title = "Build, vet and test"
    description = "Builds, vets and tests the rendered service with Go, and stops the run when that fails."
    input_schema = {
        "type": "object",
        "properties": {"render": {"type": "string", "description": "The digest that the render step gave."}},
    }
    output_schema = {"type": "object", "properties": {"toolchain": {"type": "string"}}}

    def plan(self, context: PlanContext, given: Json) -> Plan:
        """Say what would be run."""
        toolchain = verification.go_toolchain()
        if not toolchain:
            return Plan(lines=(f"Would be skipped: {_WITHOUT}",))
        return Plan(output={"toolchain": toolchain}, lines=("Would run go build, go vet and go test",))

    def run(self, context: StepContext, given: Json) -> Json:
        """Build, vet and test; output goes to the step's log as it comes."""
        if context.run.is_seed:
            raise StepSkipped("Skipped: this is demo data; the template library's own gate has verified it")
        toolchain = verification.go_toolchain()
        if not toolchain:
            raise StepSkipped(f"Skipped: {_WITHOUT}")
        render = context.workspace.render(str(given.get("render", "")))
        report = verification.verify(render.directory, context.log, cancelled=context.is_cancelled)
        if not report.passed:
            raise VerificationError(f"What was rendered is not published: {report.reason}")
        if not report.verified:
            raise StepSkipped(f"Skipped: {report.reason}")
        return {"toolchain": toolchain}
