"""axe finds nothing, on any page, in light and in dark, wide and narrow; nothing is wider than the window."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.walk import Portal

pytestmark = pytest.mark.e2e
AXE = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SIZES = {"wide": {"width": 1280, "height": 860}, "narrow": {"width": 390, "height": 844}}


def judge(page: Page, where: str) -> list[str]:
    """Return what axe finds on the page as it stands, and whether it is too wide."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [
        f"{where}: {rule['id']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
    is_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*told, f"{where}: wider than its window"] if is_wide else told


def walk(portal: Portal, name: str) -> list[str]:
    """Make a service, and return the addresses of all pages about it."""
    portal.create(name)
    run = portal.page.url
    portal.fill_in(f"{name}-draft")
    review = portal.page.url
    repository = f"/git/default/{name}"
    portal.page.goto(f"{repository}/commits")
    commit = portal.page.locator(f"a[href*='{repository}/commit/']").first.get_attribute("href")
    return [
        "/", "/create", "/create/default/go-blank-service", review, review.replace("review", "2"),
        review.replace("review", "3"), "/runs", run, "/catalog", "/catalog?kind=", "/catalog?text=nothing-like-this",
        f"/catalog/component/default/{name}", f"/catalog/api/default/{name}-api", "/catalog/group/default/payments",
        f"{repository}/", f"{repository}/tree/internal", f"{repository}/file/go.mod", f"{repository}/commits",
        str(commit), "/templates", "/templates/default/go-blank-service", "/tokens", "/nowhere",
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Callable[..., Any], scheme: str, size: str) -> None:
    with visit(color_scheme=scheme, viewport=SIZES[size], bypass_csp=True) as portal:
        page = portal.page
        found: list[str] = []
        for address in ("/", "/sign-in", "/sign-in/link/x"):
            page.goto(address)
            found += judge(page, address)
        portal.sign_in()
        for address in walk(portal, f"axe-{scheme}-{size}"):
            page.goto(address)
            found += judge(page, address)
        page.goto("/create/default/go-blank-service")
        page.get_by_role("button", name="Continue").click()
        found += judge(page, "a form with errors")
        page.goto("/tokens")
        page.get_by_label("What is it for?").fill("axe")
        page.get_by_role("button", name="Make it").click()
        found += judge(page, "a new token")
        page.locator("summary").first.click()
        found += judge(page, "the open menu")
        assert not found, "\n".join(found)
