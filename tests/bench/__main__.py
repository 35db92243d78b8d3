"""Runs every benchmark and writes docs/benchmarks.md: `make bench`."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"

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


def main() -> int:
    page = HEAD + machine()
    for script, title in SCRIPTS.items():
        print(f"{title} ...", flush=True)
        done = subprocess.run(
            [sys.executable, str(HERE / script)], stdout=subprocess.PIPE, text=True, check=False, timeout=1800
        )
        print(done.stdout)
        if done.returncode:
            print(f"{script} failed; docs/benchmarks.md stays as it is.", file=sys.stderr)
            return 1
        page += f"\n## {title}\n\n```\n{done.stdout.rstrip()}\n```\n"
    PAGE.write_text(page)
    print(f"Written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
