"""The metrics of a job: live, close up, smoothed, of each rank, as a table and as files; 100,000 points stay quick."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet, wait_for
from tensorfleet.wire.rest import JobView

TRAIN = """
step=0
while :; do
  echo "step=$step loss=0.$((900 - step % 900)) odd=$([ $((step % 2)) = 0 ] && echo nan || echo 1.5)"
  step=$((step+1)); sleep 0.05
done
"""
MANY = 100_000


@pytest.fixture(scope="module")
def training(lab: Fleet, tmp_path_factory: pytest.TempPathFactory) -> JobView:
    """Two ranks that go on until the file `stop` beside them is there."""
    job = lab.submit(
        "sh", "-c", TRAIN, "sh", str(tmp_path_factory.mktemp("t") / "stop"), nodes=2, slots=1, name="curvy"
    )
    lab.running(job.id)
    wait_for(lambda: len(lab.client.metrics(job.id)) == 4, "both ranks told both metrics", 20)
    return job


def points(console: Console) -> int:
    """Of the mean of the loss, by what is said of the chart."""
    said = console.page.get_by_role("region", name="loss").get_by_role("img").get_attribute("aria-label") or ""
    found = re.search(r"rank 0: (\d+) points", said)
    return int(found.group(1)) if found else 0


def test_curves_go_on_by_themselves_and_over_a_restart_of_the_head(
    console: Console, lab: Fleet, training: JobView
) -> None:
    console.open(f"/jobs/{training.id}/metrics")
    page = console.page
    expect(page.get_by_role("region", name="loss").get_by_text("mean of ranks")).to_be_visible()
    before = points(console)
    wait_for(lambda: points(console) > before + 10, "points come", 15)
    lab.end("head")
    lab.start_head()
    page.get_by_text("The head does not answer").wait_for(state="hidden")
    before = points(console)
    wait_for(lambda: points(console) > before + 10, "points come from the new head, too", 20)
    (loss,) = [each for each in lab.client.metrics(training.id, name="loss") if each.rank == 0]
    assert loss.count == loss.points[-1][0] + 1, "no point is lost"
    console.errors.clear()


def test_a_look_at_some_steps_is_an_address(console: Console, training: JobView) -> None:
    page = console.page
    console.open(f"/jobs/{training.id}/metrics?ranks=each")
    chart = page.get_by_role("region", name="loss").locator(".u-over")
    chart.wait_for()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))
    page.get_by_role("button", name="All steps").click()
    page.get_by_label("From step").fill("2")
    page.get_by_label("To step").fill("6")
    page.get_by_role("button", name="Zoom").press("Enter")
    page.wait_for_url(re.compile(r"from=2&to=6"))
    wait_for(lambda: points(console) == 5, "only those five")
    page.get_by_role("region", name="odd").get_by_role("button", name="Table").click()
    values = page.get_by_role("region", name="Values of odd")
    expect(values.get_by_role("cell", name="not a number")).to_have_count(6)
    expect(values.get_by_role("columnheader", name="rank 1")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_and_every_theme_shows_them(lab: Fleet, training: JobView, tmp_path: Path, scheme: str) -> None:
    with Console(lab, tmp_path, viewport=PHONE, color_scheme=scheme) as phone:
        phone.open(f"/jobs/{training.id}/metrics?smooth=0.6&log=1&axis=time")
        phone.page.get_by_role("region", name="loss").get_by_role("button", name="Table").click()
        phone.page.get_by_role("region", name="Values of loss").wait_for()
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(phone.page) == []


def test_a_hundred_thousand_points_are_quick_and_go_into_files(console: Console, lab: Fleet) -> None:
    program = f"i=0; seq -f 'step=%.0f loss=0.5' 0 {MANY - 1}"
    job = lab.submit("sh", "-c", program, slots=1, name="long")
    lab.finished(job.id)
    wait_for(lambda: [each.count for each in lab.client.metrics(job.id)] == [MANY], "all points are there", 30)
    page = console.page
    console.open("/fleet")
    began = time.monotonic()
    page.goto(f"{console.url}/ui/jobs/{job.id}/metrics")
    page.get_by_role("region", name="loss").locator("canvas").wait_for()
    print(f"\n{MANY:,} points are drawn after {time.monotonic() - began:.2f} s")
    with page.expect_download() as picture:
        page.get_by_role("button", name="PNG").click()
    assert Path(picture.value.path()).read_bytes().startswith(b"\x89PNG")
    assert picture.value.suggested_filename == "loss.png"
    with page.expect_download() as file:
        page.get_by_role("button", name="CSV").click()
    rows = Path(file.value.path()).read_text().splitlines()
    assert rows[0] == "metric,rank,step,time,value"
    assert rows[1].startswith("loss,0,0,")
    assert rows[-1].startswith(f"loss,0,{MANY - 1},")
    assert len(rows) == 1 + MANY, "every point is in the file"


def test_a_job_without_metrics_says_how_to_have_some_and_shows_them_to_the_last(
    console: Console, lab: Fleet, tmp_path: Path
) -> None:
    program = "while [ ! -e \"$0\" ]; do sleep 0.1; done; seq -f 'step=%.0f loss=0.5' 0 49; echo step=50 once=1"
    job = lab.submit("sh", "-c", program, str(tmp_path / "go"), slots=1, name="silent")
    lab.running(job.id)
    console.open(f"/jobs/{job.id}/metrics")
    expect(console.page.get_by_text("step=3 loss=0.21")).to_be_visible()
    (tmp_path / "go").touch()
    lab.finished(job.id)
    expect(console.page.get_by_role("img", name="loss: 50 points")).to_be_visible()
    expect(console.page.get_by_role("img", name="once: 1 points")).to_be_visible()
