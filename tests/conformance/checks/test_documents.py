"""Documents for people, and the objectives beside them."""

from __future__ import annotations

from conformance.checks.readme_content import CHECK as README_CHECK
from conformance.checks.readme_content import FEWEST_WORDS
from tests.conformance.checks.cases import Case, Cases, each, errs, fails, passes, skips

PROSE = "The ledger books payments of the shop and tells accounting about them. " * 10
LIBRARY = {"type": "library"}
README = f"# Ledger\n\n{PROSE}\n\n```sh\nmake test\nmake run\n```\n"
RUNBOOK = f"# Runbook\n\n{PROSE}\n\n## Alerts\n\n{PROSE}\n\n## Roll back\n\nUndo it.\n"
ADR = "# 1. Layers\n\nStatus: accepted\n\n## Context\n\nCode.\n\n## Decision\n\nLayers.\n"
OPENSLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: availability}
spec:
  objectives:
    - {displayName: Availability, target: 0.999}
"""
SLOTH = "version: prometheus/v1\nservice: ledger\nslos:\n  - {name: availability, objective: 99.9}\n"
SLOTH_OBJECT = """\
apiVersion: sloth.slok.dev/v1
kind: PrometheusServiceLevel
spec: {service: ledger, slos: [{name: availability, objective: 99.9}]}
"""
PYRRA = 'apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nspec: {target: "99.9", window: 4w}\n'
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)

CASES: Cases = {
    "readme-content": {
        "commands": passes({"README.md": README}, "how to run and test", ("README.md", 0)),
        "headings": passes({"README.md": f"# A\n\n{PROSE}\n\n## Getting started\n\nx\n\n## Running the tests\n\nx\n"}),
        "another case": passes({"Readme.md": README}, at=("Readme.md", 0)),
        "go": passes({"README.md": f"{PROSE}\n\n    go run ./cmd/server\n    go test ./...\n"}),
        "absent": fails({"docs/README.md": README}, "There is no README.md"),
        "empty": fails({"README.md": ""}, "a stub of 0 words", ("README.md", 0)),
        "short": fails({"README.md": "# Ledger\n\nBooks payments.\n\n## Run\n\n## Test\n"}, "is a stub of 2 words"),
        "code is not prose": fails({"README.md": f"```\n{PROSE}\nmake run test\n```\n"}, "a stub of 0 words"),
        "nothing on running": fails({"README.md": README.replace("make run", "make")}, "not tell how to run"),
        "nothing on testing": fails({"README.md": README.replace("make test", "make")}, "not tell how to test"),
        "a comment is no command": fails({"README.md": README.replace("make test", "make # test")}, "how to test"),
        "another command of make": fails({"README.md": README.replace("make test", "make testdata")}, "how to test"),
        "bad UTF-8": errs({"README.md": b"\xff\xfe" * 100}, "not UTF-8"),
        "binary": errs({"README.md": b"\x00" * 100}, "NUL"),
        "a link": errs({"README.md": "docs/index.md"}, "symbolic link", links=frozenset({"README.md"})),
    },
    "security-policy": {
        "a heading": passes({"SECURITY.md": f"# Security\n\n{PROSE}\n\n## Reporting\n\nx"}, at=("SECURITY.md", 5)),
        "an address": passes({".github/SECURITY.md": f"# Policy\n\n{PROSE} <a@example.com>\n"}, "how to report"),
        "among the documents": passes({"docs/security.md": f"{PROSE} [here](https://example.com/report)"}),
        "absent": fails({}, "There is no SECURITY.md"),
        "empty": fails({"SECURITY.md": ""}, "stub of 0 words", ("SECURITY.md", 0)),
        "a stub": fails({"SECURITY.md": "# Security\n\nSee <https://example.com>.\n"}, "a stub of"),
        "no way to report": fails({"SECURITY.md": f"# Policy\n\n{PROSE}"}, "not say how to report", ("SECURITY.md", 0)),
        "GitHub's place first": fails({".github/SECURITY.md": "x", "SECURITY.md": f"{PROSE}\n# Report\n"}, "stub"),
        "bad UTF-8": errs({"SECURITY.md": b"\xff"}, "not UTF-8"),
        "a link": errs({"SECURITY.md": "x"}, "symbolic link", links=frozenset({"SECURITY.md"})),
    },
    "contributing": {
        "sections": passes({"CONTRIBUTING.md": f"# Contributing\n\n## Before\n\n{PROSE}"}, "how to change"),
        "an example": passes({".github/CONTRIBUTING.md": f"{PROSE}\n\n```\nmake test\n```\n"}),
        "absent": fails({}, "There is no CONTRIBUTING.md"),
        "a stub": fails(
            {"CONTRIBUTING.md": "# C\n\n## Before\n\nAsk us.\n"}, "stub of 2 words", ("CONTRIBUTING.md", 0)
        ),
        "a wall of text": fails({"CONTRIBUTING.md": f"# C\n\n{PROSE}"}, "neither a section nor an example"),
        "bad UTF-8": errs({"CONTRIBUTING.md": b"\xff"}, "not UTF-8"),
        "a link": errs({"CONTRIBUTING.md": "x"}, "symbolic link", links=frozenset({"CONTRIBUTING.md"})),
    },
    "runbook": {
        "alerts and the way back": passes({"docs/runbook.md": RUNBOOK}, at=("docs/runbook.md", 9)),
        "the top folder": passes(
            {"RUNBOOK.md": RUNBOOK.replace("Alerts", "Symptoms").replace("Roll back", "Recovery")}
        ),
        "of a library": passes({"docs/runbook.md": RUNBOOK}, entity=LIBRARY),
        "absent": fails({}, "There is no docs/runbook.md"),
        "absent from a service": fails({}, "There is no docs/runbook.md", entity={"type": "service"}),
        "a stub": fails({"RUNBOOK.md": "# R\n\n## Alerts\n\n## Roll back\n"}, "stub of 0 words", ("RUNBOOK.md", 0)),
        "no alerts": fails({"docs/runbook.md": RUNBOOK.replace("Alerts", "Dates")}, "no part on alerts"),
        "no way back": fails({"docs/runbook.md": RUNBOOK.replace("Roll back", "Dates")}, "no part on rolling back"),
        "a library": skips({}, "Nothing of this component runs", entity=LIBRARY),
        "bad UTF-8": errs({"docs/runbook.md": b"\xff"}, "not UTF-8"),
        "a link": errs({"docs/runbook.md": "x"}, "symbolic link", links=frozenset({"docs/runbook.md"})),
    },
    "architecture-decisions": {
        "one": passes({"docs/adr/0001-layers.md": ADR}, "in 1 of 1 record", ("docs/adr/0001-layers.md", 0)),
        "MADR": passes(
            {"docs/decisions/0001.md": "# A\n\n## Context and Problem Statement\n\nx\n\n## Decision Outcome\n\nx\n"}
        ),
        "beside others": passes({"docs/adr/1.md": ADR, "docs/adr/2.md": "# Notes\n"}, "in 1 of 2 records"),
        "absent": fails({}, "There is no architecture decision record"),
        "only the index": fails({"docs/adr/README.md": ADR}, "There is no architecture decision record"),
        "without context": fails(
            {"docs/adr/1.md": "# A\n\n## Decision\n\nx"}, "None of 1 record", ("docs/adr/1.md", 0)
        ),
        "without decision": fails(
            {"docs/adr/1.md": "# A\n\n## Context\n\nx"}, "None of 1 record", ("docs/adr/1.md", 0)
        ),
        "prose only": fails({"docs/adr/1.md": "Context: none. Decision: none."}, "None of 1 record"),
        "bad UTF-8": errs({"docs/adr/1.md": b"\xff"}, "not UTF-8"),
        "bad UTF-8 beside a good one": passes({"docs/adr/1.md": b"\xff", "docs/adr/2.md": ADR}, "1 of 2"),
        "a link is none": fails({"docs/adr/1.md": "x"}, "no architecture", links=frozenset({"docs/adr/1.md"})),
    },
    "service-level-objectives": {
        "OpenSLO": passes({"docs/slo.yaml": OPENSLO}, "1 document of OpenSLO", ("docs/slo.yaml", 1)),
        "Sloth": passes({"slo.yml": SLOTH}, "Sloth"),
        "Sloth in Kubernetes": passes({"deployments/slo.yaml": SLOTH_OBJECT}, "Sloth"),
        "Pyrra": passes({"slo.yaml": PYRRA}, "Pyrra"),
        "several": passes({"slo.yaml": f"{OPENSLO}---\n{OPENSLO}"}, "2 documents", ("slo.yaml", 8)),
        "another file is broken": passes({"slo.yaml": OPENSLO, "chart/a.yaml": "{{ x }}: ["}, "OpenSLO"),
        "absent": fails({"a.yaml": "a: 1\n", "b.yaml": "a: [\n"}, "There is no service-level objective"),
        "another kind of OpenSLO": fails({"slo.yaml": OPENSLO.replace("SLO\n", "SLI\n")}, "There is no"),
        "no objectives": fails({"slo.yaml": OPENSLO[: OPENSLO.index("spec")]}, "without a target", ("slo.yaml", 1)),
        "a target of nothing": fails({"slo.yaml": OPENSLO.replace("0.999", "0")}, "without a target"),
        "a target that is no number": fails({"slo.yaml": PYRRA.replace('"99.9"', "high")}, "without a target"),
        "a target that is a truth": fails({"slo.yaml": PYRRA.replace('"99.9"', "true")}, "without a target"),
        "somebody else's": fails({"vendor/x/slo.yaml": OPENSLO}, "There is no service-level objective"),
        "a library": skips({}, "promises no service level", entity=LIBRARY),
        "not YAML": errs({"docs/slo.yaml": "a: [\n"}, "not valid YAML"),
        "a bomb": errs({"docs/slo.yaml": BOMB}, "aliases expand"),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)


def test_the_fix_names_the_least_number_of_words() -> None:
    assert f"{FEWEST_WORDS} words" in README_CHECK.fix
