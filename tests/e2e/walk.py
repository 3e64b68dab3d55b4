"""The steps that people take in the portal."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.processes.stack import Stack

RUN_SECONDS = 90


@dataclass
class Portal:
    """The portal in a browser."""

    page: Page
    stack: Stack

    def sign_in(self, name: str = "alice") -> None:
        """Enter as a demo person."""
        self.page.goto("/sign-in")
        self.page.locator(f"button[value={name}]").click()
        expect(self.page.get_by_role("link", name="Create a service")).to_be_visible()

    def fill_in(self, name: str, description: str = "Keeps the books") -> None:
        """Fill in the form up to the review."""
        page = self.page
        page.goto("/create")
        page.get_by_role("link", name="Start with").first.click()
        page.get_by_label("Name").fill(name)
        page.get_by_label("Description").fill(description)
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("System").select_option(label="Checkout")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Review").click()
        expect(page.get_by_role("heading", name=f"Ready to create {name}")).to_be_visible()

    def create(self, name: str) -> None:
        """Create a service and wait until it is there."""
        self.fill_in(name)
        self.page.get_by_role("button", name="Create the service").click()
        self.wait(name)

    def wait(self, name: str) -> None:
        """Watch the run until its service is there."""
        ready = self.page.get_by_role("heading", name=f"{name} is ready")
        expect(ready).to_be_visible(timeout=RUN_SECONDS * 1000)
