"""Takes a snapshot: everything that the checks say of one service at one commit.

Nothing here writes to the database, but for what is kept about contents.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings

from conformance import checks
from conformance.drift import Comparison, compare, exact_renames
from conformance.examining.subject import FileDrift, LockState
from conformance.models import Service
from conformance.scanning import evidence, examiner, expectations, facts, locks
from portal.foundation.errors import GoldpathError
from scaffolder import browse, git
from scaffolder.git import CommitHead, ObjectReader, TooManyFilesError, TreeFile
from scaffolder.models import Lineage, TemplateVersion

MOST_FILES = 100_000
RENDER_REF = "refs/goldpath/render"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the portal knows of a service besides its repository: part of what a verdict rests on."""

    entity: Mapping[str, Any]
    teams: tuple[str, ...]
    forge: Mapping[str, Any]
    newest: TemplateVersion | None
    versions_behind: int

    def origin(self, lineage: Lineage, commit: str) -> str:
        """Return the digest of everything that the results of a scan of `commit` depend on."""
        newest = [self.newest.version, self.newest.digest] if self.newest else []
        told = [self.entity, self.teams, self.forge, settings.GOLDPATH_CODEOWNERS_ORG, self.versions_behind]
        text = json.dumps([commit, checks.version(), lineage.render_commit, newest, told], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot before it is stored.

    `problem` says why the repository could not be looked at; then there is no `head`, and every result is an error.
    """

    origin: str
    head: CommitHead | None
    results: Mapping[str, dict[str, Any]]
    comparison: Comparison = field(default_factory=lambda: Comparison((), {}))
    file_count: int = 0
    newest_version: str = ""
    versions_behind: int = 0
    problem: str = ""


def take(service: Service, lineage: Lineage, known: Surroundings, beat: examiner.Beat) -> Taken:
    """Return the snapshot of the default branch's head. Whatever is wrong with a repository is told, never raised.

    `beat` is called whenever something is done; what it raises ends the scan.
    """
    repository = service.repository
    try:
        with ObjectReader(browse.folder_of(repository)) as reader:
            head = reader.commit(f"refs/heads/{repository.default_branch}")
            if head is None:
                return _broken(lineage, known, _why_no_head(repository.default_branch, repository.head_commit))
            return _looked_at(lineage, known, reader, head, beat)
    except TooManyFilesError:
        return _broken(lineage, known, f"The repository holds more than {MOST_FILES:,} files.")
    except GoldpathError as error:
        return _broken(lineage, known, error.message)


def measure(
    lineage: Lineage, known: Surroundings, reader: ObjectReader, tree: str, files: Mapping[str, TreeFile]
) -> Comparison:
    """Return the drift of `files`, those of `tree`: from the recorded render in git, and from the newest version."""
    render = reader.commit(lineage.render_commit) or reader.commit(RENDER_REF)
    recorded = reader.files(render.tree, limit=MOST_FILES) if render else {}
    rules = expectations.rules_of(lineage.lock.get("files", {}))
    newest = recorded
    if known.newest is not None and known.newest.pk != lineage.template_id:
        expected = expectations.expectation(lineage, known.newest)
        if not expected.problem:
            newest = expectations.versions_of(expected.files)
            rules = {**expectations.rules_of(expected.files), **rules}
    return compare(
        recorded=recorded,
        current=files,
        newest=newest,
        rules=rules,
        renames=_renames(recorded, files, reader, (render.tree, tree)) if render else {},
        left_out=(locks.LOCK,),
    )


def _looked_at(
    lineage: Lineage, known: Surroundings, reader: ObjectReader, head: CommitHead, beat: examiner.Beat
) -> Taken:
    files = reader.files(head.tree, limit=MOST_FILES)
    beat()
    comparison = measure(lineage, known, reader, head.tree, files)
    beat()
    gathered = facts.gather(files, reader, beat)
    subject = _subject(lineage, known, reader, files, comparison, gathered)
    results = examiner.judge(subject, list(checks.registry()), gathered.load, beat)
    return Taken(
        origin=known.origin(lineage, head.id),
        head=head,
        results=evidence.backed(results, files, reader),
        comparison=comparison,
        file_count=len(files),
        newest_version=known.newest.version if known.newest else "",
        versions_behind=known.versions_behind,
    )


def _subject(
    lineage: Lineage,
    known: Surroundings,
    reader: ObjectReader,
    files: Mapping[str, TreeFile],
    comparison: Comparison,
    gathered: facts.Gathered,
) -> dict[str, Any]:
    document, problem = locks.committed_lock(files, reader)
    lock = LockState(
        document=document,
        problem=problem or locks.disagreement(document, lineage, comparison),
        template_ref=lineage.template.ref,
        version=lineage.template.version,
        newest_version=known.newest.version if known.newest else "",
        versions_behind=known.versions_behind,
    )
    drift = [FileDrift(each.path, each.drift.value, each.is_guard, each.renamed_to) for each in comparison.states]
    return {
        "files": {path: [file.blob, file.mode, gathered.sizes.get(path, -1)] for path, file in files.items()},
        "facts": gathered.keys,
        "omitted": gathered.omitted,
        "drift": [asdict(each) for each in drift],
        "lock": asdict(lock),
        "entity": known.entity,
        "teams": known.teams,
        "forge": known.forge,
        "codeownersOrg": settings.GOLDPATH_CODEOWNERS_ORG,
    }


def _renames(
    recorded: Mapping[str, TreeFile], current: Mapping[str, TreeFile], reader: ObjectReader, trees: tuple[str, str]
) -> dict[str, str]:
    """Return where files of the render were moved to: exact moves by their ids, edited ones by git's own similarity."""
    found = exact_renames(recorded, current)
    gone = recorded.keys() - current.keys() - found.keys()
    new = current.keys() - recorded.keys() - set(found.values())
    if not gone or not new:
        return found
    similar = git.renames(reader.repository, *trees)
    return {**{old: to for old, to in similar.items() if old in gone and to in new}, **found}


def _why_no_head(branch: str, before: str) -> str:
    return f"The default branch {branch} was deleted." if before else "The repository has no commits yet."


def _broken(lineage: Lineage, known: Surroundings, problem: str) -> Taken:
    lost = {"verdict": "error", "message": f"Nothing could be checked. {problem}"[:500], "evidence": []}
    return Taken(
        origin=known.origin(lineage, problem),
        head=None,
        results=dict.fromkeys(checks.registry(), lost),
        newest_version=known.newest.version if known.newest else "",
        versions_behind=known.versions_behind,
        problem=problem[:300],
    )
