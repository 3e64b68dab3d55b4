"""Scans of real repositories, made by the engine: drift, checks, unchanged services, memory; and cruft beside them.

Usage: python -m tests.bench.bench_conformance [services, 1000 by default; 10000 is the long form] [--home DIR]
[--made N]. `--home` keeps the repositories for the next time. `--made` has the engine make that many; the others are
copies of them under other names (see `copies`). The peer is `cruft diff --exit-code` (and `cruft check`) on work
trees of such services, linked to the same composed template: it renders the template again and compares contents.

Figures are milliseconds a service, one after the other: `drift` classifies every file by ids out of git; `cold` is the
first scan of all with nothing known; `in_process` the same with the external judges' findings known (their files did
not change); `unchanged` looks at services that did not change. `own` is the CPU time of this process, `children` that
of git and of the examiner.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

LOAD = round(os.getloadavg()[0], 1)
TEMPLATE = "template:default/go-blank-service"
PEERS = 5
SAMPLE = 200
MEASURED_AT = (10, 100, 250, 500, 1000, 2500, 5000, 10_000)


def main(home: str, count: int, most_made: int) -> dict[str, Any]:
    """Measure in `home`, which may hold services of an earlier time, and return the figures."""
    made = _make_apart(home, count, most_made)
    _begin(home)
    from conformance.models import Service

    pks = list(Service.objects.order_by("pk").values_list("pk", flat=True)[:count])
    drift = _drift(pks)
    cruft = _cruft(Path(home) / "peer")
    growth: dict[int, dict[str, int]] = {}
    cold = _scans(pks, forget=("all",), growth=growth)
    in_process = _scans(pks[:SAMPLE], forget=("in-process",))
    memory = {"scanner": _peak_memory(), "examiner": _examiner_memory()}
    unchanged = _unchanged()
    return {
        "services": count,
        "made_s": made,
        "drift": drift,
        "cruft": cruft,
        "times_faster_than_cruft_diff": round(cruft["diff_ms"] / drift["wall_ms"]),
        "cold": cold,
        "in_process": in_process,
        "unchanged_ms": unchanged,
        "checks_cpu_ms": _checks_cpu(pks[: SAMPLE // 2]),
        "peak_memory_mb": memory,
        "memory_mb_after_services": growth,
        "machine": {"cores": os.cpu_count(), "load_before": LOAD},
    }


def _begin(home: str) -> None:
    os.environ.update(
        GOLDPATH_HOME=home,
        GOLDPATH_VERIFY="never",
        GOLDPATH_LOG_LEVEL="ERROR",
        DJANGO_SETTINGS_MODULE="portal.settings.embedded",
    )
    for name in ("GOLDPATH_DATABASE_URL", "GOLDPATH_BROKER_URL"):
        os.environ.pop(name, None)
    import django

    django.setup()


def _set_up(home: str) -> None:
    _begin(home)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from portal.web.demo import load_people
    from scaffolder import services

    load_people()
    services.register_templates()


def _make_apart(home: str, count: int, most_made: int) -> float:
    """Make the missing services in another process, whose memory is not counted; return the seconds it took."""
    began = time.perf_counter()
    making = multiprocessing.get_context("spawn").Process(target=make, args=(home, count, most_made))
    making.start()
    making.join()
    if making.exitcode:
        raise SystemExit("the services could not be made")
    return round(time.perf_counter() - began, 1)


def make(home: str, count: int, most_made: int) -> None:
    """Make as many services as are missing, the first `most_made` by the engine, the others as copies."""
    _set_up(home)
    from tests.bench.copies import copy_services

    _make(min(count, most_made))
    copy_services(count)


def _make(count: int) -> None:
    """Make as many services as are missing, each by a whole run of the engine."""
    from conformance.services import scans
    from portal.foundation.actors import Actor
    from scaffolder import services
    from scaffolder.models import Repository

    actor = Actor("user:default/alice", frozenset({"group:default/payments"}))
    for number in range(Repository.objects.count(), count):
        run = services.start_run(TEMPLATE, values_of(f"service-{number:05d}", number), actor)
        services.advance(run.pk)
    for repository in Repository.objects.filter(service=None):
        scans.service_of(repository)


def values_of(name: str, number: int) -> dict[str, Any]:
    """Return the answers of the service with this number: a third have PostgreSQL, half are in production."""
    return {
        "name": name,
        "description": f"Service {number}",
        "owner": "group:default/payments",
        "system": "system:default/checkout",
        "lifecycle": ("experimental", "production")[number % 2],
        "postgres": number % 3 == 0,
    }


def _drift(pks: list[int]) -> dict[str, float]:
    from conformance.models import Service
    from conformance.scanning import snapshots
    from conformance.services import scans
    from scaffolder import browse
    from scaffolder.git import ObjectReader

    services = list(Service.objects.filter(pk__in=pks[:SAMPLE]).select_related("repository"))
    with _measured(len(services)) as figures:
        known = scans.surroundings(services)
        for service in services:
            lineage, about = known[service.pk]
            with ObjectReader(browse.folder_of(service.repository)) as reader:
                head = reader.commit("refs/heads/main")
                assert head is not None
                files = reader.files(head.tree, limit=snapshots.MOST_FILES)
                snapshots.measure(lineage, about, reader, head.tree, files)
    return {**figures, "goal_wall_ms": 6}


def _scans(
    pks: list[int], *, forget: tuple[str, ...], growth: dict[int, dict[str, int]] | None = None
) -> dict[str, float]:
    from conformance import parsers
    from conformance.models import Fact, Service
    from conformance.services import scans

    own = [parser.name for parser in parsers.registry().values() if not parser.is_external]
    Fact.objects.all().delete() if "all" in forget else Fact.objects.filter(parser__in=own).delete()
    Service.objects.update(scan_key="")
    with _measured(len(pks)) as figures:
        for number, pk in enumerate(pks, 1):
            scans.scan(pk)
            if growth is not None and number in MEASURED_AT:
                growth[number] = {"scanner": _memory(), "examiner": _examiner_memory()}
    return {**figures, "services": len(pks)}


class _Meter:
    """Stands for the examiner: calls its functions in this process, and counts the CPU time of each kind."""

    def __init__(self) -> None:
        self.used = {"parsing": 0.0, "judging": 0.0}
        self._kept: dict[tuple[str, str], Any] = {}

    def parse(self, contents: Any, beat: Any) -> list[dict[str, Any]]:
        from conformance import parsers
        from conformance.scanning import server

        answers = []
        for each in contents:
            began, parser = time.process_time(), parsers.registry()[each.parser]
            answer = server._parsed(parser, each.path, each.content)
            self.used["parsing"] += 0.0 if parser.is_external else time.process_time() - began
            self._kept[each.parser, each.key] = answer.get("facts")
            answers.append(answer)
        return answers

    def judge(self, subject: Any, check_ids: Any, load: Any, beat: Any) -> dict[str, dict[str, Any]]:
        from conformance.scanning import server

        keys = {(parser, key) for parser, paths in subject["facts"].items() for key in paths.values()}
        lacking = sorted(keys - self._kept.keys())
        self._kept.update(zip(lacking, load(lacking), strict=True))
        request = {"judge": check_ids, "subject": subject, "given": [], "drop": []}
        began = time.process_time()
        answers = list(server.answered(request, self._kept))
        self.used["judging"] += time.process_time() - began
        return dict(zip(check_ids, answers, strict=True))


def _checks_cpu(pks: list[int]) -> dict[str, float]:
    """Return the CPU time of in-process parsing and of judging alone, without collecting garbage, as the examiner."""
    from unittest import mock

    from conformance import parsers
    from conformance.models import Fact, Service
    from conformance.scanning import examiner
    from conformance.services import scans

    own = [parser.name for parser in parsers.registry().values() if not parser.is_external]
    Fact.objects.filter(parser__in=own).delete()
    Service.objects.update(scan_key="")
    meter = _Meter()
    gc.freeze()
    gc.disable()
    with mock.patch.multiple(examiner, parse=meter.parse, judge=meter.judge):
        scans.scan(pks[0])
        meter.used = dict.fromkeys(meter.used, 0.0)
        for pk in pks[1:]:
            scans.scan(pk)
    gc.enable()
    return {name: round(seconds / (len(pks) - 1) * 1000, 1) for name, seconds in meter.used.items()} | {"goal": 30}


def _unchanged() -> float:
    from conformance.models import Service
    from conformance.services import scans

    services = list(Service.objects.exclude(scan_key="").select_related("repository"))
    began, changed = time.perf_counter(), 0
    for start in range(0, len(services), scans.BATCH):
        changed += len(scans.changed_services(services[start : start + scans.BATCH]))
    if changed:
        raise SystemExit(f"{changed} services count as changed")
    return round((time.perf_counter() - began) / len(services) * 1000, 3)


def _cruft(folder: Path) -> dict[str, float]:
    """Time the peer on a few services: each a work tree that cruft made from the same composed template."""
    template = _peer_template(folder)
    diff, check, files = [], [], 0
    for number in range(PEERS):
        project = folder / f"service-{number:05d}"
        if not project.is_dir():
            _run(
                [
                    *_cruft_command("create"),
                    "--no-input",
                    "--output-dir",
                    str(folder),
                    *_answers(number),
                    str(template),
                ],
                folder,
            )
            _git(project, "init", "-q")
            _git(project, "add", ".")
            _git(project, "commit", "-qm", "Begin")
        files = sum(path.is_file() for path in project.rglob("*") if ".git/" not in path.as_posix())
        diff.append(_timed([*_cruft_command("diff"), "--exit-code"], project))
        check.append(_timed(_cruft_command("check"), project))
    return {
        "diff_ms": round(statistics.median(diff) * 1000),
        "check_ms": round(statistics.median(check) * 1000),
        "files": files,
    }


def _answers(number: int) -> list[str]:
    name = f"service-{number:05d}"
    return ["--extra-context", json.dumps({"name": name, "title": name, "module": f"example.com/{name}"})]


def _peer_template(folder: Path) -> Path:
    from scaffolder import library
    from scaffolder.syntax import TOP_FOLDER
    from tests.bench.bench_render import padded

    template = folder / "template"
    if not template.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        loaded = library.load()
        chosen = loaded.templates[TEMPLATE]
        padded(library.compose(loaded, chosen, ["postgres"]), template)
        # The peer looks for braces in the name of the folder; ours has other delimiters, so they stand in a comment.
        (template / TOP_FOLDER).rename(template / f"{TOP_FOLDER}<##{{{{cookiecutter.name}}}}##>")
        _fill_defaults(template / "cookiecutter.json", loaded, chosen)
        _git(template, "init", "-q")
        _git(template, "add", "-f", ".")
        _git(template, "commit", "-qm", "Template")
    return template


def _fill_defaults(path: Path, loaded: Any, chosen: Any) -> None:
    from scaffolder import library

    context = library.render_context(
        (chosen.ref, loaded.version),
        values_of("service-00000", 0),
        capabilities=loaded.capabilities,
        chosen=["postgres"],
        repository_url="http://127.0.0.1:8000/git/default/service-00000",
        repository_slug="default/service-00000",
    )
    context["template_ref"] = context.pop("template")
    settings = {**json.loads(path.read_text(encoding="utf-8")), **context}
    path.write_text(json.dumps(settings), encoding="utf-8")


def _cruft_command(verb: str) -> list[str]:
    return [str(Path(sys.executable).with_name("cruft")), verb]


def _git(folder: Path, *arguments: str) -> None:
    _run(["git", "-c", "user.name=Bench", "-c", "user.email=bench@example.com", *arguments], folder)


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode()[-800:]}{done.stdout.decode()[-800:]}")


def _timed(command: list[str], folder: Path) -> float:
    began = time.perf_counter()
    _run(command, folder)
    return time.perf_counter() - began


@contextlib.contextmanager
def _measured(count: int) -> Iterator[dict[str, float]]:
    figures: dict[str, float] = {}
    own, others, began = _own(), _others(), time.perf_counter()
    yield figures
    figures["wall_ms"] = round((time.perf_counter() - began) / count * 1000, 2)
    figures["own_cpu_ms"] = round((_own() - own) / count * 1000, 2)
    figures["children_cpu_ms"] = round((_others() - others) / count * 1000, 2)


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _others() -> float:
    """Return the CPU seconds of the processes that ended and of those that live, with what they started."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return (
        ended.ru_utime
        + ended.ru_stime
        + sum(each.user + each.system + each.children_user + each.children_system for each in living)
    )


def _peak_memory() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _memory() -> int:
    return round(psutil.Process().memory_info().rss / 1024 / 1024)


def _examiner_memory() -> int:
    sizes = [child.memory_info().rss for child in psutil.Process().children()]
    return round(max(sizes, default=0) / 1024 / 1024)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("services", nargs="?", type=int, default=1000)
    parser.add_argument("--home")
    parser.add_argument("--made", type=int, default=100_000)
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        place = given.home or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="goldpath-bench-", ignore_cleanup_errors=True)
        )
        print(json.dumps(main(str(Path(place).absolute()), given.services, given.made), indent=2))
