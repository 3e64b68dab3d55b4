"""catalog:register: puts the service into the catalog, in the transaction that ends the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from django.db import transaction
from django.utils import timezone

import catalog.services as catalog
from catalog.refs import make_ref, parse_ref
from portal.foundation.errors import InputError
from scaffolder import browse
from scaffolder.actions.base import Action, Json, Plan, PlanContext, Planned, StepContext, Undo, UndoContext
from scaffolder.actions.repositories import remote_of, repository_of
from scaffolder.choices import EffectState
from scaffolder.models import Effect, Lineage, Repository, Run, TemplateVersion
from scaffolder.signals import announce

KINDS = frozenset({"component", "api", "resource"})
SOURCE_LOCATION = "backstage.io/source-location"
SOURCE_TEMPLATE = "backstage.io/source-template"
TEMPLATE_VERSION = "goldpath.dev/template-version"
LOCK = ".goldpath/lock.json"


class Register(Action):
    """Reads the descriptor from the pushed commit; entities, lineage and the end of the step are one transaction."""

    id = "catalog:register"
    title = "Register in the catalog"
    description = "Registers the entities of the repository's catalog-info.yaml."
    input_schema = {
        "type": "object",
        "required": ["repository"],
        "properties": {
            "repository": {"type": "string", "description": "namespace/name, as publish gives it."},
            "catalogInfoPath": {"type": "string", "default": "/catalog-info.yaml"},
        },
    }
    output_schema = {
        "type": "object",
        "required": ["entityRef"],
        "properties": {"entityRef": {"type": "string"}, "catalogInfoUrl": {"type": "string"}},
    }

    def plan(self, context: PlanContext, given: Json) -> Plan:
        """Say which entities would be registered."""
        text = context.preview().read(_path(given)).decode()
        refs = [_ref(document) for document in catalog.parse_descriptor(text)]
        effects = tuple(Planned("entity", f"register {ref} in the catalog", ref) for ref in refs)
        return Plan(effects, {"entityRef": next((ref for ref in refs if ref.startswith("component:")), "")})

    def run(self, context: StepContext, given: Json) -> Json:
        """Read the descriptor; what it says is written when the step ends."""
        run = context.run
        repository = repository_of(run, str(given["repository"]))
        commit = repository.render_commit
        documents = documents_of(repository, commit, template=run.template, path=_path(given))
        rendered = context.workspace.rendered
        lock = rendered.lock if rendered else json.loads(_read(repository, commit, LOCK))
        tree = str(context.output_of("publish:local").get("tree", ""))
        location, ref = location_of(repository, _path(given)), component_of(repository)
        context.on_end(lambda: _write(context, repository, documents, location, lock, tree))
        for document in documents:
            context.log(f"Registers {_ref(document)}")
        return {"entityRef": ref, "catalogInfoUrl": location.removeprefix("url:")}

    def compensate(self, context: UndoContext, effect: Effect) -> Undo:
        """Take the entities out of the catalog again (only when a later step failed)."""
        location = effect.intent["location"]
        context.on_end(lambda: _remove(context.run, location))
        return Undo(EffectState.UNDONE, "Removed the entities from the catalog")


def documents_of(repository: Repository, commit: str, *, template: TemplateVersion, path: str) -> list[dict[str, Any]]:
    """Return the entities that a repository's descriptor defines at `commit`, with where they came from.

    A repository defines one component, its own, and APIs and resources whose names begin with the component's; all in
    its namespace and for its owner, so that nobody takes another team's names. Raises InputError with what to do.
    """
    folder = PurePosixPath(path).parent

    def read(name: str) -> str:
        return _text(repository, commit, str(folder / name))

    parsed = catalog.parse_descriptor(read(PurePosixPath(path).name))
    bounded = catalog.BoundedReader(read)
    documents = [catalog.resolve_placeholders(document, bounded) for document in parsed]
    for document in documents:
        _check_kind_and_name(document, repository, path)
        _check_owner(document, repository, path)
    if component_of(repository) not in [_ref(document) for document in documents]:
        raise InputError(f"{path} does not define {component_of(repository)}: keep the name of the component.")
    return [_annotated(document, repository, template) for document in documents]


def location_of(repository: Repository, path: str = "catalog-info.yaml") -> str:
    """Return the location under which a repository's entities stand in the catalog."""
    remote = remote_of(repository)
    return f"url:{remote.web_url}/blob/{repository.default_branch}/{path}"


