"""The Go caches are bounded."""

from __future__ import annotations

import os

from pytest_django.fixtures import Settings

from portal.foundation import home
from scaffolder import verification
from scaffolder.verification import caches


def test_caches_are_trimmed_oldest_first(settings: Settings) -> None:
    settings.GOLDPATH_GO_CACHE_MB = 1
    build = home.folder("cache", "go", "build", "ab")
    for number in range(20):
        (build / f"{number:02}").write_bytes(b"x" * 100_000)
        os.utime(build / f"{number:02}", (1000 + number, 1000 + number))
    assert verification.trim() > 900_000
    left = sorted(path.name for path in build.iterdir())
    assert left == [f"{number:02}" for number in range(12, 20)]
    assert verification.trim() == 0


def test_modules_go_when_they_alone_are_too_large(settings: Settings) -> None:
    settings.GOLDPATH_GO_CACHE_MB = 1
    folder = home.folder("cache", "go", "mod", "example.com", "x@v1")
    (folder / "x.go").write_bytes(b"x" * 2_000_000)
    (folder / "x.go").chmod(0o444)
    folder.chmod(0o555)
    assert verification.trim() == 2_000_000
    assert not folder.exists()


def test_caches_in_use_are_not_trimmed(settings: Settings) -> None:
    settings.GOLDPATH_GO_CACHE_MB = 0
    (home.folder("cache", "go", "build") / "x").write_bytes(b"x")
    with caches.locked("use", shared=True):
        assert verification.trim() == 0
