"""Takes the pictures of the README, of real processes with the demo services: `python -m tests.screenshots`."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import find
from tests.e2e.walk import Portal
from tests.processes.stack import Stack

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE = (1280, 860)
TALL = (1280, 1240)
DEMO_SECONDS = 180


def main() -> None:
    """Start the portal with its demo services and take every picture."""
    _set_up_django()
    chromium = find()
    if chromium is None:
        raise SystemExit("There is no Chromium: make browser")
    with tempfile.TemporaryDirectory(prefix="goldpath-pictures-", ignore_cleanup_errors=True) as home:
        stack = Stack(Path(home), environment={"GOLDPATH_DEMO": "1"}).prepare()
        stack.start("web", "worker")
        try:
            _wait_for_the_demo(stack)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                context = browser.new_context(base_url=stack.url, color_scheme="light")
                _take_all(Portal(context.new_page(), stack))
                browser.close()
        finally:
            stack.stop()


def _set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")
    import django

    django.setup()


def _take_all(portal: Portal) -> None:
    page = portal.page
    _size(page, SIZE)
    portal.sign_in()
    portal.fill_in("ledger")
    _take(page, "review")
    page.get_by_role("button", name="Create the service").click()
    portal.wait("ledger")
    _take(page, "run")
    for name, path, size in (
        ("home", "/", SIZE),
        ("entity", "/catalog/component/default/ledger", SIZE),
        ("repository", "/git/default/ledger/", SIZE),
        ("conformance", "/conformance", TALL),
        ("service", "/conformance/services/default/sessions", TALL),
        ("drift", "/conformance/services/default/invoices/drift/.golangci.yml", SIZE),
    ):
        _size(page, size)
        page.goto(path)
        _take(page, name)


def _size(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.png")


def _wait_for_the_demo(stack: Stack) -> None:
    token = stack.token("alice")
    deadline = time.monotonic() + DEMO_SECONDS
    while time.monotonic() < deadline:
        last = stack.get("/api/goldpath/v1/services/default/mailer", token)
        if last.status == 200 and last.body["level"] == "bronze" and not last.body["isScanPending"]:
            return
        time.sleep(1)
    raise SystemExit("the demo services were not made in time")


if __name__ == "__main__":
    main()
