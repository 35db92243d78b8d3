"""The fleet in the browser: what each GPU does, a machine let in by its words, a node drained."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import expect

from browser.console import PHONE, Console
from process.asking import asking
from process.fleet import Fleet, wait_for


def test_a_gpu_tells_who_holds_it_and_leads_there(console: Console, lab: Fleet) -> None:
    job = lab.client.run(["sleep", "100"], gpus=1, workdir=None, name="holder")
    console.open("/fleet")
    cell = console.page.get_by_role("link", name="held by holder")
    expect(cell).to_contain_text("held")
    console.page.get_by_role("button", name="memory").click()
    console.page.wait_for_url("**/fleet?by=memory")
    assert cell.get_attribute("href") == f"/ui/jobs/{job.id}"
    lab.client.kill(job.id)
    cell.wait_for(state="detached")


def test_a_node_is_drained_and_given_work_again(console: Console, lab: Fleet) -> None:
    console.open("/fleet/b")
    for item, state in (("Drain: no new work", "drained"), ("Give it work again", "online")):
        console.page.get_by_role("button", name="Actions for b").click()
        console.page.get_by_role("menuitem", name=item).click()
        console.page.get_by_text(state, exact=True).wait_for()
        wait_for(lambda state=state: lab.state_of("b") == state, f"b is {state}")  # type: ignore[misc]


def test_a_third_machine_is_let_in_by_its_words(console: Console, lab: Fleet, tmp_path: Path) -> None:
    with asking(lab, tmp_path, "rack") as machine:
        console.open("/fleet")
        request = console.page.get_by_role("region", name="rack asks to join")
        assert machine.words in request.inner_text(), "the head shows the same words"
        field = request.get_by_label("Words on its screen")
        field.fill("some other words")
        request.get_by_role("button", name="Let it join").click()
        request.get_by_role("alert").wait_for()
        assert field.input_value() == "some other words"
        field.fill(machine.words)
        request.get_by_role("button", name="Let it join").click()
        request.get_by_text("Approved.").wait_for()
        os.write(machine.terminal, b"y\n")
        console.page.get_by_role("region", name="Node rack").get_by_text("online").wait_for()
        assert lab.state_of("rack") == "online"
    console.errors.clear()


def test_the_fleet_fits_a_phone(lab: Fleet, tmp_path: Path) -> None:
    with Console(lab, tmp_path, viewport=PHONE) as console:
        console.open("/fleet")
        console.page.get_by_role("region", name="Node a").wait_for()
        assert console.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_an_empty_fleet_says_how_a_machine_joins(tmp_path: Path) -> None:
    (tmp_path / "lone").mkdir()
    with Fleet(tmp_path / "lone") as fleet, Console(fleet, tmp_path) as console:
        console.open("/fleet")
        console.page.get_by_role("button", name="Show the command").click()
        console.page.get_by_text("tensorfleet agent --head 127.0.0.1 --join tfj").wait_for()
