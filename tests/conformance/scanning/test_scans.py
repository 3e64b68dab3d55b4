"""Scans of real services: what they store, what they leave alone, and what no repository can break."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conformance.models import DriftedFile, Evaluation, Service, Snapshot, Verdict
from conformance.scanning import snapshots
from conformance.services import scans
from portal.foundation.errors import NotFoundError
from scaffolder import git
from scaffolder.models import Lineage
from tests.conformance.scanning.conftest import (
    MakeService,
    commit,
    drift_of,
    folder_of,
    newer_release,
    replace,
    text_of,
    verdict,
)

pytestmark = pytest.mark.django_db


def run_git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", f"--git-dir={folder}", *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


def test_a_fresh_service_is_wholly_in_sync(service: Service) -> None:
    found = scans.scan(service.pk)
    lineage = Lineage.objects.get(repository=service.repository)
    assert drift_of(found) == {}
    assert found.in_sync + found.team_owned == len(lineage.lock["files"])
    assert (found.added, found.departed, found.versions_behind) == (0, 0, 0)
    assert found.commit == lineage.render_commit
    assert found.snapshot is not None
    assert found.snapshot.tree == lineage.render_tree
    assert verdict(found, "template-pointer").standing == "pass"
    assert (found.owner_ref, found.type, found.lifecycle) == ("group:default/payments", "service", "production")


def test_every_class_of_drift_in_one_service(service: Service) -> None:
    moved = text_of(service, "internal/middleware/guard.go")
    commit(
        service,
        {
            "pkg/lifecycle/own.go": "package lifecycle\n",
            "internal/app/app.go": text_of(service, "internal/app/app.go") + "\n// Ours.\n",
            ".github/workflows/ci.yml": text_of(service, ".github/workflows/ci.yml") + "# hurry\n",
            "docs/runbook.md": "# Ours\n",
            "internal/middleware/shield.go": moved + "\n// Moved and edited.\n",
        },
        removed=("scripts/coverage.sh", "internal/middleware/guard.go"),
        moved={"internal/app/command.go": "internal/app/commands.go"},
    )
    found = scans.scan(service.pk)
    assert drift_of(found) == {
        ".github/workflows/ci.yml": "weakened",
        "internal/app/app.go": "drifted",
        "internal/app/command.go": "drifted",
        "internal/middleware/guard.go": "drifted",
        "scripts/coverage.sh": "missing",
    }
    renamed = dict(DriftedFile.objects.exclude(renamed_to="").values_list("path", "renamed_to"))
    assert renamed == {
        "internal/app/command.go": "internal/app/commands.go",
        "internal/middleware/guard.go": "internal/middleware/shield.go",
    }
    assert (found.drifted, found.weakened, found.missing, found.added) == (3, 1, 1, 1)


def test_a_newer_version_of_the_template_leaves_services_behind_or_forked(service: Service, tmp_path: Path) -> None:
    replace(service, "Makefile", "COVERAGE_MINIMUM := 90", "COVERAGE_MINIMUM := 91")
    newer = newer_release(tmp_path, {"Makefile": "# newer\n", ".golangci.yml": "# newer\n"})
    found = scans.scan(service.pk)
    assert drift_of(found) == {".golangci.yml": "behind", "Makefile": "forked"}
    assert found.versions_behind == 1
    assert found.snapshot is not None
    assert found.snapshot.newest_version == newer.version
    replace(service, ".golangci.yml", "version:", "# newer\nversion:")
    again = scans.scan(service.pk)
    assert drift_of(again) == {"Makefile": "forked"}


def test_what_a_service_is_behind_is_rendered_once(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import scaffolder.rendering as rendering

    newer_release(tmp_path, {".golangci.yml": "# newer\n"})
    calls: list[str] = []
    real = rendering.render_recorded

    def counted(*arguments: Any) -> Any:
        calls.append("render")
        return real(*arguments)

    monkeypatch.setattr(rendering, "render_recorded", counted)
    for number in range(3):
        commit(service, {"own.md": f"{number}\n"})
        scans.scan(service.pk)
    assert calls == ["render"]


def test_the_same_commit_is_evaluated_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    scans.scan(service.pk)
    monkeypatch.setattr(snapshots, "take", None)
    scans.scan(service.pk)
    assert Snapshot.objects.count() == Evaluation.objects.count() == 1
    assert scans.changed_services(list(Service.objects.all())) == []


def test_a_change_in_the_catalog_is_seen_without_a_push(service: Service) -> None:
    from catalog.models import Entity

    scans.scan(service.pk)
    Entity.objects.filter(ref=service.entity_ref).update(owner_ref="group:default/identity")
    assert scans.sweep()["changed"] == 1
    found = scans.scan(service.pk)
    assert found.owner_ref == "group:default/identity"
    assert verdict(found, "codeowners-owners").standing == "fail"


def test_a_push_asks_for_a_scan(service: Service) -> None:
    from scaffolder.signals import announce

    announce(service.repository)
    assert Service.objects.wanting_scan().get().pk == service.pk
    scans.scan(service.pk)
    assert not Service.objects.wanting_scan().exists()
    assert scans.reap() == 0


def test_a_lost_message_is_rung_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []

    def ring(pk: int) -> bool:
        rung.append(pk)
        return True

    monkeypatch.setattr(scans, "ring", ring)
    Service.objects.filter(pk=service.pk).update(scan_requested_at=timezone.now())
    assert scans.reap() == 1
    assert rung == [service.pk]


def test_a_scan_that_was_killed_is_done_again_when_its_lease_is_over(service: Service) -> None:
    Service.objects.filter(pk=service.pk).update(scan_requested_at=timezone.now(), **Service.grant(uuid.uuid4(), 300))
    assert scans.scan(service.pk).snapshot is None
    assert scans.reap() == 0
    Service.objects.filter(pk=service.pk).update(lease_expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert scans.reap() == 1
    assert scans.scan(service.pk).snapshot is not None


def test_a_scan_that_lost_its_lease_stores_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    real = snapshots.take

    def slow(*arguments: Any) -> Any:
        taken = real(*arguments)
        Service.objects.filter(pk=service.pk).update(lease_holder=uuid.uuid4())
        return taken

    monkeypatch.setattr(scans, "take", slow)
    scans.scan(service.pk)
    assert not Snapshot.objects.exists()
    assert not Verdict.objects.exists()


def test_a_long_scan_keeps_its_lease_and_ends_when_it_lost_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "BEAT_SECONDS", 0.0)
    expiries: list[dt.datetime | None] = []
    real = snapshots.take

    def watched(service: Service, lineage: Lineage, known: Any, beat: Any) -> Any:
        def told() -> None:
            beat()
            expiries.append(Service.objects.get(pk=service.pk).lease_expires_at)

        return real(service, lineage, known, told)

    monkeypatch.setattr(scans, "take", watched)
    scans.scan(service.pk)
    assert len(set(expiries)) > 100
    times = [each for each in expiries if each]
    assert times == sorted(times)

    def robbed(service: Service, lineage: Lineage, known: Any, beat: Any) -> Any:
        Service.objects.filter(pk=service.pk).update(lease_holder=uuid.uuid4())
        return real(service, lineage, known, beat)

    commit(service, {"own.md": "more\n"})
    monkeypatch.setattr(scans, "take", robbed)
    scans.scan(service.pk)
    assert Snapshot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_scans_at_once_store_one_result(service: Service) -> None:
    def work() -> None:
        try:
            scans.scan(service.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Snapshot.objects.count() == Evaluation.objects.count() == 1
    found = Service.objects.get(pk=service.pk)
    assert Verdict.objects.filter(service=service).count() == sum(found.standing_counts().values())


def test_a_force_push_is_another_snapshot(service: Service) -> None:
    scans.scan(service.pk)
    folder = folder_of(service)
    tree = run_git(folder, "rev-parse", "refs/heads/main^{tree}")
    orphan = run_git(folder, "-c", "user.name=x", "-c", "user.email=x@y.z", "commit-tree", tree, "-m", "Rewritten")
    run_git(folder, "update-ref", "refs/heads/main", orphan)
    found = scans.scan(service.pk)
    assert found.commit == orphan
    assert drift_of(found) == {}
    assert Snapshot.objects.filter(service=service).count() == 2


def test_a_deleted_branch_an_empty_and_a_lost_repository_are_told_in_words(service: Service) -> None:
    before = scans.scan(service.pk)
    folder = folder_of(service)
    run_git(folder, "update-ref", "-d", "refs/heads/main")
    _all_inconclusive(scans.scan(service.pk), "The default branch main was deleted.", before.level)
    shutil.rmtree(folder)
    git.create_bare(folder)
    service.repository.head_commit = ""
    service.repository.save()
    _all_inconclusive(scans.scan(service.pk), "The repository has no commits yet.", before.level)
    shutil.rmtree(folder)
    _all_inconclusive(scans.scan(service.pk), "cannot be read here", before.level)


def _all_inconclusive(service: Service, words: str, level: str) -> None:
    assert words in service.problem
    assert set(Verdict.objects.filter(service=service).values_list("standing", flat=True)) == {"error"}
    assert all(words in message for message in Verdict.objects.values_list("message", flat=True))
    assert service.level == level, "an outage does not lower a level"


def test_a_repository_that_comes_back_is_judged_again(service: Service, tmp_path: Path) -> None:
    before = scans.scan(service.pk)
    folder = folder_of(service)
    folder.rename(tmp_path / "aside")
    assert scans.scan(service.pk).problem
    (tmp_path / "aside").rename(folder)
    found = scans.scan(service.pk)
    assert (found.problem, found.level, found.passed) == ("", before.level, before.passed)


def test_fifty_thousand_files_and_a_blob_of_a_gigabyte(service: Service, tmp_path: Path) -> None:
    folder = folder_of(service)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(1 << 30)
    blob = run_git(folder, "-c", "core.compression=1", "hash-object", "-w", str(large))
    large.unlink()
    commit(service, {f"many/{number // 500}/{number}.go": b"package many\n" for number in range(50_000)})
    subprocess.run(
        ["git", f"--git-dir={folder}", "fast-import", "--quiet"],
        input=(
            "commit refs/heads/main\ncommitter A <a@b.c> 1700000000 +0000\ndata 1\nx\nfrom refs/heads/main^0\n"
            f"M 100644 {blob} README.md\nM 100644 {blob} deployments/k8s/base/deployment.yaml\n"
        ).encode(),
        check=True,
    )
    found = scans.scan(service.pk)
    assert found.added == 50_000
    readme, resources = verdict(found, "readme-content"), verdict(found, "kubernetes-resources")
    assert (readme.standing, resources.standing) == ("error", "error")
    assert "larger than 1 MB" in readme.message
    assert verdict(found, "structured-logs").standing == "error"
    assert found.snapshot is not None
    assert len(json.dumps(found.snapshot.results)) < 500_000


def test_the_render_ref_cannot_hide_drift(service: Service) -> None:
    """Whoever moves refs/goldpath/render to their own commit is still compared with the recorded one."""
    done = commit(service, {"Makefile": "all:\n"})
    run_git(folder_of(service), "update-ref", "refs/goldpath/render", done.id)
    assert drift_of(scans.scan(service.pk)) == {"Makefile": "weakened"}


def test_evidence_shows_the_line_of_the_commit_without_secrets(service: Service) -> None:
    token = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    commit(service, {"notes.txt": f"first\ntoken = {token}\n"})
    found = verdict(scans.scan(service.pk), "no-secrets")
    assert found.standing == "fail"
    (evidence,) = found.evidence
    assert (evidence["path"], evidence["line"]) == ("notes.txt", 2)
    assert evidence["sha"] == run_git(folder_of(service), "rev-parse", "main:notes.txt")
    assert "token" in evidence["excerpt"]
    assert token not in json.dumps(Snapshot.objects.get().results)


def test_history_is_the_commits_own_time_and_never_runs_backwards(service: Service) -> None:
    past = timezone.now().replace(microsecond=0) - dt.timedelta(days=20)
    scans.scan(service.pk)
    Evaluation.objects.update(at=past)
    commit(service, {"Makefile": "all:\n"}, when=past + dt.timedelta(days=5))
    scans.scan(service.pk)
    commit(service, {"Makefile": "more:\n"}, when=past - dt.timedelta(days=5))
    scans.scan(service.pk)
    commit(service, {"Makefile": "most:\n"}, when=timezone.now() + dt.timedelta(days=300))
    scans.scan(service.pk)
    times = list(Evaluation.objects.order_by("pk").values_list("at", flat=True))
    assert times == sorted(times)
    assert (times[1] - past).days == 5
    assert times[3] <= timezone.now()


def test_old_snapshots_go_and_their_history_stays(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "KEPT_SNAPSHOTS", 2)
    for number in range(4):
        commit(service, {"own.md": f"{number}\n"})
        scans.scan(service.pk)
    assert scans.sweep()["snapshots"] == 2
    assert Snapshot.objects.count() == 2
    assert Evaluation.objects.count() == 4
    assert Service.objects.get().snapshot is not None


def test_two_services_of_one_template_share_what_is_known_of_go(make_service: MakeService) -> None:
    from conformance.models import Fact

    scans.scan(make_service("ledger").pk)
    first = Fact.objects.filter(parser="gosource").count()
    scans.scan(make_service("refunds").pk)
    assert Fact.objects.filter(parser="gosource").count() - first <= 5


def test_the_texts_of_a_drifted_file(service: Service, tmp_path: Path) -> None:
    from conformance.services import drift

    recorded = text_of(service, ".golangci.yml").encode()
    commit(service, {".golangci.yml": "version: '2'\n"}, removed=("Makefile",))
    newer_release(tmp_path, {".golangci.yml": "# newer\n"})
    scans.scan(service.pk)
    found = drift.texts(service, ".golangci.yml")
    assert (found.recorded, found.current, found.newest) == (recorded, b"version: '2'\n", b"# newer\n" + recorded)
    gone = drift.texts(service, "Makefile")
    assert gone.current is None
    assert gone.recorded == gone.newest
    for path in ("README.md", "../../etc/passwd", ""):
        with pytest.raises(NotFoundError):
            drift.texts(service, path)


def test_a_scan_of_a_repository_without_a_template_is_none(service: Service) -> None:
    Lineage.objects.all().delete()
    assert scans.service_of(service.repository) is None
