"""Runs every benchmark and writes docs/benchmarks.md, and the tables of docs/scheduling.md: `make bench`.

`python tests/bench/__main__.py scheduling` measures for that page alone; `benchmarks` for the other.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
PAGE = DOCS / "benchmarks.md"
QUEUE = DOCS / "scheduling.md"

BEGIN, END = "<!-- written by make bench -->", "<!-- end of what make bench wrote -->"
"""Around the part of docs/scheduling.md that is measured."""

SCRIPTS = {
    "checkpoint_bench.py": "Checkpoints",
    "fleet_bench.py": "A whole fleet: one head, two agents, everything on this machine",
    "ranks_bench.py": "Starting ranks on a node",
    "store_bench.py": "The store",
}

HEAD = """# Benchmarks

`make bench` measures and writes this page. Every figure stands beside its peer or its bar from the same run: on
another machine the ratios are what to compare. Bars come from the design; a figure beyond its bar is a shortfall.

"""


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    load = os.getloadavg()[0]
    return (
        f"Measured {time.strftime('%Y-%m-%d')} on {os.cpu_count()} cores ({model}), {memory:.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}; load average before the run {load:.1f}.\n"
    )


def ran(script: str) -> str:
    """What it printed; nothing when it failed."""
    done = subprocess.run(
        [sys.executable, str(HERE / script)], stdout=subprocess.PIPE, text=True, check=False, timeout=1800
    )
    print(done.stdout)
    if done.returncode:
        print(f"{script} failed; its page stays as it is.", file=sys.stderr)
        return ""
    return done.stdout.rstrip()


def benchmarks() -> bool:
    """Whether docs/benchmarks.md was written."""
    page = HEAD + machine()
    for script, title in SCRIPTS.items():
        print(f"{title} ...", flush=True)
        told = ran(script)
        if not told:
            return False
        page += f"\n## {title}\n\n```\n{told}\n```\n"
    PAGE.write_text(page)
    print(f"Written: {PAGE}")
    return True


def scheduling() -> bool:
    """Whether the measured part of docs/scheduling.md was written."""
    before, begin, rest = QUEUE.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        print(f"{QUEUE} has no place for the tables, between `{BEGIN}` and `{END}`.", file=sys.stderr)
        return False
    named = machine()
    print("The scheduler ...", flush=True)
    told = ran("scheduler_bench.py")
    if not told:
        return False
    QUEUE.write_text(f"{before}{BEGIN}\n{named}\n{told}\n{END}{after}")
    print(f"Written: {QUEUE}")
    return True


PAGES = {"benchmarks": benchmarks, "scheduling": scheduling}


def main() -> int:
    chosen = sys.argv[1:] or list(PAGES)
    unknown = [name for name in chosen if name not in PAGES]
    if unknown:
        print(f"There is no {', '.join(unknown)}; there are {', '.join(PAGES)}.", file=sys.stderr)
        return 2
    written = [PAGES[name]() for name in chosen]
    return 0 if all(written) else 1


if __name__ == "__main__":
    sys.exit(main())
