"""Verification with the real Go toolchain on tiny modules."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from portal.foundation import home
from portal.foundation.errors import UnavailableError
from scaffolder import library, verification
from scaffolder.verification import caches, process, toolchain, verifying, warming
from tests.scaffolder.fixture_library import FILES, write_library

pytestmark = pytest.mark.go

GOOD = {
    "go.mod": "module example.com/tiny\n\ngo 1.24\n",
    "x.go": "package tiny\n\n// Two is two.\nfunc Two() int { return 2 }\n",
    "x_test.go": (
        'package tiny\n\nimport "testing"\n\nfunc TestTwo(t *testing.T) {\n'
        '\tif Two() != 2 {\n\t\tt.Fatal("no")\n\t}\n}\n'
    ),
}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep what Go compiled of its own library for the whole session."""
    return tmp_path_factory.mktemp("go-build")


@pytest.fixture(autouse=True)
def go_everywhere(settings: Settings, tmp_path: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify in these tests, with the compiled packages of the session and without any network."""
    settings.GOLDPATH_VERIFY = "auto"
    (home.folder("cache", "go") / "build").symlink_to(compiled)
    settings.GOLDPATH_TEMPLATES = tmp_path / "templates"
    no_modules: dict[str, str | None] = {path: None for path in FILES if path.startswith(("gomod/", "base/files/api"))}
    no_modules["base/files/go.mod"] = "module goldpath.local/service\n\ngo 1.24\n"
    no_modules["base/files/go.sum"] = ""
    no_modules["base/when/no-postgres/internal/store.go"] = None
    write_library(tmp_path / "templates" / "go", no_modules)
    library.loading._loaded.clear()
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOSUMDB", "off")
    toolchain._find.cache_clear()


def module(folder: Path, **changes: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in {**GOOD, **{key.replace("_go", ".go"): value for key, value in changes.items()}}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def verify(folder: Path) -> tuple[verification.VerifyReport, list[str]]:
    lines: list[str] = []
    return verification.verify(folder, lines.append, cancelled=lambda: False), lines


def test_good_module_passes_and_its_folder_is_left_alone(tmp_path: Path) -> None:
    folder = module(tmp_path / "good")
    before = sorted(path.name for path in folder.iterdir())
    report, lines = verify(folder)
    assert (report.passed, report.verified, report.reason) == (True, True, "")
    assert sorted(path.name for path in folder.iterdir()) == before
    assert any(line.startswith("ok") and "example.com/tiny" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "text", "step", "said"),
    [
        ("x_go", "package tiny\n\nfunc Two() int { return nothing }\n", "go build failed", "undefined: nothing"),
        (
            "x_go",
            'package tiny\n\nimport "fmt"\n\nfunc Two() int {\n\tfmt.Printf("%d", "x")\n\treturn 2\n}\n',
            "go vet",
            "%d",
        ),
        ("x_go", "package tiny\n\nfunc Two() int { return 3 }\n", "go test failed", "FAIL"),
    ],
)
def test_failing_module_says_which_step_and_why(tmp_path: Path, name: str, text: str, step: str, said: str) -> None:
    report, lines = verify(module(tmp_path / "bad", **{name: text}))
    assert report.passed is False
    assert step in report.reason
    assert any(said in line for line in lines)


def test_no_machine_path_and_no_secret_reaches_the_log(tmp_path: Path, goldpath_home: Path) -> None:
    text = f'package tiny\n\nfunc Two() int {{ return "gp_{"a" * 64}" }}\n'
    _, lines = verify(module(tmp_path / "bad", x_go=text))
    assert any("x.go:3" in line for line in lines)
    assert not any(str(goldpath_home) in line or "gp_aaaa" in line for line in lines)


def test_test_that_reads_the_environment_sees_nothing_of_the_portal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDPATH_SECRET_KEY", "hidden")
    monkeypatch.setenv("DATABASE_PASSWORD", "hidden")
    text = (
        'package tiny\n\nimport (\n\t"os"\n\t"strings"\n\t"testing"\n)\n\nfunc TestEnv(t *testing.T) {\n'
        '\tif strings.Contains(strings.Join(os.Environ(), " "), "hidden") {\n\t\tt.Fatal("seen")\n\t}\n}\n'
    )
    report, lines = verify(module(tmp_path / "env", x_test_go=text))
    assert report.passed, lines


def test_modules_that_cannot_be_downloaded_are_no_verdict(tmp_path: Path, settings: Settings) -> None:
    changes = {"go.mod": GOOD["go.mod"] + "\nrequire example.com/absent v1.0.0\n"}
    folder = module(tmp_path / "offline")
    (folder / "go.mod").write_text(changes["go.mod"], encoding="utf-8")
    report, lines = verify(folder)
    assert (report.passed, report.verified) == (True, False)
    assert any("Not verified: the Go modules could not be downloaded" in line for line in lines)
    settings.GOLDPATH_VERIFY = "always"
    report, _ = verify(folder)
    assert (report.passed, report.verified) == (False, False)


def test_cancelled_verification_stops_with_everything_it_started(tmp_path: Path) -> None:
    text = GOOD["x_test.go"].replace('t.Fatal("no")', "").replace("if Two() != 2", "for Two() == 2")
    folder = module(tmp_path / "endless", x_test_go=text)
    begun = threading.Event()
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        if line.startswith("Testing"):
            begun.set()

    started = time.monotonic()
    report = verification.verify(folder, log, cancelled=lambda: begun.is_set() and time.monotonic() - started > 1)
    assert (report.passed, "cancelled" in report.reason) == (False, True)
    assert not list(home.folder("cache", "go", "slots").iterdir())


def test_endless_verification_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "SECONDS", 0.05)
    report, _ = verify(module(tmp_path / "slow"))
    assert (report.passed, "too long" in report.reason) == (False, True)


def test_toolchain_is_named_by_version_not_by_path() -> None:
    found = verification.go_toolchain()
    assert found is not None
    assert found.startswith("go1.")


def test_never_means_never(settings: Settings, tmp_path: Path) -> None:
    settings.GOLDPATH_VERIFY = "never"
    assert verification.go_toolchain() is None
    with pytest.raises(UnavailableError):
        verify(module(tmp_path / "good"))


def test_machine_without_go(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert verification.go_toolchain() is None
    verification.warm(print)
    progress = verification.warm_progress()
    assert progress is not None
    assert progress.state == "skipped"
    settings.GOLDPATH_VERIFY = "always"
    with pytest.raises(UnavailableError, match="no Go toolchain"):
        verification.go_toolchain()


@pytest.mark.parametrize("answer", ["exit 1", "echo nonsense", 'echo \'{"GOVERSION": "go1.18"}\''])
def test_broken_or_old_toolchain_is_passed_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "go").write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
    (tools / "go").chmod(0o755)
    superset = tmp_path / "templates/go/gomod/superset.mod"
    superset.parent.mkdir()
    superset.write_text("module x\n\ngo 1.24\n", encoding="utf-8")
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/usr/bin:/bin")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert verification.go_toolchain() is None


def test_warming_fills_the_caches_once_and_tells_how_far_it_is() -> None:
    lines: list[str] = []
    assert verification.warm_progress() is None
    verification.warm(lines.append)
    progress = verification.warm_progress()
    assert progress is not None
    assert (progress.state, progress.done, progress.total) == ("ready", 4, 4)
    assert "Building for Tiny service" in lines
    lines.clear()
    verification.warm(lines.append)
    assert lines == []


def test_warming_that_fails_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "templates/go/base/files/cmd/server/broken.go"
    broken.write_text("package main\n\nvar x int = nothing\n", encoding="utf-8")
    library.loading._loaded.clear()
    verification.warm(lambda _: None)
    progress = verification.warm_progress()
    assert progress is not None
    assert progress.state == "failed"
    assert warming._marked() is None


def test_verification_waits_for_warming(tmp_path: Path) -> None:
    folder = module(tmp_path / "good")
    lines: list[str] = []
    with caches.locked("warming") as lock:
        assert lock is not None
        worker = threading.Thread(
            target=verification.verify, args=(folder, lines.append), kwargs={"cancelled": lambda: False}
        )
        worker.start()
        worker.join(1.5)
        assert worker.is_alive()
        assert lines == ["Waiting until the Go caches are warm; this happens once after the installation."]
    worker.join(120)
    assert any(line.startswith("ok") for line in lines)


def test_slot_of_a_killed_worker_is_taken_only_when_its_commands_have_ended(tmp_path: Path) -> None:
    code = (
        "import django, os, signal, threading; django.setup()\n"
        "from django.conf import settings\n"
        f"settings.GOLDPATH_HOME = {str(home.folder())!r}\n"
        "from scaffolder.verification import caches, process\n"
        "from pathlib import Path\n"
        "threading.Timer(1, os.kill, [os.getpid(), signal.SIGKILL]).start()\n"
        "with caches.locked('slot-0') as lock:\n"
        "    process.run(['sleep', '6'], folder=Path('/'), environment={'PATH': os.environ['PATH']}, log=print,\n"
        "        cancelled=lambda: False, seconds=60, keep_open=[lock])\n"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    with caches.locked("slot-0") as lock:
        assert lock is None
    path = home.folder("cache", "go", "locks") / "slot-0"
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_endless_output_is_cut(tmp_path: Path) -> None:
    lines: list[str] = []
    script = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; head -c 100000 /dev/zero | tr '\\0' x"
    process.run(
        ["sh", "-c", script],
        folder=tmp_path,
        environment={"PATH": os.environ["PATH"]},
        log=lines.append,
        cancelled=lambda: False,
        seconds=60,
    )
    assert len(lines) == process.MAX_LINES
    assert lines[-1] == "... more output is left out"
