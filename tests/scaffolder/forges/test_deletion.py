"""Deleting a repository of the local forge: errors anywhere, and kill -9 between any two lines, lose nothing."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
import types
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from portal.foundation.errors import ConflictError, GoldpathError
from scaffolder import git
from scaffolder.forges import RemoteRepository, forge
from scaffolder.forges.local import aside, places, sweeping
from scaffolder.forges.local import forge as local_forge
from tests.scaffolder.forges.test_local_forge import RUN, folder_of, push, spec

TRACED = {local_forge.__file__, aside.__file__, sweeping.__file__}
RENDER_REF = "refs/goldpath/render"


@pytest.fixture
def remote() -> RemoteRepository:
    """A repository of RUN without commits."""
    return forge("local").ensure_repository(spec())


@pytest.fixture
def head(remote: RemoteRepository, tmp_path: Path) -> str:
    """The commit that the run pushed."""
    return push(tmp_path, remote)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sweep take everything for left, however new it is."""
    monkeypatch.setattr(sweeping, "LEFTOVER_SECONDS", -1.0)


def killed_at(line: int, act: Callable[[], Any]) -> bool:
    """Do `act` in a process that is killed before it executes the line of this number; tell whether it got there."""
    child = os.fork()
    if child == 0:
        _traced(line)
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _traced(line: int) -> None:
    count = itertools.count(1)

    def trace(frame: types.FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in TRACED:
            return None
        if event == "line" and next(count) == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def every_kill(home: Path, act: Callable[[], Any]) -> Any:
    """Do `act` from the same start again and again, killed one line later each time; yield after each kill."""
    start = home.with_name("start")
    shutil.copytree(home / "git", start)
    for line in itertools.count(1):
        shutil.rmtree(home / "git")
        shutil.copytree(start, home / "git")
        if not killed_at(line, act):
            break
        yield line
    assert line > 10, "nothing was killed"


def names() -> list[str]:
    return sorted(path.name for path in places.root().glob("*/*"))


def delete(remote: RemoteRepository, head: str) -> None:
    forge("local").delete(remote, run_id=RUN, only_if_head=head)


def compensate(remote: RemoteRepository, head: str) -> None:
    """Look and delete as the action does when its run is unwound."""
    found = forge("local").head(remote)
    assert found in {"", head}
    delete(remote, found)


def test_kill_between_any_two_lines_is_followed_by_a_worker_that_deletes(
    remote: RemoteRepository, head: str, goldpath_home: Path, at_once: None
) -> None:
    for line in every_kill(goldpath_home, lambda: compensate(remote, head)):
        compensate(remote, head)
        sweeping.tidy()
        assert names() == [], line
        assert forge("local").is_free("default", "ledger")


def test_kill_between_any_two_lines_is_followed_by_a_sweep_that_restores_or_removes(
    remote: RemoteRepository, head: str, goldpath_home: Path, at_once: None
) -> None:
    refs, outcomes = git.refs(folder_of(remote)), []
    for line in every_kill(goldpath_home, lambda: delete(remote, head)):
        is_decided = forge("local").is_free("default", "ledger")
        sweeping.tidy()
        assert names() == ([] if is_decided else ["ledger.git"]), line
        assert is_decided or git.refs(folder_of(remote)) == refs, line
        outcomes.append(is_decided)
    assert outcomes == sorted(outcomes), "once it is decided it stays decided"
    assert set(outcomes) == {False, True}


@pytest.mark.parametrize("ref", ["refs/heads/topic", "refs/tags/v1", RENDER_REF, "refs/heads/main"])
def test_kill_between_any_two_lines_never_loses_what_somebody_pushed(
    remote: RemoteRepository, head: str, goldpath_home: Path, tmp_path: Path, at_once: None, ref: str
) -> None:
    other = push(tmp_path, remote, text="other", refs=["refs/heads/other"])
    bare = folder_of(remote)
    (bare / "refs/heads/other").unlink()
    (bare / ref).write_text(other + "\n", encoding="ascii")
    refs = git.refs(bare)
    for line in every_kill(goldpath_home, lambda: _let_go(remote, head)):
        sweeping.tidy()
        assert git.refs(bare) == refs, line
        with pytest.raises(ConflictError, match="so it stays"):
            delete(remote, head)
        assert names() == ["ledger.git"]


def _let_go(remote: RemoteRepository, head: str) -> None:
    """Begin a deletion that passes the first look, as when the push comes just after it."""
    real, looks = local_forge._refuse_to_lose, itertools.count()

    def look(*given: Any) -> None:
        if next(looks):
            real(*given)

    setattr(local_forge, "_refuse_to_lose", look)  # noqa: B010 - in a process that is killed
    delete(remote, head)


def test_kill_during_a_sweep_is_followed_by_one_that_restores(
    remote: RemoteRepository, head: str, goldpath_home: Path, at_once: None
) -> None:
    refs = git.refs(folder_of(remote))
    aside.put_aside(folder_of(remote))
    for line in every_kill(goldpath_home, sweeping.tidy):
        sweeping.tidy()
        assert git.refs(folder_of(remote)) == refs, line
        assert names() == ["ledger.git"]


@pytest.mark.parametrize("error", [GoldpathError("git failed"), OSError("the disk failed"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["git.made_by", "git.is_in_use", "git.refs", "git.loose_refs", "aside.decide"])
@pytest.mark.parametrize("look", [0, 1], ids=["first", "second"])
def test_an_error_before_the_decision_leaves_the_repository_where_it_was(
    remote: RemoteRepository, head: str, monkeypatch: pytest.MonkeyPatch, error: BaseException, place: str, look: int
) -> None:
    owner, name = {"git": git, "aside": aside}[place.partition(".")[0]], place.partition(".")[2]
    real, looks = getattr(owner, name), itertools.count()

    def fail(*given: Any) -> Any:
        if next(looks) == (0 if owner is aside else look):
            raise error
        return real(*given)

    monkeypatch.setattr(owner, name, fail)
    with pytest.raises(type(error)):
        delete(remote, head)
    assert names() == ["ledger.git"]
    assert set(git.refs(folder_of(remote)).values()) == {head}


def test_an_error_after_the_decision_is_logged_and_left_to_the_sweep(
    remote: RemoteRepository, head: str, monkeypatch: pytest.MonkeyPatch, at_once: None
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, capture_logs() as logged:
        patched.setattr(shutil, "rmtree", fail)
        delete(remote, head)
    assert logged[0]["error"] == "No space left on device"
    assert forge("local").is_free("default", "ledger")
    sweeping.tidy()
    assert names() == []


@pytest.mark.parametrize("ref", ["refs/heads/topic", "refs/tags/v1", RENDER_REF, "refs/notes/commits"])
def test_a_push_that_lands_between_the_look_and_the_rename_is_kept(
    remote: RemoteRepository, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ref: str
) -> None:
    real = aside.put_aside
    other = push(tmp_path, remote, text="other", refs=["refs/heads/other"])
    (folder_of(remote) / "refs/heads/other").unlink()

    def late(folder: Path) -> Path:
        (folder / ref).parent.mkdir(exist_ok=True)
        (folder / ref).write_text(other + "\n", encoding="ascii")
        return real(folder)

    monkeypatch.setattr(aside, "put_aside", late)
    with pytest.raises(ConflictError, match="so it stays"):
        delete(remote, head)
    assert git.refs(folder_of(remote))[ref] == other


def test_a_ref_that_git_cannot_read_is_not_taken_for_nothing(remote: RemoteRepository, head: str) -> None:
    (folder_of(remote) / "refs/heads/topic").write_bytes(b"\0" * 41)
    with pytest.raises(ConflictError, match="so it stays"):
        delete(remote, head)


def test_a_repository_that_lies_aside_is_not_a_free_name_and_its_run_adopts_it(
    remote: RemoteRepository, head: str
) -> None:
    local = forge("local")
    aside.put_aside(folder_of(remote))
    assert not local.is_free("default", "ledger")
    assert local.ensure_repository(spec()) == remote
    assert local.head(remote) == head
    aside.put_aside(folder_of(remote))
    with pytest.raises(ConflictError, match="was not made by this run"):
        local.ensure_repository(spec(uuid.UUID(int=2)))


def test_a_worker_that_slept_does_not_decide_on_what_another_brought_back(
    remote: RemoteRepository, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = aside.decide

    def slow(away: Path) -> Path:
        assert forge("local").head(remote) == head
        return real(away)

    monkeypatch.setattr(aside, "decide", slow)
    with pytest.raises(FileNotFoundError):
        delete(remote, head)
    assert forge("local").head(remote) == head


def test_a_place_that_was_taken_is_not_overwritten_and_nothing_is_lost(
    remote: RemoteRepository, head: str, tmp_path: Path, at_once: None
) -> None:
    bare = folder_of(remote)
    away = aside.put_aside(bare)
    git.create_bare(bare, made_by=uuid.UUID(int=2))
    with capture_logs() as logged:
        assert sweeping.tidy() == 0
    assert logged[0]["event"] == "a repository could not be brought back"
    assert str(places.root()) not in str(logged)
    assert git.head(away, "refs/heads/main") == head
    assert git.made_by(bare) == uuid.UUID(int=2)


def test_the_sweep_leaves_alone_what_a_worker_may_be_deleting_now(remote: RemoteRepository, head: str) -> None:
    away = aside.put_aside(folder_of(remote))
    assert sweeping.tidy() == 0
    assert away.exists()
