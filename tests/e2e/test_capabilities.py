"""Capabilities in a real browser: boxes that answer at once, and a picture that follows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.test_accessibility import SIZES, judge
from tests.e2e.walk import Portal
from tests.processes.stack import Stack
from tests.scaffolder import capability_library
from tests.scaffolder.capability_library import ASKED, SPECS

pytestmark = pytest.mark.e2e
Visit = Callable[..., AbstractContextManager[Portal]]
TITLES = {name: SPECS[name]["title"] for name in ASKED}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web and worker with the library of many capabilities."""
    folder = Path(tmp_path_factory.mktemp("capabilities"))
    (folder / "home").mkdir()
    capability_library.write(folder / "templates" / "go")
    own = {"GOLDPATH_TEST_TEMPLATES": str(folder / "templates")}
    running = Stack(folder / "home", environment=own, settings="tests.e2e.settings")
    running.prepare()
    running.start("web", "worker")
    yield running
    running.stop()


def begin(portal: Portal, name: str) -> Page:
    """Come to the page of capabilities."""
    page = portal.page
    page.goto("/sign-in")
    page.locator("button[value=alice]").click()
    page.goto("/create/default/shop")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Description").fill("Takes money")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Capabilities")).to_be_visible()
    return page


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=TITLES[name], exact=True)


def state(page: Page, name: str) -> Locator:
    return page.locator(f"#field-{name}-state")


def part(page: Page, key: str) -> Locator:
    return page.locator(f"#architecture [data-part={key}]:visible")


def ticked(page: Page) -> set[str]:
    return {name for name in ASKED if box(page, name).is_checked()}


def test_a_tick_brings_what_it_needs_and_the_picture_follows(visit: Visit) -> None:
    with visit() as portal:
        page = begin(portal, "till")
        expect(part(page, "rest")).to_be_visible()
        expect(part(page, "no-guard")).to_be_visible()
        box(page, "rbac").check()
        expect(box(page, "jwt")).to_be_checked()
        expect(box(page, "jwt")).to_be_disabled()
        expect(state(page, "jwt")).to_have_text("Comes along: RBAC needs it.")
        expect(page.locator("#announcer")).to_have_text("JWT: Comes along: RBAC needs it.")
        expect(part(page, "jwt")).to_be_visible()
        expect(part(page, "no-guard")).to_have_count(0)
        box(page, "rbac").uncheck()
        expect(box(page, "jwt")).not_to_be_checked()
        expect(box(page, "jwt")).to_be_enabled()
        expect(part(page, "no-guard")).to_be_visible()


def test_what_was_wanted_before_it_was_needed_is_still_wanted_after(visit: Visit) -> None:
    with visit() as portal:
        page = begin(portal, "wishes")
        box(page, "jwt").check()
        box(page, "rbac").check()
        expect(box(page, "jwt")).to_be_disabled()
        page.get_by_role("button", name="Review").click()
        page.get_by_role("link", name="Capabilities").click()
        expect(box(page, "jwt")).to_be_disabled()
        box(page, "rbac").uncheck()
        expect(box(page, "jwt")).to_be_checked()
        expect(box(page, "jwt")).to_be_enabled()
        box(page, "jwt").uncheck()
        page.get_by_role("button", name="Review").click()
        expect(page.get_by_role("heading", name="Ready to create")).to_be_visible()
        expect(page.locator(".made-of")).to_have_text("REST")


def test_what_does_not_go_together_is_closed_and_what_is_missing_is_said(visit: Visit) -> None:
    with visit() as portal:
        page = begin(portal, "closed")
        box(page, "postgres").check()
        expect(box(page, "sqlite")).to_be_disabled()
        expect(state(page, "sqlite")).to_have_text("Not while PostgreSQL is chosen.")
        box(page, "ratelimit").check()
        box(page, "rest").uncheck()
        expect(state(page, "ratelimit")).to_have_text("Choose one of REST, gRPC or GraphQL.")
        expect(part(page, "no-api")).to_be_visible()
        page.get_by_role("button", name="Review").click()
        expect(page.locator("#error-summary")).to_be_focused()
        refusal = page.locator("#field-ratelimit-error")
        expect(refusal).to_contain_text("Rate limit needs one of REST, gRPC or GraphQL. Choose at least one.")
        box(page, "grpc").check()
        expect(refusal).to_have_count(0)
        page.get_by_role("button", name="Review").click()
        expect(page.get_by_role("heading", name="Ready to create closed")).to_be_visible()
        expect(part_of_review(page, "grpc")).to_be_visible()
        expect(page.get_by_text("Comes along: Rate limit needs it.")).to_be_visible()
        page.get_by_role("button", name="Create the service").click()
        portal.wait("closed")
        expect(page.locator("#log")).to_contain_text("Redis comes along: Rate limit needs it.")


