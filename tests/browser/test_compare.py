"""Several jobs over one another: chosen in the list, their curves in one chart, what differs in one table."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet, wait_for

TRAIN = "for i in 1 2 3 4 5; do echo step=$i loss=$(($LR - $i)) accuracy=0.$i; done"


@pytest.fixture(scope="module")
def jobs(lab: Fleet) -> list[str]:
    made = [lab.submit("sh", "-c", TRAIN, slots=1, name=f"lr-{lr}", env={"LR": str(lr)}).id for lr in (10, 20)]
    for job in made:
        lab.finished(job)
        wait_for(lambda job=job: len(lab.client.metrics(job)) == 2, "its metrics are there")
    return made


def test_what_is_chosen_in_the_list_is_compared(console: Console, jobs: list[str]) -> None:
    page = console.page
    console.open("/jobs?q=lr-")
    for name in ("lr-10", "lr-20"):
        page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    page.get_by_role("region", name="Chosen jobs").get_by_role("link", name="Compare").click()
    page.wait_for_url("**/compare?jobs=*")
    loss = page.get_by_role("region", name="loss", exact=True)
    expect(loss.get_by_role("img")).to_have_accessible_name(
        "loss. lr-20: 5 points, lowest 15, highest 19, last 15. lr-10: 5 points, lowest 5, highest 9, last 5."
    )
    parameters = page.get_by_role("region", name="Parameters", exact=True)
    expect(parameters.get_by_role("row").filter(has_text="env.LR")).to_contain_text("20")
    expect(parameters.get_by_role("row").filter(has_text="run")).to_have_count(0)
    results = page.get_by_role("region", name="Results", exact=True)
    expect(results.get_by_role("row").filter(has_text="loss, lowest").get_by_role("cell")).to_have_text(["15", "5"])
    expect(results.get_by_role("row").filter(has_text="accuracy")).to_have_count(0)
    page.get_by_label("Also what is the same").check()
    expect(results.get_by_role("row").filter(has_text="accuracy, highest").get_by_role("cell")).to_have_text(
        ["0.5"] * 2
    )
    with page.expect_download() as file:
        page.get_by_role("button", name="CSV").click()
    rows = Path(file.value.path()).read_text().splitlines()
    assert rows[0] == f",{jobs[1]},{jobs[0]}"
    assert "env.LR,20,10" in rows


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_and_every_theme_shows_it(lab: Fleet, jobs: list[str], tmp_path: Path, scheme: str) -> None:
    with Console(lab, tmp_path, viewport=PHONE, color_scheme=scheme) as phone:
        phone.open(f"/compare?jobs={','.join(jobs)}")
        phone.page.get_by_role("region", name="Results", exact=True).wait_for()
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(phone.page) == []


def test_nothing_chosen_and_nobody_found(console: Console) -> None:
    console.open("/compare")
    expect(console.page.get_by_text("Nothing is chosen")).to_be_visible()
    console.open("/compare?jobs=jnowhere00")
    expect(console.page.get_by_role("alert")).to_contain_text("jnowhere00")
    wait_for(lambda: len(console.errors) >= 2, "the job and its file are refused")
    # They are read again when the stream of events opens, however late that is: nothing is asked from here on.
    console.page.goto("about:blank")
    assert all("jnowhere00" in error for error in console.errors), console.errors
    console.errors.clear()
