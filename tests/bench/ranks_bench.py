# Run as a script: the path is set before the imports that need it.
# ruff: noqa: E402
"""Starting ranks, measured at the agent's own interface: no head, no network. Prints medians.

    python tests/bench/ranks_bench.py [jobs]

No-op jobs: as many attempts of /bin/true at once as there are slots, end to end, durable files included. First line:
from `launch` to the announcement of the first bytes in the log, against subprocess and a pipe. Torch: the same for a
script whose first line follows `import torch` and one optimizer step.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "process")]

from attempts import ENVIRONMENT, event, outcome, task
from warmth import ready

from tensorfleet.agent.ranks.ranks import Ranks
from tensorfleet.agent.ranks.task import LogGrew, TaskFile

SLOTS = 64
LINE = "print('first line')"
STEP = """
import torch
model = torch.nn.Linear(8, 2)
optimizer = torch.optim.AdamW(model.parameters())
model(torch.ones(4, 8)).sum().backward()
optimizer.step()
print("first step")
"""


async def noops(ranks: Ranks, folder: Path, jobs: int) -> float:
    """Jobs per second."""
    slots = asyncio.Semaphore(SLOTS)

    async def one(number: int) -> None:
        async with slots:
            await outcome(await ranks.launch(task(folder, "/bin/true", name=f"noop{number}.1.0")))

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(jobs):
            group.create_task(one(number))
    return jobs / (time.perf_counter() - begun)


async def first_line(ranks: Ranks, share: TaskFile) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    shim = await ranks.launch(share)
    await event(shim, LogGrew)
    took = time.perf_counter() - begun
    await outcome(shim)
    return 1000 * took


def by_hand(argv: tuple[str, ...]) -> float:
    """Milliseconds from the call to the first line in a pipe."""
    begun = time.perf_counter()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        took = time.perf_counter() - begun
    return 1000 * took


async def main(jobs: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ranks = Ranks(folder / "agent")
        await ranks.start()
        print(ranks.containment.sentence)
        print(f"no-op jobs: {await noops(ranks, folder, jobs):.0f}/s ({jobs} jobs, {SLOTS} slots)")
        for what, argv in (
            ("sh", ("/bin/sh", "-c", "echo first line")),
            ("python", (sys.executable, "-c", LINE)),
            ("torch", (sys.executable, "-c", STEP)),
        ):
            rounds = 5 if what == "torch" else 20
            hand = statistics.median(by_hand(argv) for _ in range(rounds))
            cold = statistics.median(
                [await first_line(ranks, task(folder, *argv, name=f"{what}{n}.1.0")) for n in range(rounds)]
            )
            print(f"{what}, first line: by hand {hand:.1f} ms, shim {cold:.1f} ms (+{cold - hand:.1f})")
            if what == "sh":
                continue
            await ready(ranks)
            shares = [task(folder, *argv, name=f"warm-{what}{n}.1.0", warm=True) for n in range(rounds)]
            warm = statistics.median([await first_line(ranks, share) for share in shares])
            print(f"{what}, first line: warm {warm:.1f} ms ({warm / hand:.2f} of by hand)")
        await ranks.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
