"""The rendered blank service is gold; each hand-made mutation of it fails exactly the checks that it should.

Whoever edits a guarding file fails `guards-intact` too, and whoever edits or removes a platform-owned one
`platform-files-in-sync`: the table names what else falls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from conformance.models import Service, Verdict
from conformance.services import scans
from tests.conformance.scanning.conftest import MakeService, commit, text_of
from tests.templates.sets import SETS, answers_for

pytestmark = pytest.mark.django_db

CI = ".github/workflows/ci.yml"
DOCKERFILE = "deployments/docker/Dockerfile"
DEPLOYMENT = "deployments/k8s/base/deployment.yaml"
KUSTOMIZATION = "deployments/k8s/base/kustomization.yaml"
EXTRA_WORKFLOW = """\
name: Extra
on: [workflow_dispatch]
permissions: {}
jobs:
  extra:
    runs-on: ubuntu-24.04
    permissions: {contents: read}
    steps:
      - uses: actions/checkout@v5
        with: {persist-credentials: false}
      - run: make test
"""
SYNC, GUARDS = "platform-files-in-sync", "guards-intact"


@dataclass(frozen=True)
class Mutation:
    """What is done to the files of a service, and which checks fail then."""

    fails: frozenset[str]
    edits: tuple[tuple[str, str, str], ...] = ()
    removed: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()


def guard(*edits: tuple[str, str, str], fails: str = "", removed: tuple[str, ...] = ()) -> Mutation:
    """Mutate a guarding file, or several."""
    return Mutation(frozenset([*fails.split(), SYNC, GUARDS]), edits, removed)


def platform(*edits: tuple[str, str, str], fails: str = "", removed: tuple[str, ...] = ()) -> Mutation:
    """Mutate a platform-owned file that does not guard."""
    return Mutation(frozenset([*fails.split(), SYNC]), edits, removed)


def team(
    *edits: tuple[str, str, str],
    fails: str,
    removed: tuple[str, ...] = (),
    written: tuple[tuple[str, str], ...] = (),
) -> Mutation:
    """Mutate what belongs to the team."""
    return Mutation(frozenset(fails.split()), edits, removed, written)


MUTATIONS = {
    "probe path changed": guard((DEPLOYMENT, "path: /readyz", "path: /ready"), fails="probe-routes"),
    "root user": guard((DOCKERFILE, "USER 65532:65532", "USER 0"), fails="dockerfile-user dockerfile-lint"),
    "base image not pinned": guard(fails="dockerfile-base-pinned dockerfile-lint"),
    "foreign base image": guard(
        (DOCKERFILE, "gcr.io/distroless/static-debian12:nonroot", "registry.example.com/own/base:1.2"),
        fails="base-images-approved",
    ),
    "coverage gate lowered": guard(
        ("Makefile", "COVERAGE_MINIMUM := 90", "COVERAGE_MINIMUM := 20"), fails="coverage-gate"
    ),
    "coverage gate and race detector removed": guard(
        (CI, "run: make cover", "run: make test"), fails="coverage-gate race-tests"
    ),
    "permission to write everything": guard(
        (CI, "permissions: {}", "permissions: write-all"), fails="workflow-permissions"
    ),
    "vulnerabilities not looked for": guard((CI, "run: make vuln", "run: make build"), fails="vulnerability-scan"),
    "linter weakened": guard((".golangci.yml", "    - gosec\n", ""), fails="linter-config"),
    "dependencies not updated": guard(
        (".github/dependabot.yml", "package-ecosystem: docker", "package-ecosystem: npm"), fails="dependency-updates"
    ),
    "writable root file system": guard(
        (DEPLOYMENT, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
        fails="kubernetes-security-context",
    ),
    "token mounted": guard(
        (DEPLOYMENT, "automountServiceAccountToken: false", "automountServiceAccountToken: true"),
        fails="kubernetes-service-account",
    ),
    "one replica": platform(
        ("deployments/k8s/base/horizontalpodautoscaler.yaml", "minReplicas: 2", "minReplicas: 1"), fails="autoscaling"
    ),
    "network policy removed": guard(
        (KUSTOMIZATION, "  - networkpolicy.yaml\n", ""),
        fails="network-policy",
        removed=("deployments/k8s/base/networkpolicy.yaml",),
    ),
    "disruption budget removed": guard(
        (KUSTOMIZATION, "  - poddisruptionbudget.yaml\n", ""),
        fails="disruption-budget",
        removed=("deployments/k8s/base/poddisruptionbudget.yaml",),
    ),
    "port changed": platform(
        ("deployments/k8s/base/service.yaml", "targetPort: http", "targetPort: 8081"), fails="ports-agree"
    ),
    "manifest misspelt": guard((DEPLOYMENT, "containers:", "containerz:"), fails="kubernetes-valid ports-agree"),
    "timeouts removed": platform(fails="server-timeouts"),
    "replaced by a folder": platform(fails="go-modules-released"),
    "go.mod removed": platform(fails="go-modules-tidy", removed=("go.mod",)),
    "unformatted logs": team(
        fails="structured-logs",
        written=(
            (
                "internal/services/loud.go",
                'package services\n\nimport "fmt"\n\n// Shout prints.\nfunc Shout() { fmt.Println("!") }\n',
            ),
        ),
    ),
    "action not pinned": team(
        fails="actions-pinned",
        written=(
            (
                ".github/workflows/extra.yml",
                EXTRA_WORKFLOW,
            ),
        ),
    ),
    "secret committed": team(
        fails="no-secrets",
        written=(("config.env", "TOKEN=ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8\n"),),
    ),
    "readme emptied": team(fails="readme-content", written=(("README.md", "# Ledger\n\nSoon.\n"),)),
    "licence removed": team(fails="license-present", removed=("LICENSE",)),
    "another team's review": team(
        (".github/CODEOWNERS", "@goldpath/payments", "@goldpath/identity"), fails="codeowners-owners"
    ),
    "runbook emptied": team(fails="runbook", written=(("docs/runbook.md", "# Runbook\n\nTo be written.\n"),)),
    "no way to report": team(fails="security-policy", removed=("SECURITY.md",)),
    "no objectives": team(fails="service-level-objectives", removed=("docs/slo.yaml",)),
    "lock edited": team(
        (".goldpath/lock.json", '"lifecycle": "production"', '"lifecycle": "retired"'), fails="template-pointer"
    ),
}


def _without(service: Service, path: str, *starts: str) -> dict[str, str]:
    lines = text_of(service, path).splitlines(keepends=True)
    return {path: "".join(line for line in lines if not line.strip().startswith(starts))}


def _timeouts(service: Service) -> dict[str, str]:
    return _without(service, "pkg/httpserver/server.go", "ReadHeaderTimeout:", "ReadTimeout:")


def _unpinned(service: Service) -> dict[str, str]:
    start = "FROM gcr.io/distroless/static-debian12"
    lines = text_of(service, DOCKERFILE).splitlines()
    return {DOCKERFILE: "".join((start if line.startswith(start) else line) + "\n" for line in lines)}


def _local_replace(service: Service) -> dict[str, str]:
    return {"go.mod": text_of(service, "go.mod") + "\nreplace github.com/gin-gonic/gin => ../gin\n"}


MADE: dict[str, Callable[[Service], dict[str, str]]] = {
    "timeouts removed": _timeouts,
    "replaced by a folder": _local_replace,
    "base image not pinned": _unpinned,
}


def failing(service: Service) -> set[str]:
    """Return the checks that do not pass, whatever they say instead."""
    rows = Verdict.objects.filter(service=service).exclude(standing__in=["pass", "not-applicable"])
    return set(rows.values_list("check_id", flat=True))


@pytest.mark.parametrize("name", SETS)
def test_the_rendered_blank_service_is_gold_with_no_waiver(make_service: MakeService, name: str) -> None:
    found = scans.scan(make_service(**answers_for(name)).pk)
    problems = Verdict.objects.exclude(standing__in=["pass", "not-applicable"])
    assert [(row.check_id, row.standing, row.message) for row in problems] == []
    assert (found.level, found.score, found.waived, found.is_held) == ("gold", 100, 0, False)
    assert found.not_applicable <= 2


def test_a_service_that_compares_no_graphql_schema_is_not_gold(make_service: MakeService) -> None:
    service = make_service(**answers_for("guarded-graphql"))
    makefile = text_of(service, "Makefile")
    assert "go run ./tools/graphqldiff" in makefile
    commit(service, {"Makefile": makefile.replace("go run ./tools/graphqldiff", "@: skipped")})
    found = scans.scan(service.pk)
    assert failing(found) == {"api-contract", SYNC, GUARDS}
    assert found.level != "gold"


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_fails_exactly_the_checks_that_it_should(service: Service, name: str) -> None:
    mutation = MUTATIONS[name]
    written = {**dict(mutation.written), **(MADE[name](service) if name in MADE else {})}
    for path, find, by in mutation.edits:
        text = written.get(path) or text_of(service, path)
        assert find in text, f"{find!r} is not in {path}"
        written[path] = text.replace(find, by, 1)
    commit(service, written, removed=mutation.removed)
    found = scans.scan(service.pk)
    assert failing(found) == mutation.fails
    assert found.level != "gold"
