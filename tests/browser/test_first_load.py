"""How much a browser has to fetch before it shows the list of jobs."""

from __future__ import annotations

from playwright.sync_api import Response

from browser.console import Console

MOST = 250_000
"""Bytes of compressed JavaScript."""


def test_the_first_load_is_small_and_compressed(console: Console) -> None:
    found: dict[str, int] = {}

    def came(response: Response) -> None:
        if response.url.endswith(".js"):
            assert response.headers["content-encoding"] in ("br", "gzip")
            found[response.url] = int(response.headers["content-length"])

    console.page.on("response", came)
    console.page.context.new_cdp_session(console.page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    console.open("/jobs")
    console.page.get_by_role("link", name="New job").first.wait_for()
    print(f"first load: {sum(found.values()) / 1000:.0f} kB of JavaScript in {len(found)} files")
    assert 50_000 < sum(found.values()) < MOST
