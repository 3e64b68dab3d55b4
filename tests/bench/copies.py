"""Copies of services that the engine made, under other names: a large fleet in minutes.

A copy has its own rows, and its own repository, whose files have the original's name replaced by one of the same
length. Every file that names the service is thus another blob, as in services that were made one by one.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from catalog.models import Entity
from conformance.models import Service
from conformance.scanning.snapshots import RENDER_REF
from conformance.services import scans
from scaffolder import browse, git
from scaffolder.forges.local import places
from scaffolder.git import ObjectReader, TreeFile
from scaffolder.models import Lineage, Repository

MOST_FILES = 10_000
ORIGINALS = 40
_BRANCH = "refs/heads/main"


def copy_services(count: int) -> None:
    """Make copies until there are `count` services; the first few serve as originals, in turn."""
    made = list(Service.objects.select_related("repository").order_by("pk")[:ORIGINALS])
    names = set(Repository.objects.values_list("name", flat=True))
    missing = [name for number in range(count) if (name := f"service-{number:05d}") not in names]
    for index, original in enumerate(made):
        source = _Source(original)
        with transaction.atomic():
            for name in missing[index :: len(made)]:
                source.copy(name)


class _Source:
    """A service to copy: the files of its branch and of its recorded render."""

    def __init__(self, service: Service) -> None:
        self._name = service.name
        self._entity = Entity.objects.get(ref=service.entity_ref)
        self._lineage = Lineage.objects.get(repository=service.repository)
        with ObjectReader(browse.folder_of(service.repository)) as reader:
            self._trees = {ref: _files(reader, ref) for ref in (RENDER_REF, _BRANCH)}
            blobs = {file.blob for files in self._trees.values() for file in files.values()}
            self._contents = dict(reader.blobs(sorted(blobs)))

    def copy(self, name: str) -> None:
        """Make one copy."""
        repository = Repository.objects.get(pk=self._lineage.repository_id)
        repository.pk, repository.name, repository.created_by = None, name, None
        repository._state.adding = True
        folder = places.repository_folder(repository.namespace, name)
        git.create_bare(folder)
        stream = b"".join(self._stream(name))
        subprocess.run(
            ["git", "-c", "core.fsync=none", f"--git-dir={folder}", "fast-import", "--quiet"], input=stream, check=True
        )
        with ObjectReader(folder) as reader:
            head, render = reader.commit(_BRANCH), reader.commit(RENDER_REF)
        assert head is not None
        assert render is not None
        repository.head_commit = repository.ingested_commit = head.id
        repository.render_commit = render.id
        repository.save()
        self._rows(name, repository, render)

    def _stream(self, name: str) -> Iterator[bytes]:
        old, new = self._name.encode(), name.encode()
        for ref, files in self._trees.items():
            yield f"commit {ref}\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 5\nBegin\n".encode()
            for path, file in files.items():
                content = self._contents[file.blob].replace(old, new)
                yield f"M {file.mode} inline {path.replace(self._name, name)}\ndata {len(content)}\n".encode()
                yield content + b"\n"

    def _rows(self, name: str, repository: Repository, render: git.CommitHead) -> None:
        lineage = Lineage.objects.get(pk=self._lineage.pk)
        lineage.pk, lineage.run, lineage.repository = None, None, repository
        lineage.entity_ref = self._renamed(lineage.entity_ref, name)
        lineage.lock, lineage.answers = self._renamed(lineage.lock, name), self._renamed(lineage.answers, name)
        lineage.render_commit, lineage.render_tree = render.id, render.tree
        lineage.save()
        entity = Entity.objects.get(pk=self._entity.pk)
        entity.pk, entity.uid = None, uuid.uuid4()
        entity._state.adding = True
        for column in ("ref", "name", "title", "document"):
            setattr(entity, column, self._renamed(getattr(entity, column), name))
        Entity.objects.bulk_create([entity])
        scans.service_of(repository)

    def _renamed(self, value: Any, name: str) -> Any:
        return json.loads(json.dumps(value).replace(self._name, name))


def _files(reader: ObjectReader, ref: str) -> dict[str, TreeFile]:
    commit = reader.commit(ref)
    assert commit is not None
    return reader.files(commit.tree, limit=MOST_FILES)
