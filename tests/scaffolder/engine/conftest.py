"""A run of a template that is made of test actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

import catalog.services as catalog
from portal.foundation.actors import Actor
from scaffolder.actions import registry
from scaffolder.engine import context
from scaffolder.engine.claims import heartbeat
from scaffolder.models import Run, Step, TemplateVersion
from tests.scaffolder.engine.acts import Make, Say, Wait, World, world

MakeRun = Callable[..., Run]
PAYMENTS = {
    "apiVersion": "backstage.io/v1alpha1",
    "kind": "Group",
    "metadata": {"name": "payments"},
    "spec": {"type": "team", "children": []},
}
ALICE = Actor("user:default/alice", frozenset({"group:default/payments"}))


def abandon(run: Run) -> None:
    """Let the lease of a run be over, as it is some time after its worker was killed."""
    Run.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now() - dt.timedelta(seconds=1))


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[World]:
    """An empty world, and the test actions."""
    for act in (Make(), Say(), Wait()):
        registry.register(act)
    monkeypatch.setattr(context, "LOOK_SECONDS", 0.0)
    world.__init__()  # type: ignore[misc]
    yield world
    heartbeat._holders.clear()  # a kill in a test leaves its claim behind, and the thread would renew it between tests
    for act_id in (Make.id, Say.id, Wait.id):
        registry.forget(act_id)


@pytest.fixture
def make_run(db: None) -> MakeRun:
    """Return a function that stores a queued run of the given steps; its owner is in the catalog."""
    catalog.upsert_entities([PAYMENTS], location="url:https://example.com/teams.yaml")

    def make(*steps: dict[str, Any], name: str = "ledger", output: Any = None, **fields: Any) -> Run:
        manifest = {
            "apiVersion": "scaffolder.backstage.io/v1beta3",
            "kind": "Template",
            "metadata": {"name": "test", "namespace": "default", "title": "Test"},
            "spec": {"type": "service", "owner": "group:default/platform", "parameters": [], "steps": list(steps)},
        }
        manifest["spec"]["output"] = output or {}  # type: ignore[index]
        template = TemplateVersion.objects.create(
            ref=f"template:default/test-{TemplateVersion.objects.count()}",
            version="1",
            digest="d",
            library="test",
            manifest=manifest,
        )
        values = {"name": name, "owner": "group:default/payments"}
        given = {"actor_ref": "user:default/alice", "owner_ref": "group:default/payments", "target_name": name}
        run = Run.objects.create(template=template, values=values, **{**given, **fields})
        for position, spec in enumerate(steps):
            Step.objects.create(
                run=run,
                position=position,
                key=spec["id"],
                name=spec["name"],
                action=spec["action"],
                input=spec["input"],
            )
        return run

    return make
