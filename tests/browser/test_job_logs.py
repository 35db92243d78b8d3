"""The logs of a job: live, of one rank or all, back to the first line, searched, at the error, whole over a restart."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from browser.console import PHONE, Console
from process.fleet import Fleet, wait_for
from tensorfleet.wire.jobfile import RetryFile

ONCE = RetryFile(max=0)

FAILS = r"""
printf '\033]0;title\007\033[1;31mred\033[0m <script>alert(1)</script> \342\200\256rtl\n'
[ $RANK = 1 ] || exec sleep 60
echo 'Traceback (most recent call last):' >&2
echo 'ValueError: rank 1 has it' >&2
exit 7
"""
COUNTS = 'i=0; while [ $i -lt 3000 ] && [ ! -e "$1" ]; do i=$((i+1)); echo "count $i of $RANK"; sleep 0.02; done'
BAR = r'for i in 1 2 3 4; do printf "$i of 4\r"; sleep 0.6; done; echo; sleep 60'


def log(page: Page) -> Locator:
    return page.get_by_role("region", name="Log", exact=True)


def shown(page: Page) -> list[str]:
    return [text for text in log(page).locator("bdi").all_inner_texts() if text]


def held(page: Page) -> int:
    """Lines in the console's hands; all have the same height."""
    rows: int = log(page).evaluate(
        "(box) => box.firstElementChild.offsetHeight / box.querySelector('.line').offsetHeight"
    )
    return rows


def test_the_card_of_a_failure_leads_to_its_line(console: Console, lab: Fleet) -> None:
    job = lab.submit("sh", "-c", FAILS, nodes=2, slots=1, name="fails", retry=ONCE)
    lab.finished(job.id)
    page = console.page
    console.open(f"/jobs/{job.id}")
    card = page.get_by_role("region", name="How it ended")
    card.get_by_text("rank 1 · node").wait_for()
    card.get_by_role("link", name="To the error in the log").click()
    page.wait_for_url(re.compile(r"/logs\?attempt=1&rank=1&at=error$"))
    marked = log(page).locator("[data-marked]")
    expect(marked).to_have_text("Traceback (most recent call last):")
    assert shown(page)[0] == "red <script>alert(1)</script> \u202ertl", (
        "as it was written, without the terminal's title"
    )
    expect(log(page).get_by_text("red", exact=True)).to_have_css("font-weight", "700")
    page.get_by_label("Rank").select_option("All ranks")
    page.wait_for_url(re.compile(r"/logs\?attempt=1$"))
    expect(log(page).locator(".rank").first).to_be_visible()
    page.get_by_role("button", name="To the error").click()
    expect(marked).to_have_text(re.compile("1Traceback"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{job.id}.log"
    assert "1: ValueError: rank 1 has it\n" in download.value.path().read_text()


def test_lines_come_by_themselves_also_over_a_restart_of_the_head(console: Console, lab: Fleet, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    job = lab.submit("sh", "-c", COUNTS, "sh", str(stop), nodes=2, slots=1, name="counts")
    page = console.page
    console.open(f"/jobs/{job.id}/logs?rank=1")
    log(page).get_by_text("count 40 of 1", exact=True).wait_for()
    lab.end("head")
    page.get_by_text("The head does not answer.").wait_for()
    lab.start_head()
    expect(page.get_by_text("The head does not answer.")).to_be_hidden()
    before = held(page)
    wait_for(lambda: held(page) > before + 20, "more lines come")
    stop.touch()
    page.get_by_role("status").filter(has_text="succeeded").wait_for()
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")
    written = lab.lines(job.id, rank=1)
    wait_for(lambda: shown(page)[-1] == written[-1], "the last line is there")
    assert held(page) == len(written) == len(set(written)), "none is lost and none doubled"
    console.errors.clear()  # The browser itself notes that the head was away.


def test_a_progress_bar_stays_one_line(console: Console, lab: Fleet) -> None:
    job = lab.submit("sh", "-c", BAR, slots=1, name="bar")
    console.open(f"/jobs/{job.id}/logs")
    log(console.page).get_by_text("4 of 4").wait_for()
    assert shown(console.page) == ["4 of 4"]
    lab.client.kill(job.id)


def test_a_long_log_is_quick_from_its_end_to_its_beginning(lab: Fleet, tmp_path: Path) -> None:
    job = lab.submit("sh", "-c", "echo first needle; seq 60000; echo last", slots=1, name="long")
    lab.finished(job.id)
    with Console(lab, tmp_path, viewport=PHONE) as console:
        page = console.page
        console.open(f"/jobs/{job.id}/logs")
        log(page).get_by_text("last", exact=True).wait_for()
        assert log(page).locator(".line").count() < 120, "only what is in sight is in the document"
        page.get_by_label("Search the log").fill("NEEDLE")
        page.get_by_role("button", name="Previous match").click()
        expect(log(page).locator("[data-marked] mark")).to_have_text("needle")
        page.get_by_role("button", name="Previous match").click()
        page.get_by_text("Nothing more in front of this.").wait_for()
        page.get_by_role("button", name="Follow").click()
        log(page).get_by_text("last", exact=True).wait_for()
        for _ in range(3):
            log(page).evaluate("(box) => { box.scrollTop = 0 }")
            first = log(page).locator(".line").first
            expect(first).not_to_have_text("")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
