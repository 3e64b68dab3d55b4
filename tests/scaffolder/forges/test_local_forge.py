"""The local forge as runs use it: made once, adopted by its maker only, deleted only when provably untouched."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from portal.foundation import home
from portal.foundation.errors import ConflictError, InputError, NotFoundError
from scaffolder import git
from scaffolder.forges import RemoteRepository, RepositorySpec, forge
from scaffolder.forges.local import sweeping
from scaffolder.models import Repository

REFS = ["refs/heads/main", "refs/goldpath/render"]
RUN, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def spec(run_id: uuid.UUID = RUN, name: str = "ledger") -> RepositorySpec:
    return RepositorySpec("default", name, run_id, "Books payments")


def push(tmp_path: Path, remote: RemoteRepository, *, text: str = "x", refs: list[str] | None = None) -> str:
    """Commit one file and push it as a run does; returns the commit."""
    folder, work = tmp_path / f"files-{text}", tmp_path / f"work-{text}"
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text(text, encoding="utf-8")
    when, author = dt.datetime(2026, 1, 2, tzinfo=dt.UTC), git.Person("a", "a@example.com")
    made = git.commit_folder(work, folder, message="Render", author=author, when=when, refs=refs or REFS)
    git.push(work, forge("local").push_target(remote), [f"{ref}:{ref}" for ref in refs or REFS])
    return made.id


def folder_of(remote: RemoteRepository) -> Path:
    return Path(forge("local").push_target(remote).url)


def test_repository_is_made_once_and_adopted_by_its_own_run() -> None:
    local = forge("local")
    assert local.is_free("default", "ledger")
    first, again = local.ensure_repository(spec()), local.ensure_repository(spec())
    assert first == again
    assert not local.is_free("default", "ledger")
    assert first == local.remote("default", "ledger")
    assert first.remote_url == f"{django_settings.GOLDPATH_BASE_URL}/git/default/ledger.git"


def test_repository_of_another_run_is_refused_and_left_alone(tmp_path: Path) -> None:
    local = forge("local")
    head = push(tmp_path, local.ensure_repository(spec()))
    with pytest.raises(ConflictError, match="was not made by this run"):
        local.ensure_repository(spec(OTHER))
    assert local.head(local.ensure_repository(spec())) == head


def test_folder_that_no_run_made_is_refused() -> None:
    strange = home.folder("git", "default") / "ledger.git"
    git.create_bare(strange)
    with pytest.raises(ConflictError):
        forge("local").ensure_repository(spec())


@pytest.mark.parametrize("name", ["../escaped", "a/b", "-x", "x-", "", ".git", "A", "a.b", "x" * 64, "a\n", "--bare"])
def test_path_traversal_and_option_injection_by_a_name_are_refused(name: str) -> None:
    local = forge("local")
    for act in (
        lambda: local.is_free("default", name),
        lambda: local.is_free(name, "ledger"),
        lambda: local.ensure_repository(spec(name=name)),
    ):
        with pytest.raises(InputError, match="cannot be part of a repository's address"):
            act()


@pytest.mark.parametrize("branch", ["-x", "a b", "../x", "x\n[core]\n\tfsmonitor = touch pwned", ""])
def test_option_and_line_injection_by_the_default_branch_is_refused(branch: str) -> None:
    with pytest.raises(InputError):
        forge("local").ensure_repository(RepositorySpec("default", "ledger", RUN, "", branch))
    assert forge("local").is_free("default", "ledger")


def test_description_is_text_only(tmp_path: Path) -> None:
    remote = forge("local").ensure_repository(RepositorySpec("default", "x", RUN, "[core]\n\thooksPath = /tmp"))
    assert "hooksPath" not in (folder_of(remote) / "config").read_text(encoding="utf-8")


def test_two_threads_with_two_runs_get_one_repository() -> None:
    def ensure(number: int) -> str:
        try:
            forge("local").ensure_repository(spec(uuid.UUID(int=number % 2 + 1)))
        except ConflictError:
            return "refused"
        return str(number % 2)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(ensure, range(40)))
    winners = set(results) - {"refused"}
    assert len(winners) == 1
    assert results.count("refused") == 20
    assert [path.name for path in home.folder("git", "default").iterdir()] == ["ledger.git"]


def test_two_processes_with_two_runs_get_one_repository(goldpath_home: Path) -> None:
    code = (
        "import sys, uuid, django; django.setup()\n"
        "from django.conf import settings; settings.GOLDPATH_HOME = sys.argv[1]\n"
        "from portal.foundation.errors import ConflictError\n"
        "from scaffolder.forges import RepositorySpec, forge\n"
        "made = 0\n"
        "sys.stdin.readline()\n"
        "for number in range(60):\n"
        "    try:\n"
        "        run = uuid.UUID(int=int(sys.argv[2]))\n"
        "        forge('local').ensure_repository(RepositorySpec('default', f'x{number}', run))\n"
        "        made += 1\n"
        "    except ConflictError:\n"
        "        pass\n"
        "print(made)\n"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(goldpath_home), str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in (1, 2)
    ]  # fmt: skip
    time.sleep(2)
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    made = [int(racer.communicate(timeout=60)[0]) for racer in racers]
    assert sum(made) == 60
    assert len(list(home.folder("git", "default").iterdir())) == 60


def test_worker_killed_before_its_repository_was_whole_leaves_the_name_free() -> None:
    draft = home.folder("git", "default") / ".draft-left-by-a-killed-worker"
    (draft / "objects").mkdir(parents=True)
    local = forge("local")
    assert local.is_free("default", "ledger")
    assert git.made_by(folder_of(local.ensure_repository(spec()))) == RUN


def test_worker_killed_between_init_and_push_is_followed_by_one_that_adopts(tmp_path: Path) -> None:
    local = forge("local")
    local.ensure_repository(spec())
    successor = local.ensure_repository(spec())
    assert local.head(successor) == ""
    head = push(tmp_path, successor)
    assert local.head(successor) == head


def test_worker_killed_between_push_and_record_is_followed_by_one_that_changes_nothing(tmp_path: Path) -> None:
    local = forge("local")
    remote = local.ensure_repository(spec())
    before = push(tmp_path, remote)
    refs = git.refs(folder_of(remote))
    assert push(tmp_path, local.ensure_repository(spec())) == before
    assert git.refs(folder_of(remote)) == refs == dict.fromkeys(REFS, before)


def _push_for_ever(home_folder: str, tmp_path: str, url: str) -> None:
    for number in range(1000):
        git.push(
            Path(tmp_path) / "work-x",
            git.PushTarget(url, "file"),
            [f"{ref}:refs/heads/copy-{number}" for ref in REFS[:1]],
        )


def test_worker_killed_in_the_middle_of_a_push_leaves_a_repository_that_can_be_pushed_to(tmp_path: Path) -> None:
    remote = forge("local").ensure_repository(spec())
    head = push(tmp_path, remote)
    context = multiprocessing.get_context("fork")
    worker = context.Process(target=_push_for_ever, args=("", str(tmp_path), str(folder_of(remote))))
    worker.start()
    time.sleep(0.4)
    worker.kill()
    worker.join()
    time.sleep(0.5)
    assert push(tmp_path, forge("local").ensure_repository(spec())) == head
    subprocess.run(["git", f"--git-dir={folder_of(remote)}", "fsck", "--strict"], check=True, capture_output=True)


def test_untouched_repository_is_deleted_by_its_run(tmp_path: Path) -> None:
    local = forge("local")
    remote = local.ensure_repository(spec())
    head = push(tmp_path, remote)
    local.delete(remote, run_id=RUN, only_if_head=head)
    assert local.is_free("default", "ledger")
    local.delete(remote, run_id=RUN, only_if_head=head)
    assert not list(home.folder("git", "default").iterdir())


def test_empty_repository_is_deleted_by_its_run() -> None:
    local = forge("local")
    local.delete(local.ensure_repository(spec()), run_id=RUN, only_if_head="")
    assert local.is_free("default", "ledger")


def test_repository_of_another_run_is_not_deleted() -> None:
    local = forge("local")
    remote = local.ensure_repository(spec())
    with pytest.raises(ConflictError, match="was not made by this run"):
        local.delete(remote, run_id=OTHER, only_if_head="")
    assert not local.is_free("default", "ledger")


def test_repository_that_somebody_pushed_to_is_not_deleted(tmp_path: Path) -> None:
    local = forge("local")
    remote = local.ensure_repository(spec())
    head = push(tmp_path, remote)
    with pytest.raises(ConflictError, match="was pushed to"):
        local.delete(remote, run_id=RUN, only_if_head="")
    push(tmp_path, remote, text="y", refs=["refs/heads/topic"])
    with pytest.raises(ConflictError, match="was pushed to"):
        local.delete(remote, run_id=RUN, only_if_head=head)
    assert local.head(remote) == head


def test_repository_that_somebody_is_pushing_to_is_not_deleted(tmp_path: Path) -> None:
    local = forge("local")
    remote = local.ensure_repository(spec())
    head = push(tmp_path, remote)
    with git.in_use(folder_of(remote)), pytest.raises(ConflictError, match="so it stays"):
        local.delete(remote, run_id=RUN, only_if_head=head)
    assert local.head(remote) == head
    local.delete(remote, run_id=RUN, only_if_head=head)


@pytest.mark.django_db
def test_protection_is_recorded() -> None:
    local = forge("local")
    remote = local.ensure_repository(spec())
    Repository.objects.create(name="ledger", owner_ref="group:default/payments")
    local.protect(remote)
    assert Repository.objects.get().is_protected


def test_unknown_forge_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="no forge called github"):
        forge("github")


def test_leftovers_of_killed_workers_are_swept_and_repositories_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    forge("local").ensure_repository(spec())
    for name in (".draft-x", ".deleted-x"):
        (home.folder("git", "default") / name / "objects").mkdir(parents=True)
    assert sweeping.tidy() == 0
    monkeypatch.setattr(sweeping, "LEFTOVER_SECONDS", -1.0)
    assert sweeping.tidy() == 2
    assert [path.name for path in home.folder("git", "default").iterdir()] == ["ledger.git"]


def test_repository_of_many_pushes_is_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = forge("local").ensure_repository(spec())
    head = push(tmp_path, remote)
    for number in range(3):
        push(tmp_path, remote, text=str(number), refs=[f"refs/heads/topic-{number}"])
    refs = git.refs(folder_of(remote))
    monkeypatch.setattr(sweeping, "MANY_PACKS", 2)
    assert sweeping.tidy() == 1
    assert len(list((folder_of(remote) / "objects/pack").glob("*.pack"))) == 1
    assert git.refs(folder_of(remote)) == refs
    assert forge("local").head(remote) == head
    (folder_of(remote) / "HEAD").write_text("broken", encoding="utf-8")
    monkeypatch.setattr(sweeping, "MANY_PACKS", 0)
    assert sweeping.tidy() == 0
