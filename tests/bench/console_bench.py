"""Measures the web console in Chromium against a real head on this machine: `python tests/bench/console_bench.py`.

Frames of the list of jobs are compared with those of an empty page in the same run, which is what this machine's
browser can draw at all. Lighthouse comes from the npm registry for the time of the run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from browser.console import ARGUMENTS, Console
from process.fleet import Fleet

LIGHTHOUSE = "lighthouse@13.5.0"
BARS = {"accessibility": 100, "best-practices": 95, "performance": 90}

FRAMES = """
async (scrolled) => {
    const table = document.querySelector('[role=table]');
    const frames = [];
    let before = await new Promise(requestAnimationFrame);
    while (frames.length < 180) {
        if (scrolled) table.scrollTop += 120;
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
    }
    return frames;
}
"""

SHOWN = """
(name) => new Promise((resolve) => {
    const look = () => [...document.querySelectorAll('[role=row] a')].some((link) => link.textContent === name);
    const watch = new MutationObserver(() => { if (look()) { watch.disconnect(); resolve(Date.now() / 1000); } });
    watch.observe(document.body, {subtree: true, childList: true, characterData: true});
    document.title = 'watching ' + name;
})
"""


def frames(console: Console, scrolled: bool) -> tuple[float, float]:
    """Frames a second, and the 99th percentile of a frame's milliseconds."""
    times = console.page.evaluate(FRAMES, scrolled)
    return 1000 * len(times) / sum(times), statistics.quantiles(times, n=100)[98]


def latencies(console: Console, fleet: Fleet, count: int) -> list[float]:
    """Milliseconds between the head's event of a new job and its row on the page."""
    found = []
    for number in range(count):
        name = f"seen-{number}"
        console.page.evaluate(f"window.seen = ({SHOWN})({json.dumps(name)})")
        job = fleet.submit("true", slots=1, name=name, hold=True)
        shown = console.page.evaluate("window.seen")
        (event,) = [each for each in fleet.client.events(job.id) if each.kind == "job.queued"]
        found.append(1000 * (shown - event.at))
    return found


def lighthouse(console: Console, folder: Path, form: str) -> dict[str, int]:
    """Its scores of the list of jobs, 0 to 100; form: desktop or mobile."""
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in console.page.context.cookies())
    out = folder / f"{form}.json"
    command = ["npx", "--yes", LIGHTHOUSE, f"{console.url}/ui/jobs", "--quiet", "--output=json", f"--output-path={out}"]
    command += [f"--extra-headers={json.dumps({'Cookie': cookie})}", "--only-categories=" + ",".join(BARS)]
    command += [f"--chrome-flags=--headless {' '.join(ARGUMENTS)}"] + (
        ["--preset=desktop"] if form == "desktop" else []
    )
    chromium = shutil.which("chromium") or ""
    subprocess.run(command, env={**os.environ, "CHROME_PATH": chromium}, cwd=folder, check=True, timeout=300)
    return {name: round(100 * each["score"]) for name, each in json.loads(out.read_text())["categories"].items()}


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--jobs", type=int, default=10_000)
    flags.add_argument("--events", type=int, default=30)
    flags.add_argument("--no-lighthouse", action="store_true")
    args = flags.parse_args()
    with tempfile.TemporaryDirectory() as folder, Fleet(Path(folder)) as fleet:
        fleet.agent("a", "--slots", "2", "--fake-gpus", "2")
        for begun in range(0, args.jobs, 1000):
            count = min(1000, args.jobs - begun)
            fleet.submit("true", slots=1, name="many", hold=True, array=f"0-{count - 1}")
        with Console(fleet, Path(folder)) as console:
            began = time.monotonic()
            console.open("/jobs?q=many")
            console.page.get_by_role("status").filter(has_text=f"{args.jobs:,} shown").wait_for(timeout=60_000)
            print(f"{args.jobs:,} jobs listed, all there after {time.monotonic() - began:.1f} s")
            still, _ = frames(console, scrolled=False)
            rate, worst = frames(console, scrolled=True)
            print(
                f"scrolled: {rate:.0f} frames a second, {rate / still:.0%} of a page at rest (bar 50); "
                f"99 % of frames within {worst:.0f} ms"
            )
            console.open("/jobs")
            console.page.get_by_role("table", name="Jobs").wait_for()
            times = latencies(console, fleet, args.events)
            print(
                f"a new job's row after the head's event, {args.jobs:,} in the list: median "
                f"{statistics.median(times):.0f} ms, worst of {len(times)} {max(times):.0f} ms (bar 200)"
            )
            if not args.no_lighthouse:
                for form in ("desktop", "mobile"):
                    scores = lighthouse(console, Path(folder), form)
                    told = ", ".join(f"{name} {scores[name]} (bar {bar})" for name, bar in BARS.items())
                    print(f"Lighthouse on the list of jobs, {form}: {told}")


if __name__ == "__main__":
    main()
