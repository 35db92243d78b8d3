"""Measures a whole fleet on this machine against the same work done by hand. `python tests/bench/fleet_bench.py`.

Every figure stands beside its peer from the same run; the ratio is what to quote.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from process.fleet import ENDED, Fleet, wait_for
from tensorfleet.recipes.catalog import RECIPES

TORCHRUN = str(Path(sys.executable).with_name("torchrun"))

FIRST_STEP = """
import os, torch, torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP
dist.init_process_group("gloo")
model = DDP(torch.nn.Linear(64, 64))
optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
model(torch.randn(32, 64)).sum().backward()
optimiser.step()
if dist.get_rank() == 0:
    print("first step", flush=True)
dist.destroy_process_group()
"""


def timed(what: Callable[[], object], times: int) -> float:
    """Median seconds of `times` runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def first_line(fleet: Fleet, *run: str, nodes: int | None = None, slots: int | None = None) -> str:
    """Submits and waits for the first line, as a person who watches does."""
    job = fleet.submit(*run, nodes=nodes, slots=slots)
    for message in fleet.client.follow_logs(job.id):
        return str(getattr(message, "text", ""))
    return ""


def by_hand(*run: str) -> str:
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        process.wait()
    return line


def latency(fleet: Fleet) -> None:
    command = ("sh", "-c", "echo hello")
    first_line(fleet, *command)
    ours, hand = timed(lambda: first_line(fleet, *command), 30), timed(lambda: by_hand(*command), 30)
    print(
        f"submit to first line, no torch   {ours * 1e3:7.1f} ms   by hand {hand * 1e3:6.1f} ms   "
        f"above it {1e3 * (ours - hand):6.1f} ms (bar: 50)"
    )


def first_step(fleet: Fleet, folder: Path) -> None:
    script = folder / "first_step.py"
    script.write_text(FIRST_STEP)
    run = ("python", str(script))
    first_line(fleet, *run, nodes=2, slots=1)
    ours = timed(lambda: first_line(fleet, *run, nodes=2, slots=1), 5)
    peer = timed(lambda: by_hand(TORCHRUN, "--nproc-per-node", "2", str(script)), 3)
    print(
        f"submit to first step, 2-rank DDP {ours:7.2f} s    torchrun {peer:5.2f} s     "
        f"ratio {ours / peer:5.2f} (bar: 0.25)"
    )


def no_ops(fleet: Fleet, count: int = 200) -> None:
    client = fleet.client
    start = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        jobs = [view.id for view in pool.map(lambda _: fleet.submit("true"), range(count))]
    wait_for(lambda: not list(client.jobs(states=("queued", "starting", "running"))), "all ended", 60)
    took = time.perf_counter() - start
    states = {client.job(job).state for job in jobs}
    assert states == {"succeeded"}, states
    print(f"{count} no-op jobs end to end      {took:7.2f} s    {count / took:5.0f} jobs/s (bar: 60; Slurm 22.05: 49)")


def memory_and_cpu(fleet: Fleet) -> None:
    def cpu(pid: int) -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    for name, bar in (("head", 120), ("a", 80)):
        pid = fleet.processes[name].pid
        before = cpu(pid)
        time.sleep(10)
        used = (cpu(pid) - before) / 10
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20
        print(
            f"{'head' if name == 'head' else 'agent'} at rest: resident {resident:6.1f} MiB (bar: {bar})   "
            f"CPU {100 * used:4.2f} % of a core"
        )


def api(fleet: Fleet, jobs: int = 1000, streams: int = 200) -> None:
    client = fleet.client
    client.drain("a")
    client.drain("b")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fleet.submit("true"), range(jobs)))
    followers = subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).with_name("sse_clients.py")),
            fleet.url,
            str(streams),
            (fleet.data / "admin.key").read_text().strip(),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert followers.stdout
    assert "connected" in followers.stdout.readline()
    taken = []
    for _ in range(500):
        start = time.perf_counter()
        client.transport.request("GET", "/api/v1/jobs")
        taken.append(time.perf_counter() - start)
    followers.kill()
    followers.wait()
    taken.sort()
    print(
        f"GET /api/v1/jobs, {jobs} jobs, {streams} SSE clients: p50 {taken[250] * 1e3:5.1f} ms   "
        f"p99 {taken[494] * 1e3:5.1f} ms (bar: 20)"
    )


def throughput(fleet: Fleet, folder: Path, rounds: int = 5) -> None:
    """In turn, because a shared machine drifts; the ratio is that of each round."""
    ours, peers, equal = [], [], True
    for number in range(rounds):
        steps = _digits_here(fleet)
        peer = _digits_by_torchrun(folder / str(number))
        equal = equal and [loss for _, _, loss in steps] == [loss for _, _, loss in peer]
        ours.append(_rate(steps))
        peers.append(_rate(peer))
    ratios = sorted(one / other for one, other in zip(ours, peers, strict=True))
    print(
        f"DDP digits, 2 ranks, {rounds} rounds    {statistics.median(ours):7.0f} steps/s   "
        f"torchrun {statistics.median(peers):5.0f}    ratio {statistics.median(ratios):5.3f}, "
        f"{ratios[0]:.2f} to {ratios[-1]:.2f} (bar: 0.99)   loss curves bit-equal: {equal}"
    )


Steps = list[tuple[int, float, float]]
"""Step, unix time, loss."""

DIGITS = (str(RECIPES["digits"].script), "--epochs", "40", "--seed", "1")


def _rate(steps: Steps) -> float:
    """Steps a second, without the first fifty."""
    return (steps[-1][0] - steps[50][0]) / (steps[-1][1] - steps[50][1])


def _digits_here(fleet: Fleet) -> Steps:
    job = fleet.submit("python", *DIGITS, nodes=2, slots=1)
    # Waiting by an event stream: asking again and again would take time from the ranks on two cores.
    assert fleet.client.wait(job.id).state == "succeeded"
    curve = next(s for s in fleet.client.metrics(job.id, name="loss", rank=0, points=10_000))
    return [(step, at, value or 0.0) for step, at, value in curve.points]


def _digits_by_torchrun(folder: Path) -> Steps:
    (folder / "run").mkdir(parents=True)
    environment = {
        "TENSORFLEET_RUN_DIR": str(folder / "run"),
        "OMP_NUM_THREADS": "1",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }
    subprocess.run(
        [TORCHRUN, "--nproc-per-node", "2", *DIGITS, "--output", str(folder)],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    logged = (folder / "run" / "metrics" / "rank-0.jsonl").read_text().splitlines()
    lines = [json.loads(line) for line in logged]
    return [
        (line["step"], line["t"], line["m"]["loss"])
        for line in lines
        if "loss" in line["m"] and "accuracy" not in line["m"]
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as name, Fleet(Path(name)) as fleet:
        fleet.agent("a", "--slots", "64")
        fleet.agent("b", "--slots", "2")
        script = "import time, torch; time.sleep(0)"
        wait_for(lambda: _warm(fleet, script), "both agents are warm", 60)
        for measure in (latency, no_ops, memory_and_cpu):
            measure(fleet)
        first_step(fleet, Path(name))
        throughput(fleet, Path(name))
        api(fleet)


def _warm(fleet: Fleet, script: str) -> bool:
    job = fleet.submit("python", "-c", script, nodes=2, slots=1)
    wait_for(lambda: fleet.client.job(job.id).state in ENDED, "it ends")
    return all("warm=True" in (fleet.root / f"{n}.log").read_text() for n in ("a", "b"))


if __name__ == "__main__":
    main()
