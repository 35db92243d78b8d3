"""The list of jobs: live, filtered by its address, acted upon together, quick with thousands, whole on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet, wait_for


def test_a_new_job_shows_by_itself_and_so_does_its_end(console: Console, lab: Fleet) -> None:
    console.open("/jobs")
    console.page.get_by_role("link", name="Run the first job").or_(console.page.get_by_role("table")).wait_for()
    job = lab.submit("sleep", "1", slots=1, name="shows-up")
    row = console.page.get_by_role("row").filter(has_text="shows-up")
    row.get_by_text("running").wait_for()
    lab.finished(job.id)
    row.get_by_text("succeeded").wait_for()


def test_the_address_says_what_is_shown(console: Console, lab: Fleet) -> None:
    for name in ("address-a", "address-b"):
        lab.submit("true", slots=1, name=name, hold=True)
    console.open("/jobs?q=address&sort=name")
    rows = console.page.get_by_role("row")
    expect(rows.get_by_role("link")).to_have_text(["address-a", "address-b"])
    console.page.get_by_role("columnheader", name="Job").get_by_role("button").click()
    console.page.wait_for_url("**/jobs?q=address&sort=-name")
    expect(rows.get_by_role("link")).to_have_text(["address-b", "address-a"])
    console.page.get_by_label("Filter").fill("address-b")
    console.page.get_by_role("status").filter(has_text="1 shown").wait_for()
    console.page.reload()
    console.page.get_by_role("status").filter(has_text="1 shown").wait_for()
    console.page.get_by_role("button", name="By team").click()
    console.page.get_by_role("button", name="default: 1 job, 1 live").click()
    expect(rows).to_have_count(2)


def test_many_are_stopped_at_once_after_one_question(console: Console, lab: Fleet) -> None:
    jobs = [lab.submit("true", slots=1, name=f"many-{number}", hold=True).id for number in range(3)]
    console.open("/jobs?q=many-")
    for number in range(3):
        console.page.get_by_label(f"Choose many-{number}").check()
    console.page.get_by_role("button", name="Stop 3").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    console.page.get_by_text("Stop: 3 jobs.").wait_for()
    wait_for(lambda: {lab.client.job(job).state for job in jobs} == {"cancelled"}, "all are cancelled")
    console.page.get_by_role("row").filter(has_text="cancelled").nth(2).wait_for()


def test_keys_walk_the_rows_and_open_one(console: Console, lab: Fleet) -> None:
    job = lab.submit("true", slots=1, name="by-keys", hold=True)
    console.open("/jobs?q=by-keys")
    console.page.get_by_role("table", name="Jobs").focus()
    console.page.keyboard.press("End")
    console.page.keyboard.press("Enter")
    console.page.wait_for_url(f"**/jobs/{job.id}*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_wcag_is_broken(lab: Fleet, tmp_path: Path, scheme: str) -> None:
    with Console(lab, tmp_path, color_scheme=scheme, reduced_motion="reduce") as console:
        for path in ("/fleet", "/fleet/a", "/jobs", "/queue", "/usage", "/policy", "/account", "/sign-in"):
            console.open(path)
            console.page.get_by_role("progressbar", name="Loading").first.wait_for(state="hidden")
            assert not violations(console.page), path


def test_a_phone_shows_a_job_and_its_state(lab: Fleet, tmp_path: Path) -> None:
    lab.submit("true", slots=1, name="on-a-phone", hold=True)
    with Console(lab, tmp_path, viewport=PHONE) as console:
        console.open("/jobs?q=on-a-phone")
        row = console.page.get_by_role("row").filter(has_text="on-a-phone")
        row.get_by_text("queued").wait_for()
        console.page.get_by_role("button", name="Menu").click()
        console.page.get_by_role("link", name="Queue").click()
        console.page.get_by_role("heading", name="Queue").wait_for()
        assert console.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_thousands_of_rows_scroll_without_a_stutter(lab: Fleet, tmp_path: Path) -> None:
    for _ in range(2):
        lab.submit("true", slots=1, name="thousand", hold=True, array="0-999")
    with Console(lab, tmp_path) as console:
        console.open("/jobs?q=thousand")
        console.page.get_by_role("status").filter(has_text="2,000 shown").wait_for()
        assert console.page.get_by_role("row").count() < 100, "only what is in sight is in the document"
        frames = console.page.evaluate(SCROLL)
    print(f"2,000 jobs, scrolled for {sum(frames):.0f} ms: {1000 * len(frames) / sum(frames):.0f} frames a second")
    assert 1000 * len(frames) / sum(frames) > 30


SCROLL = """
async () => {
    const table = document.querySelector('[role=table]');
    const frames = [];
    let before = await new Promise(requestAnimationFrame);
    while (frames.length < 90) {
        table.scrollTop += 120;
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
    }
    return frames;
}
"""
