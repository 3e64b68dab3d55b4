"""What CI runs beside plain tests: the race detector, scans, a floor for coverage, judges of APIs, signed releases."""

from __future__ import annotations

from tests.conformance.checks.cases import Case, Cases, Texts, each, errs, fails, passes, skips

CI = ".github/workflows/ci.yml"
RELEASE = ".github/workflows/release.yml"
SHA = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"
CODE = {"main.go": "package main\n"}
SPEC = "api/rest/openapi.yaml"
DOCUMENT = "openapi: 3.0.3\ninfo: {title: A, version: 1.0.0}\npaths: {}\n"
AWK = 'go tool cover -func=c.out | awk \'/^total:/ {{ sub("%", "", $3); exit ($3 < {}) }}\''
COVERAGE_SH = """\
#!/bin/sh
minimum=${1:-85}
go test -coverprofile=c.out ./...
awk -v minimum="$minimum" '{ n += $2 } END { exit (n < minimum) }' c.out
"""


def ci(*steps: str, on: str = "[push, pull_request]") -> Texts:
    """Return a service whose CI has these steps; the first stands on line 6."""
    text = f"on: {on}\njobs:\n  all:\n    runs-on: ubuntu-24.04\n    steps:\n"
    return {**CODE, CI: text + "".join(f"      - {step}\n" for step in steps)}


def run(command: str, **more: str | bytes) -> Texts:
    """Return a service whose CI runs a command, which stands on line 7."""
    return {**ci(f"run: |\n          {command}"), **more}


def api(*commands: str) -> Texts:
    return {**ci(*(f"run: {command}" for command in commands)), SPEC: DOCUMENT}


def release(*steps: str, on: str = "{push: {tags: ['v*']}}", **more: str | bytes) -> Texts:
    """Return a service with a Dockerfile and a workflow for releases with these steps; the first stands on line 6."""
    text = f"on: {on}\njobs:\n  image:\n    runs-on: ubuntu-24.04\n    steps:\n"
    return {"Dockerfile": "FROM scratch\n", RELEASE: text + "".join(f"      - {step}\n" for step in steps), **more}


ELSEWHERE = f"on: push\njobs:\n  a:\n    uses: org/shared/.github/workflows/go.yml@{SHA}\n"
BUILD = f"{{uses: docker/build-push-action@{SHA}, with: {{push: true, sbom: true, provenance: mode=max}}}}"
ATTEST = f"{{uses: actions/attest-build-provenance@{SHA}}}"

SCHEMA = "api/graphql/schema.graphqls"

