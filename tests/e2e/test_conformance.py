"""Conformance in a browser: a push that weakens a guard, a scan that somebody asks for, lists, axe on every page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.test_accessibility import SIZES, judge
from tests.e2e.test_journey import run, tab_to
from tests.processes.stack import Stack, eventually

pytestmark = pytest.mark.e2e
NAME = "guarded"
PAGE = f"/conformance/services/default/{NAME}"
CI = ".github/workflows/ci.yml"
CREATE_SECONDS = 90


@pytest.fixture(scope="module")
def weakened(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A service whose CI workflow was weakened by a push, scanned by the worker; return the commit."""
    token = stack.token("alice")
    answer = stack.create(token, NAME, system="system:default/checkout")
    assert stack.wait_for_end(token, answer.body["id"], CREATE_SECONDS)["status"] == "completed"
    clone = tmp_path_factory.mktemp("clone") / NAME
    address = stack.url.replace("://", f"://alice:{token}@")
    run(["git", "clone", "-q", f"{address}/git/default/{NAME}.git", str(clone)], clone.parent)
    workflow = clone / CI
    workflow.write_text(workflow.read_text().replace("permissions: {}", "permissions: write-all", 1))
    who = ["-c", "user.name=Alice", "-c", "user.email=alice@goldpath.example"]
    run(["git", *who, "commit", "-qam", "Let CI write"], clone)
    run(["git", "push", "-q", "origin", "HEAD:main"], clone)
    commit = run(["git", "rev-parse", "HEAD"], clone).strip()
    eventually(lambda: seen(stack, token) == commit, "the push was not scanned", CREATE_SECONDS)
    return commit


def seen(stack: Stack, token: str) -> str:
    """Return the commit that the portal last scanned, by its API."""
    answer = stack.get(f"/api/goldpath/v1/services/default/{NAME}", token)
    return str(answer.body.get("commit", "")) if answer.status == 200 else ""


def test_a_push_that_weakens_a_guard_is_found_and_proved(visit: Callable[..., Any], weakened: str) -> None:
    with visit() as portal:
        page = portal.page
        portal.sign_in()
        page.get_by_role("link", name="Conformance", exact=True).click()
        call = page.get_by_role("region", name="Needs help first")
        expect(call).to_contain_text("Guarded")
        call.get_by_role("link", name="CI workflow weakened").click()
        expect(page.locator(".is-added")).to_contain_text("+permissions: write-all")
        page.get_by_role("link", name="What an upgrade would change").click()
        expect(page.locator(".is-removed")).to_contain_text("-permissions: write-all")
        page.get_by_role("link", name="Guarded").click()
        expect(page.get_by_role("heading", name=re.compile("to bronze"))).to_be_visible()
        page.get_by_role("region", name="What is missing").get_by_role("link", name=CI).first.click()
        assert f"ref={weakened}" in page.url


def test_a_scan_shows_its_result_by_itself(visit: Callable[..., Any], weakened: str) -> None:
    with visit() as portal:
        page = portal.page
        portal.sign_in()
        page.goto(PAGE)
        page.get_by_role("button", name="Scan now").click()
        expect(page.get_by_text("Scanned just now.")).to_be_visible(timeout=30_000)
        expect(page.locator("#service")).to_have_count(1)
        expect(page.get_by_role("heading", name="What is missing")).to_be_visible()


def test_lists_and_scans_work_without_javascript(visit: Callable[..., Any], weakened: str) -> None:
    with visit(java_script_enabled=False) as portal:
        page = portal.page
        portal.sign_in()
        page.goto("/conformance/services")
        page.get_by_label("Drift").select_option("weakened")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("1 service", exact=True)).to_be_visible()
        page.get_by_role("link", name="Guarded").click()
        page.get_by_role("button", name="Scan now").click()
        expect(page.get_by_role("heading", name="What is missing")).to_be_visible()
        expect(page.get_by_text("Its result appears here by itself.")).to_have_count(0, timeout=30_000)


@pytest.mark.parametrize(
    ("path", "nothing", "choice", "value"),
    [
        ("/conformance/services", "No service fits these filters", "Level", "gold"),
        ("/catalog", "Nothing fits these filters", "Kind", "group"),
    ],
)
def test_filters_answer_while_they_are_chosen(
    visit: Callable[..., Any], weakened: str, path: str, nothing: str, choice: str, value: str
) -> None:
    with visit() as portal:
        page = portal.page
        portal.sign_in()
        page.goto(path)
        page.get_by_label("Search").fill("nothing-like-this")
        expect(page.get_by_text(nothing)).to_be_visible()
        assert "text=nothing-like-this" in page.url
        # As slowly as people: leaving the field must not fetch the results anew, under the pointer.
        page.get_by_role("link", name="Start over").first.click(delay=600)
        expect(page.get_by_role("link", name="Guarded")).to_be_visible()
        page.get_by_label(choice).select_option(value)
        expect(page).to_have_url(re.compile(f"={value}"))


def test_pictures_lead_on_with_the_keyboard_alone(visit: Callable[..., Any], weakened: str) -> None:
    with visit() as portal:
        page = portal.page
        portal.sign_in()
        page.goto("/conformance")
        tab_to(page, "CI workflow weakened")
        for _ in range(40):
            page.keyboard.press("Tab")
            if "level=none" in (page.evaluate("document.activeElement.getAttribute('href') || ''")):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 service", exact=True)).to_be_visible()


def addresses() -> list[str]:
    """Every page of conformance that everybody sees, in its states."""
    return [
        "/conformance", "/conformance/services", "/conformance/services?text=nothing-like-this",
        "/conformance/services?drift=weakened&sort=-score", PAGE, f"{PAGE}/drift/{CI}",
        f"{PAGE}/drift/{CI}?view=template", "/conformance/teams/default/payments",
        "/conformance/teams/default/identity", "/conformance/checks", "/conformance/checks/guards-intact",
        "/conformance/checks/coverage-gate", "/", f"/catalog/component/default/{NAME}",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_conformance(visit: Callable[..., Any], weakened: str, scheme: str, size: str) -> None:
    with visit(color_scheme=scheme, viewport=SIZES[size], bypass_csp=True) as portal:
        page = portal.page
        portal.sign_in()
        found: list[str] = []
        for address in addresses():
            page.goto(address)
            found += judge(page, address)
        page.goto(PAGE)
        version = page.get_by_role("link", name=re.compile("go-blank-service ")).get_attribute("href")
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        found += judge(page, "a service with everything open")
        page.goto("/conformance")
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        found += judge(page, "the fleet with its tables")
        page.goto(str(version))
        found += judge(page, "a version")
        assert not found, "\n".join(found)


def test_an_empty_portal_is_judged_too(tmp_path: Path, chromium: Any) -> None:
    empty = Stack(tmp_path).prepare()
    try:
        empty.start("web")
        context = chromium.new_context(base_url=empty.url, bypass_csp=True)
        page = context.new_page()
        page.goto("/sign-in")
        page.locator("button[value=alice]").click()
        found: list[str] = []
        for address in ("/conformance", "/conformance/services", "/conformance/checks"):
            page.goto(address)
            found += judge(page, address)
        expect(page.get_by_role("heading", name="Checks")).to_be_visible()
        page.goto("/conformance")
        expect(page.get_by_text("No service has come from a template yet")).to_be_visible()
        context.close()
        assert not found, "\n".join(found)
    finally:
        empty.stop()
