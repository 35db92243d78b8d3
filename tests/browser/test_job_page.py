"""A job's page: what happens to it, live; why it waits or failed; what it left; what can be done to it, and by whom."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet
from tensorfleet.wire.jobfile import RetryFile

SAVES = """\
import torch, tensorfleet
tensorfleet.init().checkpoint.save({"weights": torch.zeros(3)}, 7, wait=True)
"""
LEAVES = 'echo made > "$TENSORFLEET_OUTPUT_DIR/<b>.txt"; exit 3'


def test_its_life_is_told_while_it_happens(console: Console, lab: Fleet) -> None:
    job = lab.submit("sleep", "60", nodes=2, slots=1, name="life", hold=True)
    page = console.page
    console.open(f"/jobs/{job.id}")
    page.get_by_role("region", name="Why it waits").get_by_text("HELD").wait_for()
    page.get_by_role("button", name="Release").click()
    states = page.get_by_role("list", name="States").get_by_role("listitem")
    states.filter(has_text="running").get_by_text("life runs with 2 ranks.").wait_for()
    ranks = page.get_by_role("region", name="Ranks on their nodes").get_by_role("table")
    expect(ranks.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Pause").click()
    states.filter(has_text=re.compile("^paused")).wait_for()
    page.get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog", name="Stop life?")
    assert not violations(page)
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_be_hidden()
    assert lab.client.job(job.id).state == "paused"
    page.get_by_role("button", name="Stop").click()
    dialog.get_by_role("button", name="Stop").click()
    states.filter(has_text="cancelled").wait_for()
    page.get_by_role("button", name="Retry").wait_for()


def test_why_it_waits_names_who_is_in_its_place(console: Console, lab: Fleet) -> None:
    holder = lab.submit("sleep", "60", nodes=1, slots=2, name="holder", max_duration="30m")
    lab.running(holder.id)
    waits = lab.submit("true", nodes=2, slots=2, name="waits", max_duration="10m")
    console.open(f"/jobs/{waits.id}")
    why = console.page.get_by_role("region", name="Why it waits")
    why.get_by_role("link", name="holder").wait_for()
    for part in ("Not before", "Likely", "At the latest, by limits"):
        why.get_by_text(part).wait_for()
    clone = why.get_by_role("link", name="Clone it with this change").get_attribute("href")
    assert clone is not None
    remedy = lab.client.why(waits.id).remedy
    assert remedy is not None
    query = parse_qs(urlsplit(clone).query)
    assert (query["from"], json.loads(query["set"][0])) == ([waits.id], remedy.fields)
    lab.client.kill(holder.id)
    console.page.get_by_role("listitem").filter(has_text="succeeded").wait_for()
    expect(why).to_be_hidden()


def test_a_failure_has_its_card_and_its_files(console: Console, lab: Fleet) -> None:
    job = lab.submit("sh", "-c", LEAVES, slots=1, name="leaves", retry=RetryFile(max=0))
    lab.finished(job.id)
    page = console.page
    console.open("/jobs/leaves")
    page.wait_for_url(f"**/jobs/{job.id}/overview")
    card = page.get_by_role("region", name="How it ended")
    card.get_by_text("exit code 3").first.wait_for()
    page.get_by_role("link", name="Artifacts").click()
    page.wait_for_url("**/artifacts")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download <b>.txt").click()
    assert download.value.path().read_text() == "made\n"
    page.get_by_role("link", name="Events").click()
    page.get_by_role("table", name="Events").get_by_text("leaves was submitted.").wait_for()
    page.get_by_role("link", name="Job file").click()
    expect(page.get_by_role("region", name="Job file")).to_contain_text("name: leaves")
    page.get_by_role("link", name="Checkpoints").click()
    page.get_by_role("heading", name="No checkpoints yet").wait_for()


def test_who_may_only_look_has_no_buttons(lab: Fleet, tmp_path: Path) -> None:
    job = lab.submit("true", slots=1, name="looked-at", hold=True)
    key = lab.client.create_key("guest", role="viewer").key
    assert key
    with Console(lab, tmp_path, client=type(lab.client)(lab.client.url, key)) as console:
        console.open(f"/jobs/{job.id}")
        console.page.get_by_role("region", name="Facts").wait_for()
        expect(console.page.get_by_role("group", name="Actions").get_by_role("button")).to_have_count(0)
        expect(console.page.get_by_role("link", name="Clone")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_wcag_is_broken_and_a_phone_is_wide_enough(lab: Fleet, tmp_path: Path, scheme: str) -> None:
    name = "wide-" + 80 * "x"
    job = lab.submit("sh", "-c", "echo '\x1b[34mblue\x1b[0m'; exit 1", slots=1, name=name, retry=RetryFile(max=0))
    lab.finished(job.id)
    with Console(lab, tmp_path, viewport=PHONE, color_scheme=scheme) as console:
        for tab in ("overview", "logs", "checkpoints", "artifacts", "events", "file"):
            console.open(f"/jobs/{job.id}/{tab}")
            console.page.get_by_role("progressbar").first.wait_for(state="hidden")
            assert not violations(console.page), tab
            assert console.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], tab


def test_a_checkpoint_is_listed_when_it_is_saved(console: Console, lab: Fleet) -> None:
    job = lab.submit(sys.executable, "-c", SAVES, slots=1, name="saves")
    console.open(f"/jobs/{job.id}/checkpoints")
    page = console.page
    page.get_by_role("button", name="Step 7").click()
    with page.expect_download() as download:
        page.get_by_role("table", name="Files").get_by_role("link").first.click()
    assert download.value.path().stat().st_size
    expect(page.get_by_role("link", name="New job from step 7")).to_have_attribute(
        "href", f"/ui/new?from={job.id}&set=%7B%22resume_from%22%3A%22{job.id}%407%22%7D"
    )
