"""Measures the scheduler and prints the tables of docs/scheduling.md.

`[TRACES=DIR] python tests/bench/scheduler_bench.py`
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.scheduler.crowd import bytes_per_job, crowd
from bench.scheduler.explaining import explained
from bench.scheduler.shares import SHARES, shares
from bench.scheduler.traces import Row, made, played, published
from tensorfleet.core.scheduling.policy import Discipline

NODES, QUEUED, ENDS = 1000, 100_000, 4000
DAYS = 14
LIMITED = {"all have limits": 1.0, "half have": 0.5, "none has": 0.0}
"""What is said of the jobs, and the part of them that has a limit."""


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def speed() -> None:
    print(
        f"{NODES:,} nodes of 8 GPUs, {QUEUED:,} jobs of 1 to 16 GPUs in the queue, 10 teams of 5 users; a pass after "
        f"the end of every job, and a new job for each that started; CPU time of one core."
    )
    rows = []
    for said, limited in LIMITED.items():
        found = crowd(NODES, QUEUED, limited, ENDS)
        first, steady = found.first, found.steady
        rows.append(
            (
                said,
                f"{found.enqueued:.2f} s",
                f"{first.starts / first.busy:,.0f}/s",
                f"{steady.starts / steady.busy:,.0f}/s",
                f"{steady.pass_ms(0.5):.2f} / {steady.pass_ms(0.99):.2f} / {steady.pass_ms(1.0):.0f} ms",
                f"{steady.starts:,}, {steady.interrupted:,}",
            )
        )
    head = ("jobs", "enqueue all", "first pass", "steady placements", "pass p50 / p99 / worst", "started, interrupted")
    table(head, [*rows, ("bar", "1 s", "1,500/s", "1,500/s", "p99 20 ms", "")])
    print(f"\nA job in the queue takes {bytes_per_job(QUEUED):,.0f} bytes (bar: 1,536).")
    found = explained(NODES, QUEUED)
    print(
        f"\nOf {found.queued:,} jobs beside {found.running:,} that run, one is told why it waits in "
        f"{found.sentence:.2f} ms, and with holders and a change that would help in {found.whole:.2f} ms (bar: 5 ms)."
    )


def told(row: Row) -> str:
    return f"{row.mean:,.0f} s ({row.p99:,.0f} s)"


def traces() -> None:
    rows = []
    own = [made(1000, seed=3)]
    fifo, easy, ours = (played(own, 8, 8, each) for each in Discipline)
    rows.append(
        (
            "made here: 1,000 jobs, 8 x 8",
            told(fifo),
            told(easy),
            told(ours),
            f"{ours.lost:.2%}, {ours.interrupted}",
            "",
            "",
        )
    )
    folder = os.environ.get("TRACES", "")
    for each, workloads in published(Path(folder)) if folder else ():
        run = [] if each.elastic else [played(workloads, each.nodes, each.gpus_per_node, d) for d in Discipline]
        ours = run[-1] if run else played(workloads, each.nodes, each.gpus_per_node, Discipline.DEFAULT)
        fits = ours.mean <= each.bar and ours.p99 <= each.p99_bar
        rows.append(
            (
                f"{each.title}, {each.nodes} x {each.gpus_per_node}",
                *((told(run[0]), told(run[1])) if run else ("", "")),
                told(ours),
                f"{ours.lost:.2%}, {ours.interrupted:,}",
                f"{each.peer} {each.mean:,.0f} s, ratio {ours.mean / each.mean:.2f}",
                f"{each.bar:,.0f} s {'met' if fits else 'MISSED'}",
            )
        )
    print("\nMean completion time, in brackets p99; 60 s a restart. EASY is told the run times, the default is not.")
    table(("trace, cluster", "FIFO", "EASY", "default", "GPU time lost, interruptions", "published", "bar"), rows)
    if not folder:
        print("\nThe published traces were not given (`make bench TRACES=DIR`).")


def fairness() -> None:
    print(f"\nTwo teams that always have work, shares 3 to 1, 16 x 8 GPUs, {DAYS} days: the part that each had.")
    wanted = {name: share / sum(SHARES.values()) for name, share in SHARES.items()}
    rows = []
    for said, limited in LIMITED.items():
        found = shares(16, DAYS, limited)
        worst = max(abs(found[name] / wanted[name] - 1) for name in SHARES)
        rows.append((said, *(f"{found[name]:.1%}" for name in SHARES), f"{worst:.1%}"))
    table(("jobs", *(f"{name} ({wanted[name]:.0%})" for name in SHARES), "furthest from its share (bar: 5 %)"), rows)


if __name__ == "__main__":
    speed()
    traces()
    fairness()
