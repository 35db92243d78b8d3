"""A job written in the browser: planned while it is written, refused with the head's words, submitted once, cloned."""

from __future__ import annotations

from pathlib import Path

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet

DRAFT = 'name: composed\nrun: ["true"]\nresources:\n  slots: 1\n'


def test_the_first_draft_is_planned_and_a_mistake_named(console: Console) -> None:
    console.open("/new")
    plan = console.page.get_by_role("region", name="Plan")
    plan.get_by_text("It would start now.").wait_for()
    plan.get_by_role("table", name="Placement").wait_for()
    text = console.page.get_by_label("Job file (YAML)")
    text.fill("name: [a\n")
    console.page.get_by_text("Line 2:").wait_for()
    assert console.page.get_by_role("button", name="Submit").is_disabled()
    text.fill("name: a\nrecipy: digits\n")
    plan.get_by_role("alert").filter(has_text="recipy").wait_for()
    text.fill(DRAFT.replace("slots: 1", "gpus: 64"))
    plan.get_by_role("alert").filter(has_text="64 GPUs").wait_for()
    console.page.reload()
    assert "gpus: 64" in text.input_value(), "what was written stays"
    plan.get_by_role("alert").filter(has_text="64 GPUs").wait_for()
    console.errors.clear()


def test_a_job_is_submitted_once_and_cloned_by_keys_alone(console: Console, lab: Fleet) -> None:
    page = console.page
    console.open("/new")
    page.get_by_label("Job file (YAML)").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(DRAFT)
    page.get_by_role("button", name="Submit").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="composed").wait_for()
    jobs = [job for job in lab.client.jobs() if job.name == "composed"]
    assert len(jobs) == 1
    assert lab.finished(jobs[0].id).state == "succeeded"
    console.open(f"/new?from={jobs[0].id}")
    assert "composed" in page.get_by_label("Job file (YAML)").input_value()


def test_a_phone_submits_too(lab: Fleet, tmp_path: Path) -> None:
    with Console(lab, tmp_path, viewport=PHONE, color_scheme="dark", reduced_motion="reduce") as console:
        console.open("/new")
        console.page.get_by_role("region", name="Plan").get_by_role("table").wait_for()
        assert not violations(console.page)
        console.page.get_by_label("Job file (YAML)").fill(DRAFT.replace("composed", "by-phone"))
        console.page.get_by_role("button", name="Submit").tap()
        console.page.get_by_role("heading", name="by-phone").wait_for()
