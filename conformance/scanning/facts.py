"""Gets facts about files: what is known by content is looked up, the rest is parsed once and kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils import timezone

from conformance import parsers
from conformance.examining.parser import MODULE, MOST_BYTES, Parser, facts_in
from conformance.models import Fact
from conformance.scanning import examiner
from conformance.scanning.examiner import FactKey
from scaffolder.git import ObjectReader, TreeFile

MOST_FILES = 3000
MOST_TOTAL = 48 * 1024 * 1024
_LINK = "120000"
_FOREIGN = ("vendor/", "node_modules/", "third_party/")
_CHUNK = 400
FAILURE_SECONDS = 15 * 60.0
MOST_FAILURES = 1000


class _Want(NamedTuple):
    """One file for one parser, and the key under which its facts are kept."""

    parser: Parser
    path: str
    blob: str
    content_key: str


@dataclass(slots=True)
class Gathered:
    """What is known of a tree.

    `keys` names facts by parser and path, `load` gives those of some keys. `omitted` are the files that were left out,
    with why; `sizes` the bytes of the files that were looked at.
    """

    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    omitted: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    fresh: dict[FactKey, Any] = field(default_factory=dict)

    def load(self, keys: list[FactKey]) -> list[Any]:
        """Return the facts of these keys, in order: those that this scan parsed, the others out of the database."""
        stored = dict(_rows({key for key in keys if key not in self.fresh}, "facts"))
        return [self.fresh[key] if key in self.fresh else stored[key] for key in keys]


def gather(files: Mapping[str, TreeFile], reader: ObjectReader, beat: examiner.Beat) -> Gathered:
    """Learn what the parsers say of `files`; contents come from `reader`, each blob at most once.

    `beat` is called whenever something is done.
    """
    found = Gathered()
    chosen = _chosen(files, reader, found)
    contents = _Contents(reader, {file.blob for file in chosen.values()})
    module = _module(files, contents)
    wants = list(_wants(chosen, contents, module))
    beat()
    kept = _kept({_key(want) for want in wants})
    missing = {_key(want): want for want in wants if _key(want) not in kept}
    failed = _failures.of(missing)
    found.fresh = failed | _parsed([want for key, want in missing.items() if key not in failed], contents, module, beat)
    for want in wants:
        found.keys.setdefault(want.parser.name, {})[want.path] = want.content_key
    return found


def forget(days: int = 30) -> int:
    """Remove facts that no scan has used for `days`; return how many."""
    old = timezone.now().date() - dt.timedelta(days=days)
    gone, _ = Fact.objects.filter(used_on__lt=old).delete()
    return gone


class _Contents:
    """The contents of some blobs, read in one go when the first is asked for."""

    def __init__(self, reader: ObjectReader, blobs: Iterable[str]) -> None:
        self._reader, self._loaded = reader, dict[str, bytes]()
        self._blobs = sorted(blobs)

    def load(self, blobs: Iterable[str]) -> None:
        """Read those of the blobs that were not read yet."""
        self._loaded |= dict(self._reader.blobs(sorted(set(blobs) - self._loaded.keys())))

    def __getitem__(self, blob: str) -> bytes:
        """Return one blob; empty when it is not in the repository."""
        if blob not in self._loaded:
            self.load([blob])
        return self._loaded.get(blob, b"")


def _chosen(files: Mapping[str, TreeFile], reader: ObjectReader, found: Gathered) -> dict[str, TreeFile]:
    """Return the files that some parser wants and that are neither foreign, too many nor too large."""
    wanted = {path: file for path, file in files.items() if file.mode != _LINK and _parsers_of(path)}
    for path in [path for path in wanted if _is_foreign(path)]:
        found.omitted[path] = "it belongs to somebody else's code"
        del wanted[path]
    for path in sorted(wanted, key=lambda path: (path.count("/"), path))[MOST_FILES:]:
        found.omitted[path] = f"only {MOST_FILES:,} files of a repository are read"
        del wanted[path]
    sizes = reader.sizes(sorted({file.blob for file in wanted.values()}))
    found.sizes = {path: sizes.get(file.blob, 0) for path, file in wanted.items()}
    total = 0
    for path in sorted(wanted, key=lambda path: found.sizes[path]):
        total += found.sizes[path]
        if found.sizes[path] > MOST_BYTES or total > MOST_TOTAL:
            found.omitted[path] = (
                "it is larger than 1 MB" if found.sizes[path] > MOST_BYTES else "there is too much to read"
            )
            del wanted[path]
    return wanted


@lru_cache(maxsize=20_000)
def _parsers_of(path: str) -> tuple[Parser, ...]:
    return tuple(parser for parser in parsers.registry().values() if parser.wants(path))


def _is_foreign(path: str) -> bool:
    return any(path.startswith(folder) or f"/{folder}" in path for folder in _FOREIGN)


def _module(files: Mapping[str, TreeFile], contents: _Contents) -> bytes:
    """Return the path of the service's own Go module, or nothing."""
    if "go.mod" not in files:
        return b""
    for line in contents[files["go.mod"].blob][:4096].split(b"\n"):
        words = line.split()
        if len(words) >= 2 and words[0] == b"module":
            return words[1].strip(b'"')
    return b""