CASES: Cases = {
    "race-tests": {
        "in a step": passes(run("go test -race ./..."), "race detector", (CI, 7)),
        "behind make": passes({**run("make test"), "Makefile": "test:\n\tgo test -race ./...\n"}, at=("Makefile", 2)),
        "behind a script and a variable": passes(
            {
                **run("sh ci/test.sh"),
                "ci/test.sh": "race=-race\n[ -n $CC ] || race=\nif ! go test $race; then exit 1; fi\n",
            },
            at=("ci/test.sh", 3),
        ),
        "in the environment": passes(
            {**CODE, CI: "on: push\nenv: {FLAGS: -race -count=1}\njobs: {a: {steps: [{run: go test $FLAGS ./...}]}}\n"},
            at=(CI, 3),
        ),
        "gotestsum": passes(run("gotestsum --format short -- -race ./...")),
        "in a folder": passes(
            {**run("cd app && make"), "app/Makefile": "a:\n\tgo test -race\n"}, at=("app/Makefile", 2)
        ),
        "in a working directory": passes(
            {**ci("{run: make, working-directory: app}"), "app/Makefile": "a:\n\tgo test -race\n"},
            at=("app/Makefile", 2),
        ),
        "without the flag": fails(run("go test ./..."), "No workflow sees to it", (CI, 0)),
        "turned off": fails(run("go test -race=false ./..."), "No workflow sees to it"),
        "built, not tested": fails(run("go build -race ./..."), "No workflow sees to it"),
        "a failure is let pass": fails(run("go test -race ./... || true"), "let pass", (CI, 7)),
        "only by hand": fails(ci("run: go test -race", on="workflow_dispatch"), "No workflow sees to it"),
        "only for releases": fails(ci("run: go test -race", on="{push: {tags: ['v*']}}"), "No workflow sees to it"),
        "no workflow": fails(CODE, "There is no workflow"),
        "no Go": skips({CI: "on: push\n"}, "no Go code"),
        "elsewhere": errs({**CODE, CI: ELSEWHERE}, "org/shared"),
        "a script that is no text": errs({**run("sh a.sh"), "a.sh": b"\xff"}, "UTF-8"),
    },
    "vulnerability-scan": {
        "govulncheck": passes(
            run("go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./..."), "known vulnerabilities", (CI, 7)
        ),
        "by its action": passes(ci(f"uses: golang/govulncheck-action@{SHA}"), at=(CI, 6)),
        "CodeQL": passes(ci(f"uses: github/codeql-action/analyze@{SHA}", on="{schedule: [{cron: 0 0 * * 0}]}")),
        "Trivy": passes(run("docker run --rm -v $PWD:/a aquasec/trivy:0.60 fs /a")),
        "OSV-Scanner": passes(run("osv-scanner scan -r .")),
        "OSV-Scanner's workflow": passes(
            {
                **CODE,
                CI: f"on: push\njobs:\n  a:\n    uses: google/osv-scanner-action/.github/workflows/scan.yml@{SHA}\n",
            }
        ),
        "none": fails(run("go vet ./..."), "No workflow sees to it"),
        "installed only": fails(run("go install golang.org/x/vuln/cmd/govulncheck@latest"), "No workflow sees to it"),
        "its version": fails(run("govulncheck -version"), "No workflow sees to it"),
        "CodeQL is only set up": fails(ci(f"uses: github/codeql-action/init@{SHA}"), "No workflow sees to it"),
        "a failure is let pass": fails(
            ci(f"{{uses: golang/govulncheck-action@{SHA}, continue-on-error: true}}"), "let pass", (CI, 6)
        ),
        "no Go": skips({CI: "on: push\n"}, "no Go code"),
        "not YAML": errs({**CODE, CI: "on: ["}),
    },
    "secret-scan": {
        "gitleaks": passes(run("gitleaks git --redact ."), "committed secrets", (CI, 7)),
        "gitleaks by Go": passes(run("go run github.com/zricethezav/gitleaks/v8@v8.30.1 git .")),
        "gitleaks by its action": passes(ci(f"uses: gitleaks/gitleaks-action@{SHA}"), at=(CI, 6)),
        "trufflehog": passes(run("docker run --rm trufflesecurity/trufflehog:3 git file:///repo")),
        "Trivy": passes(run("trivy fs --scanners vuln,secret .")),
        "detect-secrets": passes(run("detect-secrets-hook --baseline .secrets.baseline")),
        "pre-commit": passes(
            {
                **run("pre-commit run --all-files"),
                ".pre-commit-config.yaml": "repos: [{repo: a, hooks: [{id: gitleaks}]}]\n",
            }
        ),
        "the forge": passes({}, "The forge scans", forge={"secretScanning": True}),
        "pre-commit without such a hook": fails(
            {**run("pre-commit run"), ".pre-commit-config.yaml": "repos: [{repo: a, hooks: [{id: gofmt}]}]\n"},
            "No workflow",
        ),
        "Trivy for something else": fails(run("trivy fs --scanners vuln ."), "No workflow sees to it"),
        "its version": fails(run("gitleaks version"), "No workflow sees to it"),
        "a failure is let pass": fails(run("gitleaks git . || true"), "let pass", (CI, 7)),
        "nothing": fails(CODE, "There is no workflow"),
        "the forge does not": fails(CODE, "There is no workflow", forge={"secretScanning": False}),
        "not text": errs({CI: b"\xff"}),
    },
    "coverage-gate": {
        "awk in a step": passes(run(AWK.format(80)), "below a coverage of 80 %", (CI, 7)),
        "a fraction": passes(run(AWK.format("0.85")), "85 %"),
        "a make variable and a script": passes(
            {
                **run("make cover"),
                "scripts/coverage.sh": COVERAGE_SH,
                "Makefile": "MINIMUM := 90\ncover:\n\tsh scripts/coverage.sh $(MINIMUM)\n",
            },
            "90 %",
            ("Makefile", 1),
        ),
        "the script's own threshold": passes(
            {**run("sh scripts/coverage.sh"), "scripts/coverage.sh": COVERAGE_SH}, "85 %", ("scripts/coverage.sh", 2)
        ),
        "handed in by the step": passes(
            {**run("sh scripts/coverage.sh 95"), "scripts/coverage.sh": COVERAGE_SH}, "95 %", (CI, 7)
        ),
        "a test of the shell": passes(
            run("total=$(go tool cover -func=c.out | tail -1)\n          if [ ${total%.*} -lt 82 ]; then exit 1; fi"),
            "82 %",
            (CI, 8),
        ),
        "bc": passes(
            run('total=$(go tool cover -func c)\n          if (( $(echo "$total < 83.5" | bc -l) )); then exit 1; fi'),
            "83.5 %",
        ),
        "an arithmetic test": passes(
            run("MIN=84\n          go test -cover ./...\n          (( total >= MIN )) || exit 1"), "84 %", (CI, 7)
        ),
        "go-test-coverage by flag": passes(
            run("go-test-coverage --profile=c.out --threshold-total=86"), "86 %", (CI, 7)
        ),
        "go-test-coverage by settings": passes(
            {
                **run("go run github.com/vladopajic/go-test-coverage/v2@v2 --config=.testcoverage.yml"),
                ".testcoverage.yml": "threshold:\n  total: 87\n",
            },
            "87 %",
            (".testcoverage.yml", 2),
        ),
        "go-test-coverage by its action": passes(
            ci(f"{{uses: vladopajic/go-test-coverage@{SHA}, with: {{profile: c.out, threshold-total: 88}}}}"),
            "88 %",
            (CI, 6),
        ),
        "octocov": passes(
            {**ci(f"uses: k1LoW/octocov-action@{SHA}"), ".octocov.yml": "coverage:\n  acceptable: 81%\n"},
            "81 %",
            (".octocov.yml", 2),
        ),
        "Codecov": passes(
            {
                **ci(f"uses: codecov/codecov-action@{SHA}"),
                "codecov.yml": "coverage: {status: {project: {default: {target: 80%}}}}\n",
            },
            "80 %",
            ("codecov.yml", 1),
        ),
        "too low": fails(run(AWK.format(79)), "79 %; 80 % is the least", (CI, 7)),
        "the make variable is lowered": fails(
            {
                **run("make cover"),
                "scripts/coverage.sh": COVERAGE_SH,
                "Makefile": "MINIMUM := 60\ncover:\n\tsh scripts/coverage.sh $(MINIMUM)\n",
            },
            "60 %",
            ("Makefile", 1),
        ),
        "the step overrides the makefile": fails(
            {
                **run("make cover MINIMUM=50"),
                "scripts/coverage.sh": COVERAGE_SH,
                "Makefile": "MINIMUM := 90\ncover:\n\tsh scripts/coverage.sh $(MINIMUM)\n",
            },
            "50 %",
            (CI, 7),
        ),
        "compared without an end": fails(
            run("go test -cover ./... | awk '{ if ($5 < 80) print \"low\" }'"), "does not fail when it is low", (CI, 7)
        ),
        "measured only": fails(run("go test -coverprofile=c.out ./..."), "does not fail", (CI, 7)),
        "a failure is let pass": fails(run(AWK.format(80) + " || true"), "does not fail"),
        "Codecov informs only": fails(
            {
                **ci(f"uses: codecov/codecov-action@{SHA}"),
                "codecov.yml": "coverage: {status: {project: {default: {target: 80%, informational: true}}}}\n",
            },
            "does not measure",
        ),
        "Codecov's own judgement": fails(
            {
                **ci(f"uses: codecov/codecov-action@{SHA}"),
                "codecov.yml": "coverage: {status: {project: {default: {target: auto}}}}\n",
            },
            "does not measure",
        ),
        "a number of something else": fails(
            run("go test ./...\n          [ $(nproc) -lt 90 ] || exit 1"), "does not measure"
        ),
        "for releases only": fails(ci(f"run: {AWK.format(90)}", on="release"), "does not fail"),
        "nothing": fails(CODE, "does not measure"),
        "no Go": skips({CI: "on: push\n"}),
        "elsewhere": errs({**CODE, CI: ELSEWHERE}, "org/shared"),
        "settings that are not YAML": errs(
            {**ci(f"uses: vladopajic/go-test-coverage@{SHA}"), ".testcoverage.yml": "a: ["}
        ),
    },
    "api-contract": {
        "Redocly and oasdiff": passes(
            api(
                "npx --yes @redocly/cli@2 lint api/rest/openapi.yaml",
                "go run github.com/oasdiff/oasdiff@v1 breaking a b",
            ),
            "linted and it is compared",
            (CI, 7),
        ),
        "Spectral and an action": passes(
            {
                **ci(
                    "run: npx @stoplight/spectral-cli lint api/rest/openapi.yaml",
                    f"uses: oasdiff/oasdiff-action/breaking@{SHA}",
                ),
                SPEC: DOCUMENT,
            }
        ),
        "vacuum, and a changelog that fails": passes(
            api("docker run --rm -v $PWD:/w dshanley/vacuum lint /w/api.yaml", "oasdiff changelog --fail-on ERR a b")
        ),
        "protobuf": passes(
            {
                **ci("run: buf lint && buf breaking --against '.git#branch=main'"),
                "api/proto/a.proto": 'syntax = "proto3";\n',
            },
            "protobuf files are linted",
        ),
        "buf's action does both": passes({**ci(f"uses: bufbuild/buf-action@{SHA}"), "a.proto": ""}, at=(CI, 6)),
        "buf's older actions": passes(
            {**ci(f"uses: bufbuild/buf-lint-action@{SHA}", f"uses: bufbuild/buf-breaking-action@{SHA}"), "a.proto": ""}
        ),
        "GraphQL, by a program of its own": passes(
            {**ci("run: go run ./tools/graphqldiff origin/main"), SCHEMA: "type Query { a: Int }\n"},
            "the GraphQL schema is compared",
            (CI, 6),
        ),
        "GraphQL, by the inspector": passes(
            {**ci("run: npx @graphql-inspector/cli diff a b"), "api/schema.graphql": "type Query { a: Int }\n"}
        ),
        "GraphQL, by an action": passes({**ci(f"uses: the-guild-org/graphql-inspector@{SHA}"), SCHEMA: ""}),
        "GraphQL that nothing compares": fails(
            {**ci("run: npx @graphql-inspector/cli validate a b"), SCHEMA: ""},
            "GraphQL schema is compared",
            (SCHEMA, 0),
        ),
        "OpenAPI is, GraphQL is not": fails(
            {**api("redocly lint a", "oasdiff breaking a b"), SCHEMA: ""}, "that the GraphQL schema is compared"
        ),
        "queries of a client": skips({**ci("run: make"), "client/tasks.graphql": "query { a }\n"}),
        "no linter": fails(api("oasdiff breaking a b"), "the OpenAPI document is linted.", (SPEC, 0)),
        "no comparison": fails(api("redocly lint a"), "it is compared with what was."),
        "bundled, not linted": fails(api("redocly bundle a", "oasdiff breaking a b"), "is linted."),
        "a changelog that only tells": fails(api("redocly lint a", "oasdiff changelog a b"), "is compared"),
        "a failure is let pass": fails(api("redocly lint a || true", "oasdiff breaking a b"), "is linted."),
        "buf without comparison": fails(
            {**ci(f"{{uses: bufbuild/buf-action@{SHA}, with: {{breaking: false}}}}"), "a.proto": ""},
            "are compared",
            ("a.proto", 0),
        ),
        "OpenAPI is, protobuf is not": fails(
            {**api("redocly lint a", "oasdiff breaking a b"), "a.proto": ""}, "protobuf files are linted and protobuf"
        ),
        "Swagger as JSON": fails({**CODE, "docs/swagger.json": "{}"}, "is linted"),
        "no API": skips({**ci("run: make"), "api/rest/config.yaml": "package: rest\n"}, "no OpenAPI document"),
        "somebody else's": skips({**ci("run: make"), "vendor/a/openapi.yaml": DOCUMENT, "third_party/a.proto": ""}),
        "elsewhere": errs({SPEC: DOCUMENT, CI: ELSEWHERE}, "org/shared"),
        "not YAML": errs({SPEC: "openapi: [\n"}),
    },
    "supply-chain": {
        "Docker's build and GitHub's attestation": passes(
            release(BUILD, ATTEST), "SBOM, its provenance and a signature", (RELEASE, 6)
        ),
        "commands": passes(
            release(
                "run: docker buildx build --push --sbom=true --provenance mode=max .",
                "run: cosign sign --yes ghcr.io/a/b@$DIGEST",
            ),
            at=(RELEASE, 7),
        ),
        "syft and cosign": passes(
            release("run: syft ghcr.io/a/b -o spdx-json > s", "run: cosign attest --yes --predicate s ghcr.io/a/b")
        ),
        "GoReleaser": passes(
            release(
                f"uses: goreleaser/goreleaser-action@{SHA}",
                ATTEST,
                **{".goreleaser.yaml": "sboms: [{artifacts: archive}]\nsigns: [{cmd: cosign}]\n"},
            )
        ),
        "on a release": passes(release(BUILD, ATTEST, on="release")),
        "a Go program without an image": passes({**CODE, RELEASE: release(BUILD, ATTEST)[RELEASE]}),
        "no release": fails({"Dockerfile": "FROM scratch\n", **ci("run: make")}, "No workflow releases"),
        "nothing but a push": fails(
            release("run: docker buildx build --push ."),
            "lacks an SBOM, an attestation of provenance and a signature",
            (RELEASE, 1),
        ),
        "no SBOM": fails(
            release("run: docker buildx build --provenance=true .", "run: cosign sign x"), "lacks an SBOM."
        ),
        "SBOM turned off": fails(release("run: docker buildx build --sbom=false .", ATTEST), "lacks an SBOM."),
        "no signature": fails(release(BUILD), "lacks a signature."),
        "no provenance": fails(
            release("run: syft a -o json", "run: cosign sign a"), "lacks an attestation of provenance."
        ),
        "in another workflow": fails({**release("run: make"), **ci(BUILD, ATTEST)}, "lacks an SBOM"),
        "a failure is let pass": fails(release(BUILD, "run: cosign sign a || true"), "lacks a signature"),
        "nothing to release": skips({"a/b.go": "package b\n"}, "nothing to release"),
        "elsewhere": errs({**CODE, RELEASE: ELSEWHERE.replace("on: push", "on: release")}, "org/shared"),
        "not YAML": errs({**CODE, RELEASE: "on: ["}),
    },
}


@each(CASES)
def test_case(check: str, case: Case) -> None:
    case.verify(check)
