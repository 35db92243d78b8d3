"""The fleet in the browser: what each GPU does, a machine let in by its words, a node drained."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.console import PHONE, Console
from process.fleet import COMMAND, Fleet, wait_for


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


@pytest.fixture
def asking(lab: Fleet, tmp_path: Path) -> Iterator[tuple[int, str]]:
    """A real machine that asks to join: its terminal, and the words on it."""
    own, theirs = pty.openpty()
    arguments = ["--head", f"127.0.0.1:{lab.about['rpc_port']}", "--name", "rack", "--slots", "1", "--no-warm"]
    data = str(tmp_path / "rack")
    environment = {**os.environ, "HOME": str(tmp_path), "TENSORFLEET_DATA_DIR": str(tmp_path / "none")}
    process = subprocess.Popen(
        [COMMAND, "agent", *arguments, "--data-dir", data], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    said = b""
    while b"are they the same? [y/N] " not in said:
        said += os.read(own, 4096)
    found = re.search(r'--words "([a-z ]+)"', said.decode())
    assert found, said
    yield own, found[1]
    process.terminate()
    process.wait(15)
    os.close(own)


def test_a_third_machine_is_let_in_by_its_words(console: Console, lab: Fleet, asking: tuple[int, str]) -> None:
    terminal, words = asking
    console.open("/fleet")
    request = console.page.get_by_role("region", name="rack asks to join")
    assert words in request.inner_text(), "the head shows the same words"
    field = request.get_by_label("Words on its screen")
    field.fill("some other words")
    request.get_by_role("button", name="Let it join").click()
    request.get_by_role("alert").wait_for()
    assert field.input_value() == "some other words"
    field.fill(words)
    request.get_by_role("button", name="Let it join").click()
    request.get_by_text("Approved.").wait_for()
    os.write(terminal, b"y\n")
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
