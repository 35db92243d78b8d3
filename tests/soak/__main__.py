"""Disturbs a fleet for MINUTES and writes docs/reliability.md: `make soak MINUTES=30`.

Half of the time goes to random kills under a training, an eighth to one fault a minute, the rest to the simulated
fleet; then the peers that are installed get the same treatment. Ends with 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from soak.kills import Disturbed, Report
from soak.minute import fault_a_minute

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reliability.md"
PEERS = [HERE / "peers" / name for name in ("acked_writes.py", "slurm_kill.py", "torchrun_kill.py")]

HEAD = """# Reliability

`make soak MINUTES=…` disturbs a fleet on this machine (one head, two agents, a checkpointed training over both), counts
what was lost, and writes this page. Peers get the same treatment in the same run. What each kind of fault does is told
in the [fault matrix](fault-matrix.md), how the simulated fleet works in [simulation](simulation.md).

"""
"""What comes before the figures."""


def spread(values: Sequence[float]) -> str:
    """`p50 0.73 s, p95 0.95 s (n = 50)`."""
    if not values:
        return "none"
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"p50 {statistics.median(ordered):.2f} s, p95 {p95:.2f} s, worst {ordered[-1]:.2f} s (n = {len(ordered)})"


def rows_of(report: Report) -> list[tuple[str, str, str]]:
    """What was measured, the figure, the bar."""
    kills = sum(map(len, report.again.values()))
    rows = [
        ("kills of rank, shim, agent, head in equal parts", str(kills), "200"),
        ("the training", f"{report.state}, {report.steps} steps in {report.attempts} attempts", "succeeded"),
        ("steps whose loss is not that of an undisturbed run under torchrun", str(report.differing), "0"),
        ("steps computed twice", f"{report.repeated} ({report.repeated / max(1, report.steps):.1%})", ""),
        ("acknowledged submits lost", f"{report.lost} of {report.acknowledged}", "0"),
        ("processes left", str(report.orphans), "0"),
        ("printed lines lost", str(report.lines_lost), "0"),
    ]
    bars = {"rank": "p95 1 s warm", "shim": "", "agent": "undisturbed", "head": "undisturbed"}
    for kind, taken in report.again.items():
        rows.append((f"kill of {kind} to the next step", spread(taken), bars[kind]))
    rows.append(("of these, reading the checkpoint", spread(report.loading), ""))
    rows.append(("agent back to the truth shown", spread(report.told["agent"]), "3 s"))
    rows.append(("head back to the truth shown", spread(report.told["head"]), "10 s"))
    return rows


def table(rows: Sequence[tuple[str, str, str]]) -> str:
    lines = ["| | measured | bar |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def simulated(seconds: float) -> tuple[str, bool]:
    """What the simulated fleet says after `seconds` of seeds; and whether it held."""
    command = [sys.executable, "-m", "tensorfleet.sim", "--minutes", str(seconds / 60)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[-1], done.returncode == 0


def said_by(script: Path) -> str:
    """The figures in the JSON line that `script` prints, as a list."""
    done = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, check=False)
    figures: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    what = figures.pop("what", script.stem.replace("_", " "))
    return f"- {what}: " + ", ".join(f"{name.replace('_', ' ')} {figure}" for name, figure in figures.items()) + "\n"


def machine() -> str:
    return (
        f"Measured {time.strftime('%Y-%m-%d')} on {os.cpu_count()} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}.\n"
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    seconds = chosen.minutes * 60
    page = HEAD + machine()
    with tempfile.TemporaryDirectory() as root:
        # A kill and the training that follows take about 3.5 s.
        kills = max(8, min(400, int(seconds / 2 / 3.5)) // 4 * 4)
        report = Disturbed(Path(root), chosen.seed).run(kills, lambda text: print(text, flush=True))
    well = not (report.lost or report.orphans or report.differing or report.lines_lost)
    page += f"\n## Random kills, seed {chosen.seed}, warm ranks\n\n{table(rows_of(report))}"
    with tempfile.TemporaryDirectory() as root:
        rows = fault_a_minute(Path(root), minutes=max(1, round(chosen.minutes / 8)))
    page += f"\n## One fault a minute\n\n{table(rows)}"
    said, held = simulated(max(10.0, seconds / 4))
    page += f"\n## The simulated fleet\n\n{said}\n"
    page += "\n## Beside a log flood\n\n" + said_by(HERE / "heartbeats.py")
    page += "\n## Acknowledged submits, and peers on the same machine in the same run\n\n"
    page += "".join(map(said_by, PEERS))
    PAGE.write_text(page)
    print(page)
    return 0 if well and held and report.state == "succeeded" else 1


if __name__ == "__main__":
    sys.exit(main())
