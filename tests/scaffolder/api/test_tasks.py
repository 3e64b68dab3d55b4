"""Runs on the wire."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from portal.foundation.models import ApiToken
from scaffolder import services
from scaffolder.api import polling
from scaffolder.choices import RunStatus
from scaffolder.models import Run, RunEvent
from tests.scaffolder.api.conftest import BASE
from tests.scaffolder.fixed import REF

GOLDEN = Path(__file__).parents[2] / "golden" / "scaffolder"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def assert_golden(name: str, found: Any) -> None:
    """Compare with the recorded answer; times and ids were replaced."""
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert found == expected


def neutral(data: Any, task_id: str) -> Any:
    text = TIME.sub("TIME", json.dumps(data)).replace(task_id, "TASK")
    return json.loads(text)


def end(task_id: str, status: RunStatus = RunStatus.COMPLETED) -> None:
    run = Run.objects.get(pk=task_id)
    Run.objects.filter(pk=task_id).update(status=status, ended_at=timezone.now())
    body = {"message": f"Run completed with status: {status.value}", "output": {"links": []}}
    RunEvent.objects.create(run=run, type="completion", body=body)


def test_a_task_has_exactly_the_documented_keys(client: APIClient, task_id: str) -> None:
    found = client.get(f"{BASE}/tasks/{task_id}")
    assert found["Content-Type"] == "application/json; charset=utf-8"
    assert_golden("task", neutral(found.json(), task_id))


def test_a_running_task_tells_its_heartbeat(client: APIClient, task_id: str) -> None:
    now = timezone.now()
    Run.objects.filter(pk=task_id).update(status=RunStatus.RUNNING, lease_expires_at=now)
    found = client.get(f"{BASE}/tasks/{task_id}").json()
    assert set(found) == {"id", "spec", "status", "createdAt", "createdBy", "lastHeartbeatAt"}
    assert TIME.fullmatch(found["lastHeartbeatAt"])


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (RunStatus.QUEUED, "processing"),
        (RunStatus.RUNNING, "processing"),
        (RunStatus.CANCELLING, "processing"),
        (RunStatus.COMPLETED, "completed"),
        (RunStatus.FAILED, "failed"),
        (RunStatus.CANCELLED, "cancelled"),
    ],
)
def test_a_status_is_told_in_backstages_words(client: APIClient, task_id: str, status: RunStatus, word: str) -> None:
    Run.objects.filter(pk=task_id).update(status=status)
    assert client.get(f"{BASE}/tasks/{task_id}").json()["status"] == word
    assert client.get(f"{BASE}/tasks", {"status": word}).json()["totalTasks"] == 1


def test_starting_over_is_offered_unless_the_run_completed(client: APIClient, task_id: str) -> None:
    def strategy() -> str:
        spec = client.get(f"{BASE}/tasks/{task_id}").json()["spec"]
        return str(spec["EXPERIMENTAL_recovery"]["EXPERIMENTAL_strategy"])

    assert strategy() == "startOver"
    Run.objects.filter(pk=task_id).update(status=RunStatus.COMPLETED)
    assert strategy() == "none"


def test_a_request_without_a_token_is_refused(client: APIClient, task_id: str) -> None:
    for path in ("tasks", f"tasks/{task_id}", f"tasks/{task_id}/events", "actions"):
        response = APIClient().get(f"{BASE}/{path}")
        assert response.status_code == 401
        assert response.json()["error"]["name"] == "AuthenticationError"


def test_a_forged_token_is_refused(client: APIClient, task_id: str) -> None:
    forged = APIClient()
    forged.credentials(HTTP_AUTHORIZATION="Bearer gp_" + "0" * 64)
    assert forged.get(f"{BASE}/tasks/{task_id}").status_code == 401
    assert forged.post(f"{BASE}/tasks/{task_id}/cancel").status_code == 401


def test_an_expired_token_is_refused(client: APIClient, task_id: str) -> None:
    ApiToken.objects.update(expiry=timezone.now())
    assert client.get(f"{BASE}/tasks/{task_id}").status_code == 401


def test_another_teams_run_is_not_found(outsider: APIClient, task_id: str) -> None:
    assert outsider.get(f"{BASE}/tasks/{task_id}").status_code == 404
    assert outsider.get(f"{BASE}/tasks/{task_id}/events").status_code == 404
    assert outsider.post(f"{BASE}/tasks/{task_id}/cancel").status_code == 404
    assert outsider.post(f"{BASE}/tasks/{task_id}/retry", {}, format="json").status_code == 404
    assert outsider.get(f"{BASE}/tasks").json() == {"tasks": [], "totalTasks": 0}
    assert Run.objects.get(pk=task_id).status == RunStatus.QUEUED


@pytest.mark.parametrize("task", ["00000000-0000-4000-8000-000000000000", "not-a-uuid", "%00", "..%2f.."])
def test_a_task_that_never_was_is_not_found_in_the_envelope(client: APIClient, task: str) -> None:
    response = client.get(f"{BASE}/tasks/{task}")
    assert response.status_code == 404
    body = response.json()
    assert body["error"]["name"] == "NotFoundError"
    assert body["response"] == {"statusCode": 404}


def test_values_that_do_not_fit_are_refused_in_the_shape_of_jsonschema(
    client: APIClient, request_body: dict[str, Any]
) -> None:
    values = {**request_body["values"], "name": "Not A Name"}
    del values["description"]
    response = client.post(f"{BASE}/tasks", {**request_body, "values": values}, format="json")
    assert response.status_code == 400
    assert_golden("refusal", response.json())


def test_a_taken_name_is_refused_beside_its_field(
    client: APIClient, task_id: str, request_body: dict[str, Any]
) -> None:
    response = client.post(f"{BASE}/tasks", request_body, format="json")
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["property"] == "instance.name"
    assert error["path"] == ["name"]
    assert "Choose another name" in error["message"]


def test_an_unknown_owner_is_refused_beside_its_field(client: APIClient, request_body: dict[str, Any]) -> None:
    request_body["values"]["owner"] = "group:default/nobody"
    response = client.post(f"{BASE}/tasks", request_body, format="json")
    assert [error["property"] for error in response.json()["errors"]] == ["instance.owner"]


def test_values_of_a_megabyte_are_refused_and_not_sent_back(client: APIClient, request_body: dict[str, Any]) -> None:
    request_body["values"]["description"] = "x" * 900_000
    response = client.post(f"{BASE}/tasks", request_body, format="json")
    assert response.status_code == 400
    assert len(response.content) < 5_000
    request_body["values"]["description"] = "x" * 1_100_000
    response = client.post(f"{BASE}/tasks", request_body, format="json")
    assert response.status_code == 413
    assert response.json()["error"]["name"] == "PayloadTooLargeError"


def test_control_characters_are_refused(client: APIClient, request_body: dict[str, Any]) -> None:
    request_body["values"]["description"] = "bell \x07 and nul \x00"
    response = client.post(f"{BASE}/tasks", request_body, format="json")
    assert [error["path"] for error in response.json()["errors"]] == [["description"]]


def test_secrets_are_refused_as_long_as_no_template_asks_for_any(
    client: APIClient, request_body: dict[str, Any]
) -> None:
    response = client.post(f"{BASE}/tasks", {**request_body, "secrets": {"token": "hush-hush"}}, format="json")
    assert response.status_code == 400
    assert "secrets" in response.json()["error"]["message"]
    assert "hush" not in response.content.decode()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "body", ["[]", "[1]", '"x"', "{", "null", '{"templateRef": 1}', '{"templateRef": "x", "values": []}', "[" * 5000]
)
def test_a_body_that_is_no_request_is_an_input_error(client: APIClient, body: str) -> None:
    response = client.post(f"{BASE}/tasks", body, content_type="application/json")
    assert response.status_code in {400, 404}
    assert response.json()["error"]["name"] in {"InputError", "NotFoundError"}


def test_an_unknown_template_is_not_found(client: APIClient, request_body: dict[str, Any]) -> None:
    response = client.post(f"{BASE}/tasks", {**request_body, "templateRef": "template:default/none"}, format="json")
    assert response.status_code == 404


def test_the_same_idempotency_key_starts_one_run(client: APIClient, request_body: dict[str, Any]) -> None:
    answers = [
        client.post(f"{BASE}/tasks", request_body, format="json", headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    request_body["values"]["name"] = "other"
    conflict = client.post(f"{BASE}/tasks", request_body, format="json", headers={"Idempotency-Key": "k"})
    assert conflict.status_code == 409
    assert conflict.json()["error"]["name"] == "ConflictError"


def test_tasks_are_listed_newest_first_in_pages(client: APIClient, request_body: dict[str, Any]) -> None:
    ids = []
    for name in ("one", "two", "three"):
        request_body["values"]["name"] = name
        ids.append(client.post(f"{BASE}/tasks", request_body, format="json").json()["id"])
    listed = client.get(f"{BASE}/tasks").json()
    assert [task["id"] for task in listed["tasks"]] == ids[::-1]
    page = client.get(f"{BASE}/tasks", {"limit": "1", "offset": "1", "order": "asc:created_at"}).json()
    assert [task["id"] for task in page["tasks"]] == [ids[1]]
    assert page["totalTasks"] == 3
    mine = client.get(f"{BASE}/tasks?createdBy=user:default/alice&createdBy=user:default/bob").json()
    assert mine["totalTasks"] == 3
    assert client.get(f"{BASE}/tasks", {"createdBy": "user:default/bob"}).json()["totalTasks"] == 0
    assert client.get(f"{BASE}/tasks", {"status": ["failed", "completed"]}).json()["totalTasks"] == 0
    assert client.get(f"{BASE}/tasks", {"status": "open"}).json()["totalTasks"] == 0


def test_listing_takes_as_many_queries_for_many_runs_as_for_one(
    client: APIClient, request_body: dict[str, Any], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        request_body["values"]["name"] = f"service-{number}"
        client.post(f"{BASE}/tasks", request_body, format="json")
    with django_assert_max_num_queries(5):
        assert client.get(f"{BASE}/tasks").json()["totalTasks"] == 5


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        "limit=-1",
        "offset=9999999999999999999999",
        "order=created_at",
        "order=asc:pk",
        "status=odd",
        "createdBy=%00",
    ],
)
def test_a_list_that_cannot_be_meant_is_refused(client: APIClient, query: str) -> None:
    assert client.get(f"{BASE}/tasks?{query}").status_code == 400


def test_events_are_backstages(client: APIClient, task_id: str) -> None:
    end(task_id)
    found = client.get(f"{BASE}/tasks/{task_id}/events").json()
    ids = [event.pop("id") for event in found]
    assert ids == sorted(ids)
    assert_golden("events", neutral(found, task_id))


def test_the_completion_is_sent_whatever_after_says(client: APIClient, task_id: str) -> None:
    end(task_id)
    found = client.get(f"{BASE}/tasks/{task_id}/events", {"after": 10**12}).json()
    assert [event["type"] for event in found] == ["completion"]


def test_events_after_an_id_are_those_above_it(client: APIClient, task_id: str) -> None:
    first = client.get(f"{BASE}/tasks/{task_id}/events").json()[0]["id"]
    RunEvent.objects.create(run_id=task_id, type="log", body={"message": "next", "stepId": "render"})
    found = client.get(f"{BASE}/tasks/{task_id}/events", {"after": first}).json()
    assert [event["body"]["message"] for event in found] == ["next"]


def test_a_poll_is_held_until_there_is_something_or_the_time_is_up(client: APIClient, task_id: str) -> None:
    last = client.get(f"{BASE}/tasks/{task_id}/events").json()[-1]["id"]
    held = timezone.now()
    assert client.get(f"{BASE}/tasks/{task_id}/events", {"after": last}).json() == []
    assert (timezone.now() - held).total_seconds() >= 0.3


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30, "\u0661"])
def test_an_after_that_is_no_id_is_refused(client: APIClient, task_id: str, after: str) -> None:
    assert client.get(f"{BASE}/tasks/{task_id}/events", {"after": after}).status_code == 400


def test_polls_beyond_the_bound_are_answered_after_a_short_hold(settings: Settings, monkeypatch: Any) -> None:
    settings.GOLDPATH_HELD_POLLS = 1
    monkeypatch.setattr(polling, "HOLD_SECONDS", 30.0)
    gate, looks = threading.Event(), []

    def look() -> list[int]:
        looks.append(1)
        return [1] if gate.is_set() else []

    monkeypatch.setattr(polling, "_let_go", lambda: None)
    first = threading.Thread(target=polling.hold, args=(look,))
    first.start()
    while len(looks) < 2:
        pass
    assert polling.hold(list) == []
    gate.set()
    first.join(5)
    assert not first.is_alive()
    assert polling.places._held == 0


def test_cancelling_answers_cancelled(client: APIClient, task_id: str) -> None:
    response = client.post(f"{BASE}/tasks/{task_id}/cancel")
    assert (response.status_code, response.json()) == (200, {"status": "cancelled"})
    assert client.get(f"{BASE}/tasks/{task_id}").json()["status"] == "cancelled"
    found = client.get(f"{BASE}/tasks/{task_id}/events").json()
    assert [event["type"] for event in found if event["type"] != "log"] == ["cancelled", "completion"]


def test_cancelling_what_ended_is_a_conflict(client: APIClient, task_id: str) -> None:
    end(task_id)
    assert client.post(f"{BASE}/tasks/{task_id}/cancel").status_code == 409


def test_retrying_keeps_the_id_and_begins_the_list_anew(client: APIClient, task_id: str) -> None:
    client.post(f"{BASE}/tasks/{task_id}/cancel")
    response = client.post(f"{BASE}/tasks/{task_id}/retry", {}, format="json")
    assert (response.status_code, response.json()) == (201, {"id": task_id})
    found = client.get(f"{BASE}/tasks/{task_id}/events").json()
    assert [(event["type"], event["body"]) for event in found] == [
        ("recovered", {"recoverStrategy": "startOver"}),
        ("log", {"message": "user:default/alice tried the run again", "stepId": "render"}),
    ]
    assert Run.objects.get(pk=task_id).attempt == 2


def test_retrying_what_did_not_fail_is_a_conflict(client: APIClient, task_id: str) -> None:
    for status in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.COMPLETED):
        Run.objects.filter(pk=task_id).update(status=status)
        assert client.post(f"{BASE}/tasks/{task_id}/retry", {}, format="json").status_code == 409


def test_retrying_with_secrets_is_refused(client: APIClient, task_id: str) -> None:
    client.post(f"{BASE}/tasks/{task_id}/cancel")
    body = {"secrets": {"a": "b"}}
    assert client.post(f"{BASE}/tasks/{task_id}/retry", body, format="json").status_code == 400


def test_a_step_with_every_line_known_to_the_page(client: APIClient, task_id: str) -> None:
    steps = {step["id"] for step in client.get(f"{BASE}/tasks/{task_id}").json()["spec"]["steps"]}
    client.post(f"{BASE}/tasks/{task_id}/cancel")
    logs = [event for event in client.get(f"{BASE}/tasks/{task_id}/events").json() if event["type"] == "log"]
    assert {event["body"]["stepId"] for event in logs} == steps


def test_creating_is_throttled(client: APIClient, request_body: dict[str, Any], monkeypatch: Any) -> None:
    from django.core.cache import cache
    from rest_framework.throttling import ScopedRateThrottle

    cache.clear()
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"create": "1/min", "read": "100/min"})
    request_body["templateRef"] = "template:default/none"
    statuses = [client.post(f"{BASE}/tasks", request_body, format="json").status_code for _ in range(2)]
    assert statuses == [404, 429]
    assert client.get(f"{BASE}/tasks").status_code == 200
    cache.clear()


def test_services_and_wire_agree_on_the_template(client: APIClient, task_id: str) -> None:
    assert (
        services.find_template(REF).ref
        == client.get(f"{BASE}/tasks/{task_id}").json()["spec"]["templateInfo"]["entityRef"]
    )


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\u202e", "\\uffff"])
def test_text_that_no_database_keeps_is_refused(client: APIClient, text: str) -> None:
    values = f'{{"name": "a{text}b", "description": "a{text}b", "owner": "group:default/a{text}b"}}'
    bodies = [
        f'{{"templateRef": "{REF}", "values": {values}}}',
        f'{{"templateRef": "template:default/a{text}b", "values": {{}}}}',
    ]
    answers = [client.post(f"{BASE}/tasks", body, content_type="application/json") for body in bodies]
    assert [answer.status_code for answer in answers] == [400, 404]
    assert not Run.objects.exists()
