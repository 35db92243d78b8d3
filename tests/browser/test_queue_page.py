"""The queue in the browser: its order changed by keys, nodes set aside, settings changed, keys made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser.console import Console
from process.fleet import Fleet, wait_for


@pytest.fixture
def waiting(lab: Fleet) -> Iterator[list[str]]:
    """Three jobs that wait for GPUs which all are held."""
    holders = [lab.client.run(["sleep", "100"], gpus=2, nodes=1, workdir=None).id for _ in range(2)]
    jobs = [lab.client.run(["true"], gpus=1, workdir=None, name=f"line-{letter}").id for letter in "abc"]
    yield jobs
    for job in [*jobs, *holders]:
        lab.client.kill(job)


def order(lab: Fleet) -> list[str]:
    return [entry.name for entry in lab.client.queue.page().items]


def test_a_job_is_moved_by_keys(console: Console, lab: Fleet, waiting: list[str]) -> None:
    console.open("/queue")
    handle = console.page.get_by_role("button", name="Move line-c")
    handle.focus()
    for key, told in (("Space", "taken from place 3"), ("ArrowUp", "at place 2"), ("ArrowUp", "at place 1")):
        console.page.keyboard.press(key)
        console.page.get_by_role("status").filter(has_text=told).wait_for()
    console.page.keyboard.press("Space")
    wait_for(lambda: order(lab) == ["line-c", "line-a", "line-b"], f"line-c is first: {order(lab)}")


def test_a_job_says_why_it_waits(console: Console, waiting: list[str]) -> None:
    console.open("/queue")
    row = console.page.get_by_role("row").filter(has_text="line-a")
    row.get_by_text("Asks for 1 GPU").wait_for()
    console.open("/jobs?q=line-a")
    console.page.get_by_role("row").get_by_text("#1").wait_for()


def test_nodes_are_set_aside_and_the_past_is_refused(console: Console, lab: Fleet) -> None:
    console.open("/queue")
    console.page.get_by_role("button", name="Set nodes aside").click()
    form = console.page.get_by_role("dialog")
    form.get_by_label("Nodes").fill("b")
    form.get_by_label("Nodes").press("ArrowDown")
    form.get_by_label("Nodes").press("Enter")
    form.get_by_label("Its name").fill("vision")
    form.get_by_label("Hours").fill("0")
    form.get_by_role("button", name="Set aside").click()
    form.get_by_role("alert").wait_for()
    assert form.get_by_label("Its name").input_value() == "vision"
    form.get_by_label("Hours").fill("2")
    form.get_by_role("button", name="Set aside").click()
    row = console.page.get_by_role("table", name="Reservations").get_by_role("row").nth(1)
    row.get_by_text("vision").wait_for()
    row.get_by_role("button").click()
    console.page.get_by_text("No node is set aside").wait_for()
    console.errors.clear()


def test_a_setting_is_changed_and_a_bad_one_refused(console: Console) -> None:
    console.open("/policy")
    console.page.get_by_role("button", name="Change half_life").click()
    form = console.page.get_by_role("dialog")
    form.get_by_label("Value").fill("-3d")
    form.get_by_role("button", name="Change").click()
    form.get_by_role("alert").wait_for()
    form.get_by_label("Value").fill("3d")
    form.get_by_role("button", name="Change").click()
    console.page.get_by_role("row").filter(has_text="half_life").get_by_text("3d (changed)").wait_for()
    console.errors.clear()


def test_a_key_is_shown_once_and_revoked(console: Console) -> None:
    console.open("/account")
    console.page.get_by_role("button", name="Make a key").click()
    key = console.page.get_by_role("alert").get_by_text("tfk_").inner_text()
    assert key.startswith("tfk_")
    console.page.get_by_role("row").nth(2).wait_for()
    console.page.get_by_role("row").filter(has_text="never").filter(has_not_text="tfk").last.get_by_role(
        "button"
    ).click()
    console.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    console.page.get_by_role("row").nth(2).wait_for(state="detached")


def test_signing_out_ends_the_session(console: Console) -> None:
    console.open("/account")
    console.page.get_by_role("button", name="Sign out").click()
    console.page.get_by_role("heading", name="Sign in to TensorFleet").wait_for()
    console.page.goto(f"{console.url}/ui/jobs")
    console.page.get_by_role("heading", name="Sign in to TensorFleet").wait_for()
    console.errors.clear()