def _wants(chosen: Mapping[str, TreeFile], contents: _Contents, module: bytes) -> Iterator[_Want]:
    blind = {path for path in chosen if any(parser.is_module_blind for parser in _parsers_of(path))}
    contents.load(chosen[path].blob for path in blind)
    for path, file in chosen.items():
        for parser in _parsers_of(path):
            key = _digest(contents[file.blob], module) if parser.is_module_blind else file.blob
            yield _Want(parser, path, file.blob, key)


def _digest(content: bytes, module: bytes) -> str:
    return hashlib.sha1(_blinded(content, module), usedforsecurity=False).hexdigest()


def _blinded(content: bytes, module: bytes) -> bytes:
    """Return Go source with the module's own path replaced where it begins an import path or stands alone in quotes."""
    if not module:
        return content
    return content.replace(b'"' + module + b"/", b'"' + MODULE.encode() + b"/").replace(
        b'"' + module + b'"', b'"' + MODULE.encode() + b'"'
    )


def _key(want: _Want) -> FactKey:
    return want.parser.name, want.content_key


def _kept(keys: set[FactKey]) -> set[FactKey]:
    """Return the keys whose facts are stored, and note that they are still used."""
    today = timezone.now().date()
    kept: set[FactKey] = set()
    stale: list[int] = []
    for key, pk, used_on in _rows(keys, "pk", "used_on"):
        kept.add(key)
        stale += [pk] if used_on < today else []
    for start in range(0, len(stale), _CHUNK):
        Fact.objects.filter(pk__in=stale[start : start + _CHUNK]).update(used_on=today)
    return kept


def _rows(keys: set[FactKey], *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield key and columns of what is stored by the parsers of today; other parsers may know the same contents."""
    contents = sorted({content for _, content in keys})
    versions = {parser.name: parser.version for parser in parsers.registry().values()}
    for start in range(0, len(contents), _CHUNK):
        rows = Fact.objects.filter(content__in=contents[start : start + _CHUNK])
        for parser, version, content, *values in rows.values_list("parser", "version", "content", *columns):
            if (parser, content) in keys and versions[parser] == version:
                yield ((parser, content), *values)


def _parsed(wants: list[_Want], contents: _Contents, module: bytes, beat: examiner.Beat) -> dict[FactKey, Any]:
    contents.load(want.blob for want in wants)
    items = [
        examiner.Content(
            want.parser.name,
            want.path,
            want.content_key,
            _blinded(contents[want.blob], module) if want.parser.is_module_blind else contents[want.blob],
        )
        for want in wants
    ]
    answers = examiner.parse(items, beat)
    rows, facts = [], {}
    for want, answer in zip(wants, answers, strict=True):
        facts[_key(want)] = found = facts_in(answer)
        if "facts" in answer:
            name, version = want.parser.name, want.parser.version
            rows.append(Fact(parser=name, version=version, content=want.content_key, facts=found))
        elif "failed" in answer:
            _failures.note(_key(want), found)
    Fact.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
    return facts


class _Failures:
    """What crashed or took too long in two scans lately: it would again, and cost every scan of it its time.

    One failure may have been the machine's, and what it was about may be in a thousand services. So the second counts,
    and not for long. Each process keeps its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[FactKey, tuple[float, int, Any]] = {}

    def note(self, key: FactKey, facts: Any) -> None:
        """Keep what stands for facts that could not be had; of too many the oldest go."""
        with self._lock:
            until, times, _ = self._known.pop(key, (0.0, 0, None))
            times = times + 1 if time.monotonic() < until else 1
            self._known[key] = time.monotonic() + FAILURE_SECONDS, times, facts
            for old in list(self._known)[:-MOST_FAILURES]:
                del self._known[old]

    def of(self, keys: Iterable[FactKey]) -> dict[FactKey, Any]:
        """Return what stands for those of the keys that are not to be tried."""
        now = time.monotonic()
        with self._lock:
            found = {key: self._known[key] for key in keys if key in self._known}
        return {key: facts for key, (until, times, facts) in found.items() if now < until and times > 1}


_failures = _Failures()
