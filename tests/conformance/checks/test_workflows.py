"""Workflows: valid, safe, with the least permissions and pinned actions, and that they build, vet, test and lint."""

from __future__ import annotations

from tests.conformance.checks.cases import Case, Cases, Texts, each, errs, fails, passes, skips

CI = ".github/workflows/ci.yml"
OTHER = ".github/workflows/other.yml"
SHA = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"
ON = "on:\n  pull_request:\n  push:\n    branches: [main]\n"
JOB = "jobs:\n  all:\n    runs-on: ubuntu-24.04\n    steps:\n"
RUN = "".join(
    f"      - run: {each}\n" for each in ("go build ./...", "go vet ./...", "go test ./...", "golangci-lint run")
)
MATRIX = "    strategy: {matrix: {verb: [vet, version]}}\n    steps:\n"
WHOLE = f"{ON}permissions: {{}}\n{JOB}{RUN}"
CODE = {"go.mod": "module example.com/a\n", "main.go": "package main\n", "internal/a/a.go": "package a\n"}
DOCKERFILE = "FROM golang:1.26 AS build\nRUN --mount=type=cache,target=/x CGO_ENABLED=0 go build -o /a ./cmd/a\n"
MAKEFILE = """\
GO ?= go
LINT := bin/golangci-lint-v2.13.1
.PHONY: all
all: build vet
\t@$(MAKE) test
\t$(MAKE) -C . lint
build vet:
\t$(GO) $@ ./...
test:
\t-rm -rf out
\tsh scripts/test.sh -v
lint: $(LINT)
\t$< run ./...
bin/%:
\tGOBIN=$(CURDIR)/bin go install example.com/$*@v1
"""


def workflow(old: str = "", new: str = "", **more: str | bytes) -> Texts:
    """Return a service whose CI does everything, with one text replaced."""
    assert old in WHOLE
    return {**CODE, CI: WHOLE.replace(old, new, 1), **more}


def steps(*lines: str) -> Texts:
    """Return a service whose CI has these steps; the first stands on line 10."""
    return {**CODE, CI: f"{ON}permissions: {{}}\n{JOB}" + "".join(f"      - {line}\n" for line in lines)}


def uses(reference: str) -> Texts:
    return {CI: f"{ON}permissions: {{}}\n{JOB}      - uses: {reference}\n"}


def top(permissions: str, job: str = "") -> Texts:
    return {CI: f"{ON}{permissions}jobs:\n  all:\n    runs-on: ubuntu-24.04\n{job}    steps: [{{run: make}}]\n"}


