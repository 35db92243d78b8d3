"""The display on a wall: all at a glance without a menu or a hand, on a large screen and on a small one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import ENDED, Fleet

WALL = {"width": 1920, "height": 1080}


@pytest.mark.parametrize(("viewport", "scheme"), [(WALL, "dark"), (PHONE, "light")])
def test_it_shows_what_runs_what_waits_and_who_holds_what(
    lab: Fleet, tmp_path: Path, viewport: dict[str, int], scheme: str
) -> None:
    running = lab.client.run("sleep 300", workdir=None, name="on-the-wall", gpus=2)
    lab.running(running.id)
    waiting = lab.client.run("true", workdir=None, name="behind-it", gpus=4)
    try:
        with Console(lab, tmp_path, viewport=viewport, color_scheme=scheme) as wall:
            wall.page.goto(f"{wall.url}/ui/wall")
            expect(wall.page.get_by_role("region", name="Running, 1")).to_contain_text("on-the-wall")
            expect(wall.page.get_by_role("region", name="Waiting, 1")).to_contain_text("Asks for 4 GPUs")
            expect(wall.page.get_by_role("link", name="held by on-the-wall")).to_have_count(2)
            assert wall.page.get_by_role("navigation").count() == 0
            assert wall.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            if viewport is WALL:
                assert wall.page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "nobody scrolls"
            assert violations(wall.page) == []
            lab.client.kill(running.id)
            expect(wall.page.get_by_role("region", name="Ended")).to_contain_text("on-the-wall", timeout=20_000)
    finally:
        for job in (running, waiting):
            if lab.client.job(job.id).state not in ENDED:
                lab.client.kill(job.id)
            lab.finished(job.id)