def component_of(repository: Repository) -> str:
    """Return the reference of the component that a repository holds."""
    return make_ref("Component", repository.namespace, repository.name)


def _check_kind_and_name(document: Mapping[str, Any], repository: Repository, path: str) -> None:
    kind, ref = str(document.get("kind", "")), _ref(document)
    if kind.lower() not in KINDS:
        raise InputError(f"{path} defines a {kind[:60]}: a repository may define Component, API and Resource.")
    if kind.lower() == "component":
        if ref != component_of(repository):
            raise InputError(f"{path} defines {ref[:200]}: its only component is {component_of(repository)}.")
        return
    own = make_ref(kind, repository.namespace, repository.name)
    if ref != own and not ref.startswith(f"{own}-"):
        raise InputError(f"{path} defines {ref[:200]}: call it {own} or begin its name with {own}-.")


def _check_owner(document: Mapping[str, Any], repository: Repository, path: str) -> None:
    spec = document.get("spec")
    given = str(spec.get("owner", "")) if isinstance(spec, Mapping) else ""
    ref = str(parse_ref(given, kind="group", namespace=repository.namespace))
    if ref != repository.owner_ref:
        raise InputError(f"{path} gives {_ref(document)[:200]} to {ref[:200]}: the owner is {repository.owner_ref}.")


def _annotated(document: Mapping[str, Any], repository: Repository, template: TemplateVersion) -> dict[str, Any]:
    remote = remote_of(repository)
    metadata = document["metadata"]
    given = metadata.get("annotations") or {}
    if not isinstance(given, Mapping):
        return dict(document)
    own = {SOURCE_LOCATION: f"url:{remote.web_url}/", SOURCE_TEMPLATE: template.ref, TEMPLATE_VERSION: template.version}
    return {**document, "metadata": {**metadata, "annotations": {**given, **own}}}


def _write(
    context: StepContext,
    repository: Repository,
    documents: list[dict[str, Any]],
    location: str,
    lock: dict[str, Any],
    tree: str,
) -> None:
    run = context.run
    # First, as in a refresh: both take their locks in the same order.
    repository.ingested_commit = repository.render_commit
    repository.save(update_fields=["ingested_commit"])
    entities = catalog.upsert_entities(documents, location=location)
    fields = {
        "entity_ref": component_of(repository),
        "template": run.template,
        "run": run,
        "answers": run.values,
        "lock": lock,
        "render_commit": repository.render_commit,
        "render_tree": tree,
    }
    Lineage.objects.update_or_create(repository=repository, defaults=fields)
    transaction.on_commit(partial(announce, repository), robust=True)
    refs = [entity.ref for entity in entities]
    Effect.objects.update_or_create(
        run=run,
        key=f"entities:{component_of(repository)}",
        defaults={
            "step_key": context.step_key,
            "kind": "entities",
            "intent": {"location": location},
            "outcome": {"refs": refs},
            "state": EffectState.DONE,
            "settled_at": timezone.now(),
        },
    )


def _remove(run: Run, location: str) -> None:
    catalog.remove_location(location)
    Lineage.objects.filter(run=run).delete()


def _read(repository: Repository, commit: str, path: str) -> bytes:
    found = browse.blob(repository, commit, path)
    if found.too_large:
        raise InputError(f"{path} has {found.size} bytes: that is more than the catalog reads.")
    return found.content


def _text(repository: Repository, commit: str, path: str) -> str:
    try:
        return _read(repository, commit, path).decode()
    except UnicodeDecodeError:
        raise InputError(f"{path[:200]} is not UTF-8 text: save it as UTF-8.") from None


def _path(given: Json) -> str:
    return str(given.get("catalogInfoPath") or "/catalog-info.yaml").strip("/")


def _ref(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping):
        raise InputError("The descriptor defines an entity without metadata.")
    return make_ref(str(document.get("kind")), str(metadata.get("namespace", "default")), str(metadata.get("name")))