def part_of_review(page: Page, key: str) -> Locator:
    return page.locator(f".architecture [data-part={key}]:visible")


def test_quick_ticks_end_in_the_picture_of_the_last(visit: Visit) -> None:
    with visit() as portal:
        page = begin(portal, "quick")
        for name in ("grpc", "postgres", "crypto", "profiling", "rbac"):
            box(page, name).check()
        box(page, "grpc").uncheck()
        expect(part(page, "crypto")).to_be_visible()
        expect(part(page, "rbac")).to_be_visible()
        expect(part(page, "grpc")).to_have_count(0)
        assert ticked(page) == {"rest", "postgres", "crypto", "profiling", "rbac", "jwt"}


def test_boxes_and_server_agree_whatever_is_ticked(visit: Visit) -> None:
    """The script never shows another choice than the one that the server draws for it."""
    chance = random.Random(7)
    with visit() as portal:
        page = begin(portal, "agreeing")
        for _ in range(25):
            box(page, chance.choice([name for name in ASKED if box(page, name).is_enabled()])).click()
            wanted = page.locator("#capabilities [data-box] input[data-wanted]").evaluate_all(
                "all => all.map(one => one.name)"
            )
            query = "&".join(f"{name}=true" for name in wanted)
            drawn = page.request.get(f"/create/default/shop/architecture?{query}").text()
            shown = ticked(page)
            assert {name for name in ASKED if f'data-part="{name}"' in drawn} == shown - {"profiling"}
            assert ("Profiles" in drawn) == ("profiling" in shown)


def test_it_works_with_the_keyboard_alone(visit: Visit) -> None:
    with visit() as portal:
        page = begin(portal, "keys")
        box(page, "rest").focus()
        for name in ("grpc", "graphql", "jwt", "rbac"):
            page.keyboard.press("Tab")
            expect(box(page, name)).to_be_focused()
        page.keyboard.press("Space")
        expect(box(page, "rbac")).to_be_focused()
        expect(box(page, "jwt")).to_be_disabled()
        expect(part(page, "rbac")).to_be_visible()
        page.keyboard.press("Shift+Tab")
        expect(box(page, "graphql")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Ready to create keys")).to_be_visible()


def test_it_works_without_javascript(visit: Visit) -> None:
    with visit(java_script_enabled=False) as portal:
        page = begin(portal, "plain")
        for name in ("rbac", "postgres", "sqlite"):
            box(page, name).check()
        page.get_by_role("button", name="Review").click()
        expect(page.locator("#field-sqlite-error")).to_contain_text("cannot be chosen together")
        expect(part(page, "rbac")).to_be_visible()
        expect(box(page, "jwt")).to_be_disabled()
        box(page, "sqlite").uncheck()
        page.get_by_role("button", name="Review").click()
        expect(page.get_by_text("Comes along: RBAC needs it.")).to_be_visible()
        page.get_by_role("button", name="Create the service").click()
        portal.wait("plain")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Visit, scheme: str, size: str) -> None:
    with visit(color_scheme=scheme, viewport=SIZES[size], bypass_csp=True) as portal:
        page = begin(portal, f"axe-{scheme}-{size}")
        found = judge(page, "capabilities")
        for name in ("rbac", "ratelimit", "postgres", "crypto", "profiling", "grpc", "graphql"):
            box(page, name).check()
        expect(part(page, "graphql")).to_be_visible()
        found += judge(page, "many capabilities")
        for name in ("rest", "grpc", "graphql"):
            box(page, name).uncheck()
        page.get_by_role("button", name="Review").click()
        expect(page.locator("#error-summary")).to_be_focused()
        found += judge(page, "refused capabilities")
        box(page, "rest").check()
        page.get_by_role("button", name="Review").click()
        expect(page.get_by_role("heading", name="Ready to create")).to_be_visible()
        found += judge(page, "review")
        assert not found, "\n".join(found)
