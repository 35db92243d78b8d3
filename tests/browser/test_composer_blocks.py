"""The job file as forms: a recipe chosen and told, both ways with the text, planned, submitted and run to its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet


def test_somebody_new_runs_a_recipe_by_forms_alone(console: Console, lab: Fleet) -> None:
    page = console.page
    console.open("/new")
    page.get_by_label("Name", exact=True).fill("my-first")
    page.get_by_label("Recipe").click()
    page.get_by_role("option", name="tabular").click()
    page.get_by_label("folds", exact=True).fill("2")
    page.get_by_label("model", exact=True).click()
    page.get_by_role("option", name="linear").click()
    text = page.get_by_label("Job file (YAML)")
    expect(text).to_have_value(
        "name: my-first\nrecipe: tabular\nresources:\n  slots: 1\n  nodes: 1\nparams:\n  folds: 2\n  model: linear\n"
    )
    page.get_by_role("region", name="Plan").get_by_text("It would start now.").wait_for()
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("heading", name="my-first").wait_for()
    (job,) = [each for each in lab.client.jobs() if each.name == "my-first"]
    assert lab.finished(job.id, 60).state == "succeeded"


def test_forms_and_text_say_the_same(console: Console) -> None:
    page = console.page
    console.open("/new")
    text = page.get_by_label("Job file (YAML)")
    text.fill("# mine\nrun: python a.py\nresources: {gpus: 1} # one\nclass: batch\n")
    expect(page.get_by_label("Command", exact=True)).to_have_value("python a.py")
    gpus = page.get_by_label("GPUs", exact=True)
    expect(gpus).to_have_value("1")
    gpus.fill("2")
    expect(text).to_have_value("# mine\nrun: python a.py\nresources: { gpus: 2 } # one\nclass: batch\n")
    page.get_by_role("button", name="Schedule 1 set").press("Enter")
    expect(page.get_by_label("Class")).to_have_text("batch")
    page.get_by_label("Priority").fill("7")
    page.get_by_label("Hold it until it is released").check()
    expect(text).to_have_value(
        "# mine\nrun: python a.py\nresources: { gpus: 2 } # one\nclass: batch\npriority: 7\nhold: true\n"
    )
    page.get_by_label("Priority").fill("")
    gpus.fill("")
    expect(text).to_have_value("# mine\nrun: python a.py\nclass: batch\nhold: true\n")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_and_every_theme_shows_them(lab: Fleet, tmp_path: Path, scheme: str) -> None:
    with Console(lab, tmp_path, viewport=PHONE, color_scheme=scheme) as phone:
        phone.open("/new")
        phone.page.get_by_label("lr", exact=True).wait_for()
        for title in ("Schedule", "Dependencies", "Environment", "Tries and checkpoints", "Notifications"):
            phone.page.get_by_role("button", name=f"Add {title}").tap()
        phone.page.get_by_label("Array").wait_for()
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(phone.page) == []
