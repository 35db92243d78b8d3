"""What goes wrong around an open page: the head dies, an answer is lost, somebody else is quicker."""

from __future__ import annotations

import signal

from playwright.sync_api import Route, expect

from browser.console import Console
from process.fleet import Fleet


def test_a_head_killed_under_an_open_page_comes_back_with_nothing_doubled(console: Console, lab: Fleet) -> None:
    page = console.page
    job = lab.submit("sleep", "300", slots=1, name="outlives-it")
    lab.running(job.id)
    console.open("/jobs?q=outlives-it")
    page.get_by_role("row").filter(has_text="running").wait_for()
    lab.end("head", signal.SIGKILL)
    page.get_by_text("The head does not answer.").wait_for()
    expect(page.get_by_role("row").filter(has_text="outlives-it")).to_have_count(1)
    lab.start_head()
    expect(page.get_by_text("The head does not answer.")).to_be_hidden()
    lab.submit("true", slots=1, name="outlives-it-too", hold=True)
    page.get_by_role("row").filter(has_text="outlives-it-too").wait_for()
    expect(page.get_by_role("row").get_by_role("link")).to_have_text(["outlives-it-too", "outlives-it"])
    lab.client.kill(job.id)
    page.get_by_role("row").filter(has_text="cancelled").wait_for()
    console.errors.clear()


def lose(route: Route) -> None:
    """It reaches the head, whose answer is lost on the way."""
    assert route.fetch().ok
    route.abort()


def test_a_submit_that_is_not_answered_keeps_the_form_and_makes_one_job(console: Console, lab: Fleet) -> None:
    page = console.page
    console.open("/new")
    text = page.get_by_label("Job file (YAML)")
    text.fill("name: just-once\nrun: 'true'\nresources:\n  slots: 1\n")
    page.get_by_text("It would start now.").wait_for()
    page.route("**/api/v1/jobs", lose, times=1)
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("alert").first.wait_for()
    assert "name: just-once" in text.input_value()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("heading", name="just-once").wait_for()
    assert len([job for job in lab.client.jobs() if job.name == "just-once"]) == 1
    console.errors.clear()


def test_the_second_of_two_sees_what_the_first_did(console: Console, lab: Fleet) -> None:
    page = console.page
    console.open("/policy")
    page.get_by_role("button", name="Change half_life").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Value").fill("2d")
    lab.client.queue.set_policy({"half_life": "9d"})
    form.get_by_text("Meanwhile somebody set it to 9d.").wait_for()
    assert form.get_by_label("Value").input_value() == "2d"
    form.get_by_role("button", name="Not now").click()
    page.get_by_role("row").filter(has_text="half_life").get_by_text("9d (changed)").wait_for()

    job = lab.submit("sleep", "300", slots=1, name="both-act")
    lab.running(job.id)
    console.open(f"/jobs/{job.id}")
    page.get_by_role("button", name="Kill").click()
    lab.client.kill(job.id)
    page.get_by_role("status", include_hidden=True).filter(has_text="cancelled").first.wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Kill").click()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    console.errors.clear()
