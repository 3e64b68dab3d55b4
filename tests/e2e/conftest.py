"""A browser, and an installation of its own with the real web and worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import browser as browsers
from tests.e2e.walk import Portal
from tests.processes.stack import Stack

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web and worker on embedded defaults, as `make run` starts them."""
    running = Stack(Path(tmp_path_factory.mktemp("e2e")))
    running.prepare()
    running.start("web", "worker")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; without one the tests are skipped, and fail where CI says that there must be one."""
    path = browsers.find()
    if path is None:
        message = "No Chromium: the whole job was not walked in a browser. `make browser` installs one."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(chromium: Browser, stack: Stack) -> Callable[..., Any]:
    """Return a context manager that opens a browser of its own, with a page whose errors fail the test."""

    @contextmanager
    def opened(**options: Any) -> Iterator[Portal]:
        context = chromium.new_context(base_url=stack.url, **options)
        context.set_default_timeout(30_000)
        page = context.new_page()
        defects = _watched(page)
        try:
            yield Portal(page, stack)
            assert defects == []
        finally:
            context.close()

    return opened


def _watched(page: Page) -> list[str]:
    """Return the list that gathers what must not happen: script errors, refused content, failed fetches."""
    defects: list[str] = []
    page.on("pageerror", lambda error: defects.append(str(error)))
    page.on("requestfailed", lambda request: defects.append(f"failed: {request.url}") if _matters(request) else None)
    page.on("console", lambda message: defects.append(message.text) if "Content Security" in message.text else None)
    return defects


def _matters(request: Any) -> bool:
    return "ERR_ABORTED" not in str(request.failure)