CASES: Cases = {
    "ci-present": {
        "four steps": passes(workflow(), "builds, vets, tests and lints", (CI, 10)),
        "two workflows": passes(
            {
                **CODE,
                CI: f"on: pull_request\n{JOB}{RUN}",
                OTHER: f"on:\n  push:\n    branches: ['ma*', '!mast*']\n{JOB}{RUN}",
            }
        ),
        "every push": passes({**CODE, CI: f"on: [push, pull_request]\n{JOB}{RUN}"}),
        "another default branch": passes(workflow("[main]", "[trunk]"), forge={"defaultBranch": "trunk"}),
        "make": passes(
            {**steps("run: make"), "Makefile": MAKEFILE, "scripts/test.sh": "exec go test $1 ./...\n"},
            at=("Makefile", 13),
        ),
        "a script": passes(
            {
                **steps("run: ./scripts/ci"),
                "scripts/ci": "#!/bin/sh\nset -e\ngo build ./... && go test ./...\nmake lint\n",
                "Makefile": "lint:\n\tgolangci-lint run\n",
            },
            at=("scripts/ci", 3),
        ),
        "the action of golangci-lint": passes(
            steps("run: go build && go test", f"uses: golangci/golangci-lint-action@{SHA}"), at=(CI, 11)
        ),
        "the image's build": passes({**workflow("go build ./...", "docker buildx build ."), "Dockerfile": DOCKERFILE}),
        "the action that builds the image": passes(
            {
                **workflow("run: go build ./...", f"uses: docker/build-push-action@{SHA}"),
                "deployments/docker/Dockerfile": DOCKERFILE,
            }
        ),
        "in a container": passes(
            workflow(
                "golangci-lint run", "docker run --rm -v $PWD:/a -w /a golangci/golangci-lint:v2.1 golangci-lint run"
            )
        ),
        "gotestsum": passes(workflow("go test ./...", "go run gotest.tools/gotestsum@v1 -- -race ./...")),
        "a reusable workflow of its own": passes(
            {
                **CODE,
                CI: f"{ON}jobs:\n  all:\n    uses: ./.github/workflows/go.yml\n",
                ".github/workflows/go.yml": f"on: workflow_call\n{JOB}{RUN}",
            },
            at=(".github/workflows/go.yml", 6),
        ),
        "a composite action of its own": passes(
            {
                **CODE,
                CI: f"{ON}{JOB}      - uses: ./.github/actions/go\n        with: {{tool: golangci-lint}}\n",
                ".github/actions/go/action.yml": (
                    "inputs: {tool: {default: none}}\nruns:\n  using: composite\n  steps:\n"
                    "    - shell: bash\n      run: go build && go test && ${{ inputs.tool }} run\n"
                ),
            }
        ),
        "a matrix": passes(workflow(f"    steps:\n{RUN}", MATRIX + RUN.replace("go vet", "go ${{ matrix.verb }}"))),
        "paths of all code": passes(workflow("  pull_request:\n", "  pull_request:\n    paths: ['**.go', go.mod]\n")),
        "no workflow": fails(CODE, "no workflow in .github/workflows"),
        "nothing lints": fails(workflow("golangci-lint run", "echo"), "nothing lints the Go code", (CI, 2)),
        "nothing tests": fails(workflow("go test ./...", "go version"), "nothing tests the Go code"),
        "benchmarks only": fails(workflow("go test", "go test -run '^$' -bench ."), "nothing tests"),
        "tests that are compiled only": fails(workflow("go test", "go test -c"), "nothing tests"),
        "tools are installed, nothing is built": fails(
            workflow("go build ./...", "go install x.org/a@v1"), "nothing builds"
        ),
        "an image that holds no Go": fails(
            {**workflow("go build ./...", "docker build ."), "Dockerfile": "FROM scratch\n"}, "nothing builds"
        ),
        "pull requests only": fails(
            workflow("  push:\n    branches: [main]\n", ""), "For pushes to main, nothing builds"
        ),
        "pushes only": fails(workflow("  pull_request:\n", ""), "For pull requests, nothing builds"),
        "tags only": fails(workflow("branches: [main]", "tags: ['v*']"), "For pushes to main"),
        "another branch": fails(workflow("[main]", "['release/**']"), "For pushes to main"),
        "the branch is ignored": fails(workflow("branches: [main]", "branches-ignore: ['m*']"), "For pushes to main"),
        "only when a pull request is opened": fails(
            workflow("  pull_request:\n", "  pull_request:\n    types: [opened]\n"), "For pull requests"
        ),
        "paths that hold code back": fails(
            workflow("  pull_request:\n", "  pull_request:\n    paths: ['docs/**', main.go]\n"), "For pull requests"
        ),
        "code is ignored": fails(
            workflow("  pull_request:\n", "  pull_request:\n    paths-ignore: ['internal/**']\n"), "For pull requests"
        ),
        "a job that never runs": fails(
            workflow("    steps", "    if: false\n    steps"), "nothing builds, vets, tests"
        ),
        "a step that never runs": fails(
            workflow("./...\n      - run: golang", "./...\n      - if: ${{ false }}\n        run: golang"),
            "nothing lints",
        ),
        "a failure is let pass": fails(
            workflow("golangci-lint run", "golangci-lint run || true"), "nothing lints", (CI, 13)
        ),
        "a failure is echoed away": fails(
            workflow("go test ./...", "go test ./... || echo oh"), "nothing tests", (CI, 12)
        ),
        "a step that continues": fails(
            workflow("      - run: go test", "      - continue-on-error: true\n        run: go test"), "nothing tests"
        ),
        "make ignores it": fails(
            {**workflow("golangci-lint run", "make lint"), "Makefile": "lint:\n\t-golangci-lint run\n"},
            "nothing lints",
            ("Makefile", 2),
        ),
        "a target that is not there": fails(
            {**workflow("golangci-lint run", "make lint"), "Makefile": "a:\n\tb\n"}, "lints"
        ),
        "a tool is looked for, not run": fails(
            workflow("golangci-lint run", "command -v golangci-lint"), "nothing lints"
        ),
        "only called by others": fails({**CODE, CI: f"on: workflow_call\n{JOB}{RUN}"}, "nothing builds"),
        "a workflow of another repository": errs(
            {**CODE, CI: f"{ON}jobs:\n  a:\n    uses: org/shared/.github/workflows/go.yml@{SHA}\n"}, "org/shared"
        ),
        "not YAML": errs({**CODE, CI: "on: [push\n"}, "not valid YAML"),
        "a makefile that make refuses": errs(
            {**workflow("go vet ./...", "make"), "Makefile": "what is this\n"}, "separator"
        ),
    },
    "workflows-valid": {
        "valid": passes(workflow(), "find nothing in 1 workflow", (CI, 0)),
        "an expression": fails(workflow("go vet ./...", "echo ${{ github.evnt }}"), "evnt", (CI, 11)),
        "a job that is not there": fails(workflow("    steps", "    needs: other\n    steps"), "other"),
        "the schema": fails(workflow("runs-on: ubuntu-24.04", "runs-on: {}"), "", (CI, 8)),
        "one of two": fails({CI: WHOLE, OTHER: "on: push\njobs: {}\n"}, "jobs", (OTHER, 2)),
        "none": skips(CODE, "no workflow"),
        "not text": errs({CI: b"\xff"}, "UTF-8"),
    },
    "actions-pinned": {
        "a commit": passes(uses(f"actions/checkout@{SHA} # v5.0.0"), "1 use", (CI, 10)),
        "a commit of SHA-256": passes(uses(f"actions/checkout@{'a' * 64}")),
        "an image's digest": passes(uses(f"docker://alpine@sha256:{'a' * 64}")),
        "its own action": passes(uses("./.github/actions/a"), "No workflow uses an action of another repository"),
        "no action": passes(workflow()),
        "a tag": fails(uses("actions/checkout@v5"), "actions/checkout@v5 follows v5", (CI, 10)),
        "a branch": fails(uses("actions/checkout@main"), "follows main"),
        "a short commit": fails(uses(f"actions/checkout@{SHA[:10]}"), f"follows {SHA[:10]}"),
        "a name as long as a commit": fails(uses(f"actions/checkout@{'release-' * 5}"), "follows release-"),
        "nothing": fails(uses("actions/checkout"), "names no version"),
        "an image's tag": fails(uses("docker://alpine:3"), "by a tag"),
        "a reusable workflow": fails(
            {CI: f"{ON}jobs:\n  a:\n    uses: org/shared/.github/workflows/a.yml@v1\n"}, "follows v1", (CI, 7)
        ),
        "within its own action": fails(
            {**workflow(), "action.yml": "runs:\n  using: composite\n  steps:\n    - uses: a/b@v1\n"},
            "a/b@v1",
            ("action.yml", 4),
        ),
        "none": skips(CODE, "no workflow"),
        "not YAML": errs({CI: "a: b: c\n"}),
        "no keys": errs({CI: "build\n"}, "is no workflow"),
    },
    "workflow-permissions": {
        "none at the top": passes(top("permissions: {}\n"), "1 workflow", (CI, 5)),
        "read": passes(top("permissions: {contents: read, packages: none}\n")),
        "read-all": passes(top("permissions: read-all\n")),
        "a job names what it writes": passes(top("permissions: {}\n", "    permissions: {contents: write}\n")),
        "absent": fails(top(""), "ci.yml has no permissions at its top", (CI, 1)),
        "empty": fails(top("permissions:\n"), "are no permissions"),
        "write-all": fails(top("permissions: write-all\n"), "grants write-all", (CI, 5)),
        "write at the top": fails(top("permissions:\n  contents: write\n"), "grants contents: write", (CI, 6)),
        "write-all in a job": fails(
            top("permissions: {}\n", "    permissions: write-all\n"), "Job all of ci.yml", (CI, 9)
        ),
        "one of two": fails({**workflow(), OTHER: f"{ON}{JOB}{RUN}"}, "other.yml has no permissions"),
        "none": skips(CODE, "no workflow"),
        "not YAML": errs({CI: "{"}),
    },
    "workflows-safe": {
        "safe": passes(workflow(), "nothing grave in 1 workflow", (CI, 0)),
        "pinning is judged elsewhere": passes(steps("{uses: actions/checkout@v5, with: {persist-credentials: false}}")),
        "a dangerous trigger": fails(
            workflow("  pull_request:\n", "  pull_request_target:\n"), "dangerous-triggers", (CI, 2)
        ),
        "a title becomes a command": fails(
            workflow("go vet ./...", "echo ${{ github.event.pull_request.title }}"), "template-injection", (CI, 11)
        ),
        "credentials stay in an artifact": fails(
            steps(
                f"uses: actions/checkout@{SHA}", f"{{uses: actions/upload-artifact@{SHA}, with: {{path: ., name: a}}}}"
            ),
            "artipacked",
            (CI, 10),
        ),
        "credentials stay, and nothing takes them": passes(steps(f"uses: actions/checkout@{SHA}")),
        "all permissions": fails(
            workflow("    steps", "    permissions: write-all\n    steps"), "excessive-permissions", (CI, 9)
        ),
        "none": skips(CODE, "no workflow"),
        "not YAML": errs({CI: "on: [\n"}),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)
