"""What has to hold of any page, and the ways to look at one."""

from __future__ import annotations

from typing import Any, Final

from playwright.sync_api import expect

from browser.console import DESKTOP, PHONE, Console

VIEWS: Final[dict[str, dict[str, Any]]] = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "dark"},
}
"""More than the console's own look; see `Console`."""


LATER: Final = {"/metrics": "loss", "/compare": "loss", "/logs": "Log", "/file": "Job file"}
"""What comes after the rest of its page."""


def show(console: Console, path: str) -> None:
    """Goes there and waits until all of it is loaded."""
    console.open(path)
    page = console.page
    expect(page.locator("[role=progressbar]:not([aria-valuenow])")).to_have_count(0)
    for part, region in LATER.items():
        if part in path:
            page.get_by_role("region", name=region, exact=True).wait_for()
    page.evaluate("document.fonts.ready")
