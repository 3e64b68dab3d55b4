"""The whole job, as people do it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.engines import free_port
from tests.processes.stack import Stack, eventually

pytestmark = pytest.mark.e2e
NAME = "ledger"


GO_SECONDS = 900


def environment(**more: str) -> dict[str, str]:
    """Return what a developer's shell holds: the Go of the locked wheel, the machine's Go caches, no settings of git.

    The caches are those that the tests of the templates fill, so that modules are downloaded and built once.
    """
    own = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**os.environ, "PATH": own, "GOTOOLCHAIN": "local", **quiet, **more}


def run(command: list[str], folder: Path, seconds: float = 60) -> str:
    """Run a command as a person would and return what it printed; one that fails, fails the test with its output."""
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_a_one_time_link_survives_a_preview_and_signs_in_once(stack: Stack, visit: Callable[..., Any]) -> None:
    link = stack.manage("signinlink", "alice")
    urllib.request.urlopen(link).close()
    with visit() as portal:
        portal.page.goto(link)
        portal.page.get_by_role("button", name="Sign in").click()
        expect(portal.page.get_by_text("Create a service")).to_be_visible()
        portal.page.goto("/tokens")
        expect(portal.page.get_by_role("heading", name="API tokens")).to_be_visible()
    with visit() as portal:
        portal.page.goto(link)
        portal.page.get_by_role("button", name="Sign in").click()
        expect(portal.page.get_by_role("heading", name="This link is spent")).to_be_visible()


def test_from_the_form_to_a_running_service_and_a_change_seen_in_the_portal(
    stack: Stack, visit: Callable[..., Any], tmp_path: Path
) -> None:
    with visit() as portal:
        page = portal.page
        portal.sign_in()
        page.goto("/create/default/go-blank-service")
        page.get_by_label("Name").fill("Not A Name")
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("#error-summary")).to_be_focused()
        expect(page.get_by_label("Name")).to_have_value("Not A Name")
        page.get_by_label("Name").fill(NAME)
        expect(page.get_by_text(f"{NAME} is free.")).to_be_visible()
        portal.fill_in(NAME)
        page.get_by_role("link", name="catalog-info.yaml").click()
        expect(page.locator("#file")).to_contain_text("kind: Component")
        page.get_by_role("button", name="Create the service").click()
        portal.wait(NAME)
        expect(page.locator("#log")).to_contain_text("Finished step Register in the catalog")
        command = page.locator("#command-1").inner_text()
        page.get_by_role("link", name="Open in the catalog").click()
        expect(page.get_by_role("heading", name="Where it came from")).to_be_visible()
        expect(page.get_by_role("group", name="Relations of")).to_contain_text("Payments")

        clone = tmp_path / NAME
        run(["sh", "-c", command], tmp_path)
        build_and_run(clone, tmp_path)
        push_a_change(stack, clone)
        page.goto(f"/git/default/{NAME}/")
        page.get_by_role("link", name="Say more").click()
        expect(page.get_by_text("Keeps all the books of the shop")).to_be_visible()
        page.goto(f"/catalog/component/default/{NAME}")
        eventually(lambda: "all the books" in str(page.reload() and page.content()), "the catalog did not follow")


def build_and_run(clone: Path, tmp_path: Path) -> None:
    """Build the service with Go, start it, use its API, and stop it as Kubernetes would."""
    binary = tmp_path / "server"
    run(["go", "build", "-o", str(binary), "./cmd/server"], clone, GO_SECONDS)
    admin, http = free_port(), free_port()
    addresses = {"APP_HTTP_ADDR": f"127.0.0.1:{http}", "APP_ADMIN_ADDR": f"127.0.0.1:{admin}"}
    server = subprocess.Popen([str(binary), "serve"], cwd=clone, env=environment(**addresses))
    try:
        eventually(lambda: is_ready(admin), "the service did not become ready", 30)
        use(f"http://127.0.0.1:{http}/api/v1/tasks")
    finally:
        server.terminate()
        assert server.wait(30) == 0


def use(tasks: str) -> None:
    """Create a task by the API of the service, and find it in the list; a wrong one is a problem+json."""
    made = ask(tasks, {"title": "Close the books"})
    assert (made.status, made.body["title"], made.body["status"]) == (201, "Close the books", "open")
    assert [task["id"] for task in ask(tasks).body["items"]] == [made.body["id"]]
    wrong = ask(tasks, {"title": ""})
    assert (wrong.status, wrong.kind) == (400, "application/problem+json")


@dataclass
class Reply:
    """What the service answered."""

    status: int
    kind: str
    body: Any


def ask(address: str, body: dict[str, str] | None = None) -> Reply:
    """GET, or POST `body` as JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Reply(answer.status, answer.headers.get_content_type(), json.load(answer))
    except urllib.error.HTTPError as error:
        return Reply(error.code, error.headers.get_content_type(), json.load(error))


def is_ready(port: int) -> bool:
    """Ask the service's probe."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def push_a_change(stack: Stack, clone: Path) -> None:
    """Change the description in the repository, and push it with an API token as the password."""
    described = clone / "catalog-info.yaml"
    text = described.read_text()
    changed = re.sub(r"(?m)^(  description: ).*$", r'\1"Keeps all the books of the shop"', text, count=1)
    assert changed != text
    described.write_text(changed)
    who = ["-c", "user.name=Alice", "-c", "user.email=alice@goldpath.example"]
    run(["git", *who, "commit", "-qam", "Say more"], clone)
    address = stack.url.replace("://", f"://alice:{stack.token('alice')}@")
    run(["git", "push", "-q", f"{address}/git/default/{NAME}.git", "HEAD:main"], clone)


def test_it_works_without_javascript(visit: Callable[..., Any]) -> None:
    with visit(java_script_enabled=False) as portal:
        portal.sign_in()
        portal.create("plain-pages")
        portal.page.get_by_role("button", name="Light or dark").click()
        expect(portal.page.locator("html")).to_have_attribute("data-theme", "dark")
        portal.page.goto("/catalog?text=plain")
        expect(portal.page.get_by_role("link", name="Plain Pages").first).to_be_visible()


def test_it_works_with_the_keyboard_alone(visit: Callable[..., Any]) -> None:
    with visit() as portal:
        page = portal.page
        page.goto("/sign-in")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Create a service")).to_be_visible()
        page.goto("/create/default/go-blank-service")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("by-keyboard")
        expect(page.get_by_text("by-keyboard is free.")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.type("Made without a mouse")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Ownership")).to_be_visible()
        tab_to(page, "Continue")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Options")).to_be_visible()
        tab_to(page, "Review")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Ready to create by-keyboard")).to_be_visible()
        tab_to(page, "Create the service")
        page.keyboard.press("Enter")
        portal.wait("by-keyboard")


def tab_to(page: Any, words: str) -> None:
    """Press Tab until the control with these words has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.innerText || ''"):
            return
    raise AssertionError(f"Tab does not reach {words}")


def test_another_team_sees_the_service_but_not_the_run(visit: Callable[..., Any]) -> None:
    with visit() as portal:
        portal.sign_in()
        portal.create("seen-by-all")
        address = portal.page.url
    with visit() as portal:
        portal.sign_in("charlie")
        assert portal.page.goto(address).status == 404
        portal.page.goto("/catalog/component/default/seen-by-all")
        expect(portal.page.get_by_role("heading", name="Where it came from")).to_be_visible()
