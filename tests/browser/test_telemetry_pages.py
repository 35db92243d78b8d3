"""What nodes and GPUs measured over time: on the node's page, and under the curves of the job that used them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe import violations
from browser.console import PHONE, Console
from process.fleet import Fleet, wait_for

TRAINING = """
import time
import tensorfleet
run = tensorfleet.init()
for step in range(2000):
    run.log(step=step, loss=1 / (1 + step))
    time.sleep(0.05)
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_node_s_page_draws_what_it_measured(lab: Fleet, tmp_path: Path, scheme: str) -> None:
    more = {"viewport": PHONE} if scheme == "dark" else {}
    with Console(lab, tmp_path, color_scheme=scheme, **more) as console:
        console.open("/fleet/a")
        page = console.page
        telemetry = page.get_by_role("region", name="Telemetry")
        for title in ("GPU utilisation, %", "GPU power, W", "CPU, %", "Memory, GB", "Disk, MB/s"):
            expect(telemetry.get_by_role("region", name=title, exact=True).get_by_role("img")).to_be_visible()
        power = telemetry.get_by_role("region", name="GPU power, W")
        power.get_by_role("button", name="Table").click()
        expect(power.get_by_role("columnheader")).to_have_text(["Time", "GPU 0", "GPU 1"])
        expect(page.get_by_role("table", name="Links").get_by_role("row")).not_to_have_count(1)
        telemetry.get_by_role("button", name="24 hours").press("Enter")
        expect(telemetry.get_by_role("button", name="24 hours")).to_have_attribute("aria-pressed", "true")
        expect(power.get_by_role("img")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []


def test_it_goes_on_as_the_node_measures(console: Console) -> None:
    console.open("/fleet/a")
    cpu = console.page.get_by_role("region", name="CPU, %")
    first = cpu.get_by_role("img").get_attribute("aria-label")
    assert first
    expect(cpu.get_by_role("img")).not_to_have_attribute("aria-label", first, timeout=30_000)


def test_a_job_s_gpus_are_drawn_under_its_curves(console: Console, lab: Fleet) -> None:
    code = lab.root / "code"
    code.mkdir()
    (code / "train.py").write_text(TRAINING)
    done = lab.run("run", "-d", "--name", "gpus", "--gpus", "1", "--", "python", "train.py", cwd=code)
    assert done.returncode == 0, done.stderr
    job = done.stdout.strip()
    lab.running(job)
    page = console.page
    wait_for(lambda: lab.client.metrics(job), "points")
    console.open(f"/jobs/{job}/metrics")
    page.get_by_role("region", name="loss").wait_for()
    page.get_by_role("button", name="Draw all over time").click()
    power = page.get_by_role("region", name="GPU power, W")
    expect(power.get_by_role("img")).to_be_visible()
    power.get_by_role("button", name="Table").click()
    (share,) = lab.client.job(job).shares
    (index,) = [gpu.index for gpu in lab.client.worker(share.node).gpus if gpu.uuid in share.gpus]
    expect(power.get_by_role("columnheader")).to_have_text(["Time", f"GPU {index}"])
    assert violations(page) == []
    lab.client.kill(job)
