"""A first day with the console, told once for each way of working it: the digits recipe is submitted over two nodes,
watched, its second rank's line found, paused and resumed, run again with a change and compared; a machine is let in."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.console import DESKTOP, PHONE, Console
from browser.hands import Finger, Hands, Keyboard, Mouse
from process.asking import asking
from process.fleet import Fleet

LONG_S = 90_000
"""Milliseconds: two ranks of torch start on a busy machine with two cores."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("hands", "viewport"),
    [(Mouse(), DESKTOP), (Keyboard(), DESKTOP), (Finger(), PHONE)],
    ids=["mouse", "keys", "phone"],
)
def test_a_first_day(lab: Fleet, tmp_path: Path, hands: Hands, viewport: dict[str, int]) -> None:
    first, second = (f"{word}-{type(hands).__name__.lower()}" for word in ("first", "second"))
    with Console(lab, tmp_path, viewport=viewport, reduced_motion="reduce") as console:
        page = console.page
        state = page.get_by_role("status")

        def submit(name: str) -> None:
            hands.write(page.get_by_label("Name", exact=True), name)
            hands.press(page.get_by_role("button", name="Submit"))
            page.get_by_role("heading", name=name, level=1).wait_for()

        hands.go(page, "New job")
        hands.write(page.get_by_label("epochs", exact=True), "60")
        hands.write(page.get_by_label("Nodes", exact=True), "2")
        expect(page.get_by_label("Job file (YAML)")).to_have_value(re.compile("recipe: digits"))
        page.get_by_role("region", name="Plan").get_by_text("It would start now.").wait_for()
        submit(first)

        about = page.get_by_role("navigation", name="About this job")
        hands.press(about.get_by_role("link", name="Metrics"))
        loss = page.get_by_role("region", name="loss", exact=True).get_by_role("img")
        loss.wait_for(timeout=LONG_S)
        before = loss.get_attribute("aria-label") or ""
        expect(loss).not_to_have_attribute("aria-label", before)

        actions = page.get_by_role("group", name="Actions")
        hands.press(actions.get_by_role("button", name="Pause"))
        state.filter(has_text=re.compile("^paused")).first.wait_for(timeout=LONG_S)
        hands.press(actions.get_by_role("button", name="Resume"))
        state.filter(has_text=re.compile("^running")).first.wait_for(timeout=LONG_S)

        hands.press(about.get_by_role("link", name="Logs"))
        hands.pick(page.get_by_label("Rank", exact=True), "1")
        page.get_by_role("region", name="Log", exact=True).get_by_text("rank 1 of 2: 60 epochs").first.wait_for()

        hands.press(actions.get_by_role("link", name="Clone"))
        hands.write(page.get_by_label("lr", exact=True), "0.02")
        submit(second)
        for job in lab.client.jobs():
            if job.name in (first, second):
                assert lab.finished(job.id, 120).state == "succeeded", job

        hands.go(page, "Jobs")
        for name in (first, second):
            hands.choose(page, name)
        hands.press(page.get_by_role("region", name="Chosen jobs").get_by_role("link", name="Compare"))
        both = page.get_by_role("region", name="loss", exact=True).get_by_role("img")
        expect(both).to_have_attribute("aria-label", re.compile(f"{second}: .*{first}: "))
        lr = page.get_by_role("region", name="Parameters", exact=True).get_by_role("row").filter(has_text="params.lr")
        expect(lr).to_contain_text("0.02")

        with asking(lab, tmp_path, "rack") as machine:
            hands.go(page, "Fleet")
            request = page.get_by_role("region", name="rack asks to join")
            hands.write(request.get_by_label("Words on its screen"), machine.words)
            hands.press(request.get_by_role("button", name="Let it join"))
            request.get_by_text("Approved.").wait_for()
            os.write(machine.terminal, b"y\n")
            page.get_by_role("region", name="Node rack").get_by_text("online").wait_for()
