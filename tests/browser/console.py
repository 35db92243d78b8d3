"""The web console in a real browser: Debian's Chromium, with nothing in its profile.

    with Console(fleet, tmp_path) as console:
        console.open("/jobs")
        console.page.get_by_role("heading", name="Jobs").wait_for()

Whatever the page logs as an error, throws, or asks of another host ends the test.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, sync_playwright

from process.fleet import Fleet
from tensorfleet.client import Client

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

DESKTOP: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 360, "height": 740}


class Console:
    """A browser that is signed in. client: whose rights it has; the administrator's by default. more: of Playwright's
    `launch_persistent_context`, like color_scheme. `errors`: what went wrong on its pages; a test that provokes some
    clears it."""

    def __init__(
        self,
        fleet: Fleet,
        folder: Path,
        *,
        client: Client | None = None,
        viewport: dict[str, int] = DESKTOP,
        **more: Any,
    ) -> None:
        self.url = fleet.client.url
        self.errors: list[str] = []
        self._client = client or fleet.client
        self._folder = folder
        self._more = {"viewport": viewport, "has_touch": viewport is PHONE, "is_mobile": viewport is PHONE, **more}

    def __enter__(self) -> Console:
        program = shutil.which("chromium")
        if program is None:
            pytest.skip("the program `chromium` is missing (Debian: chromium)")
        self._playwright = sync_playwright().start()
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self._folder / "profile"), executable_path=program, args=list(ARGUMENTS), **self._more
        )
        self._context.set_default_timeout(15_000)
        self._context.set_default_navigation_timeout(30_000)
        self.page: Page = self._context.pages[0]
        self.page.on("console", self._logged)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._asked)
        self.sign_in()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.page.screenshot(path=self._folder / "last.png")
        self._context.close()
        self._playwright.stop()
        if kind is None:
            assert not self.errors, self.errors

    def sign_in(self) -> None:
        """By a login link, as the head prints it."""
        self.page.goto(f"{self.url}/login?token={self._client.login_token().token}")
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("heading", level=1).wait_for()

    def open(self, path: str) -> None:
        """Shows the console's page at `path`, and waits for its title."""
        self.page.goto(f"{self.url}/ui{path}")
        self.page.get_by_role("heading", level=1).wait_for()

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc and not request.url.startswith(("data:", "blob:")):
            self.errors.append(f"asked another host: {request.url}")
