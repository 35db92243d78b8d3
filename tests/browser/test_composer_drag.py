"""A job put together by hand: blocks dragged into it, the job dropped onto a node, code from the reader's machine."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet


def drag(console: Console, what: Locator, onto: Locator) -> None:
    """By the mouse, in steps, as a hand does."""
    mouse = console.page.mouse
    what.scroll_into_view_if_needed()
    start, end = what.bounding_box(), onto.bounding_box()
    assert start
    assert end
    mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    mouse.down()
    mouse.move(end["x"] + end["width"] / 2, end["y"] + min(end["height"] / 2, 60), steps=12)
    mouse.up()


def test_blocks_are_dragged_in_and_taken_out(console: Console) -> None:
    page = console.page
    console.open("/new")
    job, text = page.get_by_role("region", name="The job"), page.get_by_label("Job file (YAML)")
    drag(console, page.get_by_role("button", name="Add Environment"), job)
    page.get_by_label("Variables").fill("A=1\nB=two words")
    expect(text).to_have_value(re.compile('env:\n  A: "1"\n  B: two words\n$'))
    page.get_by_role("button", name="Add Schedule").press("Enter")
    page.get_by_label("Priority").fill("70")
    page.get_by_role("button", name="Take Environment out").click()
    expect(text).not_to_have_value(re.compile("env"))
    expect(text).to_have_value(re.compile("priority: 70"))
    expect(page.get_by_role("button", name="Add Environment")).to_be_visible()
    drag(console, page.get_by_role("button", name="Add Dependencies"), page.get_by_role("region", name="Plan"))
    expect(job.get_by_label("Array")).to_have_count(0)


def test_the_job_is_dropped_onto_a_node_and_onto_any(console: Console) -> None:
    page = console.page
    console.open("/new")
    plan = page.get_by_role("region", name="Plan")
    fleet = plan.get_by_role("region", name="Map of the fleet")
    tile = {name: fleet.get_by_role("listitem").filter(has_text=re.compile(f"^{name}")) for name in "ab"}
    fleet.get_by_text("1 rank of the job here").wait_for()
    text = page.get_by_label("Job file (YAML)")
    for name in "ba":
        drag(console, fleet.get_by_text("digits"), tile[name])
        expect(text).to_have_value(re.compile(f"node: {name}\n"))
        tile[name].get_by_text("1 rank of the job here").wait_for()
        expect(plan.get_by_role("table", name="Placement")).to_contain_text(name)
    tile["b"].get_by_role("button", name="Only here, on b").press("Enter")
    tile["b"].get_by_text("1 rank of the job here").wait_for()
    page.get_by_label("Nodes", exact=True).fill("2")
    plan.get_by_role("alert").filter(has_text="node=b").wait_for()
    fleet.get_by_role("button", name="Any node").click()
    expect(text).not_to_have_value(re.compile("labels"))
    expect(fleet.get_by_text("1 rank of the job here")).to_have_count(2)
    console.errors.clear()


def test_what_is_refused_is_told_on_its_field(console: Console) -> None:
    page = console.page
    console.open("/new")
    page.get_by_label("lr", exact=True).fill("fast")
    expect(page.get_by_label("lr", exact=True)).to_have_accessible_description(re.compile("not a number"))
    page.get_by_label("lr", exact=True).fill("")
    page.get_by_label("Job file (YAML)").fill("recipe: digits\npriority: 300\n")
    expect(page.get_by_label("Priority")).to_have_accessible_description(re.compile("not within 0 to 100"))
    assert not violations(page)
    page.get_by_label("Priority").fill("30")
    expect(page.get_by_label("Priority")).to_have_accessible_description("0 to 100")
    console.errors.clear()


@pytest.mark.parametrize("phone", [False, True])
def test_code_from_the_reader_s_machine_runs(lab: Fleet, tmp_path: Path, phone: bool) -> None:
    code = tmp_path / "project"
    (code / "lib").mkdir(parents=True)
    (code / "lib" / "words.py").write_text("SAID = 'from the browser'\n")
    (code / "hello.py").write_text("from lib.words import SAID\nprint(SAID)\n")
    (code / "__pycache__").mkdir()
    (code / "__pycache__" / "x.pyc").write_bytes(b"x")
    with Console(lab, tmp_path, **({"viewport": PHONE} if phone else {})) as console:
        page = console.page
        console.open("/new")
        page.get_by_label("Job file (YAML)").fill(f"name: by-hand-{phone}\nresources:\n  slots: 1\n".lower())
        page.get_by_label("Choose a folder", exact=True).and_(page.locator("input")).set_input_files(code)
        page.get_by_text("2 files").wait_for()
        expect(page.get_by_label("Command", exact=True)).to_have_value("python hello.py")
        page.get_by_role("button", name="Submit").click()
        page.get_by_role("heading", name=f"by-hand-{phone}".lower()).wait_for()
    (job,) = [each for each in lab.client.jobs() if each.name == f"by-hand-{phone}".lower()]
    assert lab.finished(job.id, 60).state == "succeeded"
    assert "from the browser" in lab.lines(job.id)


TOLD = """
name: told
run: [python, -c, "print('it''s', 1)"]
resources: {slots: 1, labels: {node: a}}
env: {A: "x y", B: "$HOME"}
class: batch
retry: {max: 1}
hold: true
"""


def test_the_command_beside_it_submits_the_same_job(console: Console, lab: Fleet) -> None:
    page = console.page
    console.open("/new")
    page.get_by_label("Job file (YAML)").fill(TOLD)
    shown = page.get_by_role("region", name="The same from a shell").get_by_role("code")
    expect(shown).to_contain_text("--name told")
    words = shlex.split(shown.inner_text())
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("heading", name="told").wait_for()
    assert words.pop(0) == "tensorfleet"
    done = lab.run(*words[:1], "--detach", "--no-upload", *words[1:])
    assert done.returncode == 0, done.stderr
    one, other = [lab.client.job_file(each.id) for each in lab.client.jobs() if each.name == "told"]
    assert one == other
    console.open("/new")
    page.get_by_label("Job file (YAML)").fill(TOLD + "checkpoint: {keep: 2}\n")
    expect(shown).to_have_text("tensorfleet run -f job.yaml")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save job.yaml").click()
    assert Path(download.value.path()).read_text().endswith("checkpoint: {keep: 2}\n")
