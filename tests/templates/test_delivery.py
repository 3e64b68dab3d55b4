"""What the library renders around the Go code, judged without Go: workflows, image, manifests, promises, documents."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.templates.conftest import ROOT
from tests.templates.renders import documents, rendered_set, workflow_jobs
from tests.templates.sets import SETS, built

PINNED = re.compile(r"uses: (?P<action>[\w.-]+/[\w./-]+)@(?P<commit>[0-9a-f]{40}) # v(?P<release>\d+\.\d+\.\d+)")
CI_JOBS = {
    "Build and vet",
    "Test",
    "Lint",
    "Known vulnerabilities",
    "API contract",
    "Secrets",
    "Image and manifests",
}
NEEDED_PORTS = {"postgres": 5432, "redis": 6379, "jwt": 443}
NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": 63}
METADATA = {"type": "object", "required": ["name"], "properties": {"name": NAME, "displayName": {"type": "string"}}}
SOURCE = {
    "type": "object",
    "required": ["metricSource"],
    "properties": {
        "metricSource": {
            "type": "object",
            "required": ["type", "spec"],
            "properties": {"type": {"const": "Prometheus"}, "spec": {"type": "object", "required": ["query"]}},
        }
    },
}
# The parts of https://github.com/OpenSLO/OpenSLO, schemas/v1, that a ratio over a rolling window needs.
SLO_SPEC = {
    "type": "object",
    "required": ["description", "service", "indicator", "timeWindow", "budgetingMethod", "objectives"],
    "additionalProperties": False,
    "properties": {
        "description": {"type": "string", "maxLength": 1050},
        "service": NAME,
        "indicator": {
            "type": "object",
            "required": ["metadata", "spec"],
            "properties": {
                "metadata": METADATA,
                "spec": {
                    "type": "object",
                    "required": ["ratioMetric"],
                    "properties": {
                        "ratioMetric": {
                            "type": "object",
                            "required": ["counter", "good", "total"],
                            "properties": {"counter": {"type": "boolean"}, "good": SOURCE, "total": SOURCE},
                        }
                    },
                },
            },
        },
        "timeWindow": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "properties": {
                    "duration": {"type": "string", "pattern": "^[1-9][0-9]*[mhdwMQY]$"},
                    "isRolling": {"const": True},
                },
                "required": ["duration", "isRolling"],
            },
        },
        "budgetingMethod": {"const": "Occurrences"},
        "objectives": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["target"],
                "properties": {"target": {"type": "number", "minimum": 0, "exclusiveMaximum": 1}},
            },
        },
    },
}


@pytest.fixture(scope="module", params=built())
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered_set(tmp_path_factory.mktemp("render") / request.param, request.param)


def has(folder: Path, *capabilities: str) -> bool:
    """Tell whether the set that was rendered holds one of these capabilities."""
    return bool({*capabilities} & {*SETS[folder.name]})


def judged(folder: Path, tool: str, *arguments: str) -> None:
    """Run one of the judges of the virtual environment; what it finds fails the test."""
    own = Path(sys.executable).parent / tool
    command = str(own) if own.exists() else shutil.which(tool)
    assert command, f"{tool} is not installed: make dev"
    done = subprocess.run(
        [command, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout


def text(folder: Path, *paths: str) -> str:
    return "\n".join((folder / path).read_text(encoding="utf-8") for path in paths)


def workflows(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in sorted((folder / ".github" / "workflows").iterdir())]


def test_workflows_are_valid_and_safe(folder: Path) -> None:
    judged(folder, "actionlint", *workflows(folder))
    judged(folder, "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows(folder))
    judged(folder, "check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
    judged(folder, "zizmor", "--offline", "--persona=auditor", ".github")


def test_actions_are_pinned_once_and_name_their_release(folder: Path) -> None:
    pins: dict[str, set[str]] = {}
    for path in workflows(folder):
        for line in text(folder, path).splitlines():
            if "uses:" in line:
                found = PINNED.search(line)
                assert found, f"{path}: {line.strip()}"
                pins.setdefault(found["action"], set()).add(found["commit"])
    assert {action for action, commits in pins.items() if len(commits) > 1} == set()


def test_jobs_have_least_rights_and_an_end(folder: Path) -> None:
    for name, job in workflow_jobs(folder).items():
        assert job["timeout-minutes"] <= 30, name
        may_write = {right for right, kind in job["permissions"].items() if kind != "read"}
        assert not may_write or name in {"release.yml:image", "release.yml:notes"}, name
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name
    for path in workflows(folder):
        assert documents(folder / path)[0]["permissions"] == {}, path


def test_names_of_required_jobs_stay(folder: Path) -> None:
    ci = {job["name"] for name, job in workflow_jobs(folder).items() if name.startswith("ci.yml:")}
    assert ci == ci_jobs(folder)


def ci_jobs(folder: Path) -> set[str]:
    """Return the names of the jobs that a render must have: a service without an API has no contract."""
    return CI_JOBS if has(folder, "rest", "grpc", "graphql") else CI_JOBS - {"API contract"}


def test_a_release_is_tested_signed_and_attested_before_it_is_announced(folder: Path) -> None:
    jobs = {name.partition(":")[2]: job for name, job in workflow_jobs(folder).items() if name.startswith("release")}
    assert jobs["image"]["needs"] == "test"
    assert jobs["notes"]["needs"] == "image"
    steps = jobs["image"]["steps"]
    (push,) = (step for step in steps if "docker/build-push-action@" in step.get("uses", ""))
    assert push["with"]["sbom"] is True
    assert push["with"]["provenance"] == "mode=max"
    assert any("cosign sign" in step.get("run", "") for step in steps)
    (attest,) = (step for step in steps if "attest-build-provenance@" in step.get("uses", ""))
    assert "steps.push.outputs.digest" in attest["with"]["subject-digest"]


def test_the_image_is_built_as_hadolint_wants_with_the_toolchain_of_the_module(folder: Path) -> None:
    judged(folder, "hadolint", *(str(path) for path in sorted(folder.rglob("*Dockerfile"))))
    dockerfile = text(folder, "deployments/docker/Dockerfile")
    images = re.findall(r"^FROM (?:--platform=\S+ )?(\S+)", dockerfile, re.MULTILINE)
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for image in images)
    toolchain = re.search(r"^toolchain go(\S+)$", text(folder, "go.mod"), re.MULTILINE)
    assert toolchain, "go.mod pins the toolchain"
    assert images[0].startswith(f"golang:{toolchain[1]}-")


def test_every_image_is_pinned_by_its_digest(folder: Path) -> None:
    for path in (*workflows(folder), "deployments/docker/compose.yaml"):
        for line in text(folder, path).splitlines():
            if line.strip().startswith("image: "):
                assert re.search(r"@sha256:[0-9a-f]{64}$", line) or "${{" in line, f"{path}: {line.strip()}"


def test_the_compose_file_is_as_the_specification_wants(folder: Path) -> None:
    judged(folder, "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deployments/docker/compose.yaml")


def manifests(folder: Path) -> list[Path]:
    paths = sorted((folder / "deployments" / "k8s").rglob("*.yaml"))
    return [path for path in paths if path.name not in {"kustomization.yaml", "config.yaml"}]


def test_manifests_have_the_schema_of_kubernetes(folder: Path) -> None:
    known = [path for path in manifests(folder) if "monitoring" not in path.parts]
    assert known
    for version in ("1.30", "1.37"):
        judged(folder, "kubernetes-validate", "--strict", "-k", version, *map(str, known))


def test_every_manifest_is_in_its_kustomization(folder: Path) -> None:
    for path in manifests(folder):
        (kustomization,) = documents(path.with_name("kustomization.yaml"))
        assert path.name in kustomization["resources"], path


def pod_templates(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    base = folder / "deployments" / "k8s" / "base"
    found = [document for path in sorted(base.glob("*.yaml")) for document in documents(path)]
    return [(item["kind"], item["spec"]["template"]["spec"]) for item in found if "template" in item.get("spec", {})]


def test_pods_may_do_nothing_that_they_need_not(folder: Path) -> None:
    templates = pod_templates(folder)
    assert {kind for kind, _ in templates} >= {"Deployment"}
    for kind, pod in templates:
        assert pod["automountServiceAccountToken"] is False, kind
        assert pod["securityContext"]["runAsNonRoot"] is True, kind
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, kind
        for container in pod["containers"]:
            own = container["securityContext"]
            assert own["readOnlyRootFilesystem"] is True, kind
            assert own["allowPrivilegeEscalation"] is False, kind
            assert own["capabilities"] == {"drop": ["ALL"]}, kind
            assert container["resources"]["requests"].keys() == container["resources"]["limits"].keys(), kind
            assert re.search(r":v\d", container["image"]), kind


def test_jobs_have_the_secrets_without_which_the_configuration_is_refused(folder: Path) -> None:
    files: dict[str, set[str]] = {}
    for kind, pod in pod_templates(folder):
        (container,) = pod["containers"]
        files[kind] = {each["name"] for each in container["env"] if each["name"].endswith("_FILE")}
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        for each in container["env"]:
            if each["name"].endswith("_FILE"):
                assert each["value"].rpartition("/")[0] in mounted, each["name"]
    wanted = {"APP_CONFIG_FILE"} | ({"APP_CRYPTO_KEYS_FILE"} if has(folder, "crypto") else set())
    assert all(wanted <= found <= files["Deployment"] for found in files.values()), files


def test_policies_and_budgets_select_pods_before_anything_is_added_to_them(folder: Path) -> None:
    base = folder / "deployments" / "k8s" / "base"
    found = [document for path in sorted(base.glob("*.yaml")) for document in documents(path)]
    kinds = {"NetworkPolicy": "podSelector", "PodDisruptionBudget": "selector", "Deployment": "selector"}
    labels = [item["spec"]["template"]["metadata"]["labels"] for item in found if "template" in item.get("spec", {})]
    for item in (each for each in found if each.get("kind") in kinds):
        wanted = item["spec"][kinds[item["kind"]]]["matchLabels"].items()
        assert any(wanted <= each.items() for each in labels), item["metadata"]["name"]
        if item["kind"] == "NetworkPolicy":
            assert all(wanted <= each.items() for each in labels), item["metadata"]["name"]


def test_the_service_can_lose_a_node_and_reach_what_it_needs(folder: Path) -> None:
    base = folder / "deployments" / "k8s" / "base"
    (scaler,) = documents(base / "horizontalpodautoscaler.yaml")
    assert scaler["spec"]["minReplicas"] >= 2
    (budget,) = documents(base / "poddisruptionbudget.yaml")
    assert budget["spec"]["maxUnavailable"] == 1
    ((_, pod),) = (each for each in pod_templates(folder) if each[0] == "Deployment")
    assert {each["topologyKey"] for each in pod["topologySpreadConstraints"]} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    deny, allow = documents(base / "networkpolicy.yaml")
    assert deny["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny["spec"]
    assert "egress" not in deny["spec"]
    ports = {port["port"] for rule in allow["spec"]["egress"] for port in rule["ports"]}
    assert ports == {53, 4317, 4318}.union(port for name, port in NEEDED_PORTS.items() if has(folder, name))


def queries(folder: Path) -> list[str]:
    services = documents(folder / "docs" / "slo.yaml")
    ratios = [item["spec"]["indicator"]["spec"]["ratioMetric"] for item in services if item["kind"] == "SLO"]
    asked = [ratio[part]["metricSource"]["spec"]["query"] for ratio in ratios for part in ("good", "total")]
    (rules,) = documents(folder / "deployments" / "k8s" / "components" / "monitoring" / "prometheusrule.yaml")
    return asked + [rule["expr"] for group in rules["spec"]["groups"] for rule in group["rules"]]


def test_promises_are_openslo(folder: Path) -> None:
    service, *objectives = documents(folder / "docs" / "slo.yaml")
    assert (service["apiVersion"], service["kind"]) == ("openslo/v1", "Service")
    promised = 2 * has(folder, "rest", "graphql") + 2 * has(folder, "grpc") + has(folder, "graphql")
    assert len(objectives) == (promised or 1)
    for objective in objectives:
        assert (objective["apiVersion"], objective["kind"]) == ("openslo/v1", "SLO")
        Draft202012Validator(METADATA).validate(objective["metadata"])
        Draft202012Validator(SLO_SPEC).validate(objective["spec"])
        assert objective["spec"]["service"] == service["metadata"]["name"]


def test_promises_and_alerts_ask_for_metrics_that_the_service_has(folder: Path) -> None:
    source = text(folder, "pkg/metrics/metrics.go")
    measured = set(re.findall(r'Name:\s+"(\w+)"', source))
    labels = set(re.findall(r'"(\w+)"', re.search(r"\[\]string\{([^}]*)\}", source)[1]))  # type: ignore[index]
    buckets = {float(each) for each in re.search(r"Buckets: \[\]float64\{([^}]*)\}", source)[1].split(",")}  # type: ignore[index]
    for query in queries(folder):
        for metric, selector in re.findall(r"\b(http_server_\w+)\{([^}]*)\}", query):
            assert re.sub(r"_(bucket|count|sum)$", "", metric) in measured, query
            used = set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", selector))
            assert "job" in used, query
            assert used <= labels | {"job", "le"}, query
            assert {float(bound) for bound in re.findall(r'le="([^"]+)"', selector)} <= buckets, query


def test_alerts_read_what_the_rules_record_and_say_what_to_do(folder: Path) -> None:
    (rule,) = documents(folder / "deployments" / "k8s" / "components" / "monitoring" / "prometheusrule.yaml")
    rules = [each for group in rule["spec"]["groups"] for each in group["rules"]]
    recorded = {each["record"] for each in rules if "record" in each}
    read = {name for each in rules if "alert" in each for name in re.findall(r"\bjob:\w+:\w+", each["expr"])}
    assert read == recorded
    runbook = text(folder, "docs/runbook.md")
    for alert in (each for each in rules if "alert" in each):
        assert f"**{alert['alert']}.**" in runbook
        assert "runbook" in alert["annotations"]


def test_the_licence_is_the_unchanged_text(folder: Path) -> None:
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_every_job_of_ci_is_explained(folder: Path) -> None:
    contributing = text(folder, "CONTRIBUTING.md")
    explained = set(re.findall(r"^\| ([A-Z][^|]+) \|", contributing, re.MULTILINE))
    assert ci_jobs(folder) <= explained
    assert CI_JOBS & explained <= ci_jobs(folder)


def test_the_lock_knows_who_owns_what_is_new(folder: Path) -> None:
    files = json.loads((folder / ".goldpath" / "lock.json").read_text(encoding="utf-8"))["files"]
    rest = has(folder, "rest")
    for path in (*workflows(folder), ".github/dependabot.yml", *[".spectral.yaml"] * rest):
        assert (files[path]["class"], files[path]["guard"]) == ("platform", True), path
    changes = ["api/rest/breaking-changes.txt"] * rest
    for path in ("LICENSE", "SECURITY.md", "CONTRIBUTING.md", "docs/slo.yaml", *changes):
        assert files[path]["class"] == "team", path
    assert ("tools/openapi/package-lock.json" in files) == rest
    assert files.get("tools/openapi/package-lock.json", {"class": "generated"})["class"] == "generated"


def test_npm_packages_are_pinned_with_their_checksums(folder: Path) -> None:
    if not has(folder, "rest"):
        assert list(folder.rglob("package.json")) == []
        return
    lock = json.loads(text(folder, "tools/openapi/package-lock.json"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []
    wanted = json.loads(text(folder, "tools/openapi/package.json"))["devDependencies"]
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
