"""Locks that are not what was recorded: each is a finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.models import Service
from conformance.services import scans
from tests.conformance.scanning.conftest import commit, newer_release, text_of, verdict

pytestmark = pytest.mark.django_db
LOCK = ".goldpath/lock.json"

LOCKS = {
    "missing": (None, "missing"),
    "not json": ("{", "not JSON"),
    "a list": ("[1, 2]", "not a lock"),
    "deep": ("[" * 100_000, "not JSON"),
    "answers edited": (("answers", {"name": "ledger", "postgres": True}), "answers"),
    "hash edited": (("files", {}), "files"),
    "from the future": (("template", "version", "77.1.0"), "does not exist (yet)"),
    "of another service": (("context", "repositorySlug", "default/other"), "another service"),
    "of another template": (("template", "ref", "template:default/other"), "another service or template"),
    "nonsense inside": (("context", 7), "another service"),
}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_that_is_not_what_was_recorded_is_a_finding(service: Service, name: str) -> None:
    change, words = LOCKS[name]
    if change is None:
        commit(service, removed=(LOCK,))
    elif isinstance(change, str):
        commit(service, {LOCK: change})
    else:
        document = json.loads(text_of(service, LOCK))
        *path, last, value = change
        target = document
        for key in path:
            target = target[key]
        target[last] = value
        commit(service, {LOCK: json.dumps(document)})
    found = verdict(scans.scan(service.pk), "template-pointer")
    assert found.standing == "fail"
    assert words in found.message


def test_a_lock_that_claims_the_newest_version_while_the_content_is_old_is_a_finding(
    service: Service, tmp_path: Path
) -> None:
    newer_release(tmp_path, {".golangci.yml": "# newer\n"})
    document = json.loads(text_of(service, LOCK))
    document["template"]["version"] = "99.0.0"
    commit(service, {LOCK: json.dumps(document)})
    found = verdict(scans.scan(service.pk), "template-pointer")
    assert found.standing == "fail"
    assert "99.0.0" in found.message
    assert "1 files are not as that version renders them" in found.message
