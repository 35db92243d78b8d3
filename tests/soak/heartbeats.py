"""What others notice of a job that floods its log: a node's heartbeats, the API, and the lines of a quiet job.

Prints one JSON line, times in seconds. Usage: heartbeats.py [--seconds N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).parents[1]))

from process.fleet import Fleet, wait_for
from tensorfleet.agent.joining.channel import OPTIONS, node_credentials
from tensorfleet.agent.joining.handshake import locate
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.credential import parse_join_token
from tensorfleet.wire.join import SERVICE
from tensorfleet.wire.messages import HeadMessage, Heartbeat, Hello, NodeFacts, Renew

FLOOD = "import os\nwhile True: os.write(1, b'y' * 199 + b'\\n' + (b'x' * 999 + b'\\n') * 60)"
QUIET = "import time\nwhile True: print(time.time(), flush=True); time.sleep(0.1)"
EVERY = 0.05
"""Seconds between two heartbeats, and between two requests."""


def quantile(times: Sequence[float], share: float) -> float | None:
    ordered = sorted(times)
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 4) if ordered else None


async def beat(fleet: Fleet, folder: Path, over: threading.Event) -> list[float]:
    """A node of the fleet that does nothing but beat; the seconds until each heartbeat was answered."""
    identity = Identity(folder)
    token = parse_join_token((fleet.data / "join.token").read_text().strip())
    port = int(str(fleet.about["rpc_port"]))
    await join_with_token(identity, await locate("127.0.0.1", port), token, "beating")
    facts = NodeFacts("beating", "boot/1", ("127.0.0.1",), "0.1.0", 0, 0.0, 0)
    times = []
    async with grpc.aio.secure_channel(f"127.0.0.1:{port}", node_credentials(identity), options=OPTIONS) as channel:
        stream = channel.stream_stream(f"/{SERVICE}/Session")()
        await stream.write(pack(Hello(1, 1, facts)))
        await stream.read()
        while not over.is_set():
            sent = time.perf_counter()
            await stream.write(pack(Heartbeat(sent)))
            while not isinstance(unpack(await stream.read(), HeadMessage), Renew):
                pass
            times.append(time.perf_counter() - sent)
            await asyncio.sleep(EVERY)
    return times


def ask(fleet: Fleet, over: threading.Event, times: list[float]) -> None:
    client = fleet.client
    while not over.wait(EVERY):
        began = time.perf_counter()
        list(client.jobs(most=20))
        times.append(time.perf_counter() - began)


def listen(fleet: Fleet, job: str, over: threading.Event, delays: list[float]) -> None:
    """How old each line of the quiet job is when a follower has it."""
    for message in fleet.client.follow_logs(job):
        text = getattr(message, "text", None)
        if text is not None:
            delays.append(time.time() - float(text))
        if over.is_set():
            return


def measure(seconds: float, flooded: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as root, Fleet(Path(root)) as fleet:
        for name in ("a", "b"):
            fleet.agent(name, "--slots", "1", "--no-warm")
        quiet = fleet.submit(sys.executable, "-c", QUIET).id
        fleet.running(quiet)
        flood = fleet.submit(sys.executable, "-c", FLOOD if flooded else "import time; time.sleep(1e6)").id
        fleet.running(flood)
        if flooded:
            wait_for(lambda: any((fleet.data / "logs").rglob("*")), "the flood reaches the head")
        over = threading.Event()
        answers: list[float] = []
        delays: list[float] = []
        threads = [
            threading.Thread(target=ask, args=(fleet, over, answers)),
            threading.Thread(target=listen, args=(fleet, quiet, over, delays)),
            threading.Timer(seconds, over.set),
        ]
        for thread in threads:
            thread.start()
        beats = asyncio.run(beat(fleet, Path(root) / "beating", over))
        for thread in threads:
            thread.join()
        kept = sum(path.stat().st_size for path in (fleet.data / "logs").rglob("*") if path.is_file())
        for job in (flood, quiet):
            fleet.client.kill(job)
        fleet.finished(quiet)
    return {
        "n": len(beats),
        "heartbeat_p50": quantile(beats, 0.5),
        "heartbeat_p99": quantile(beats, 0.99),
        "api_p50": quantile(answers, 0.5),
        "api_p99": quantile(answers, 0.99),
        "line_delay_p50": quantile(delays, 0.5),
        "line_delay_p99": quantile(delays, 0.99),
        "log_mb_per_second": round(kept / seconds / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    calm, flooded = measure(seconds / 2, False), measure(seconds, True)
    before = {f"calm_{name}": figure for name, figure in calm.items() if name.endswith("p99")}
    print(json.dumps({"what": "one job floods its log", **flooded, **before}), flush=True)


if __name__ == "__main__":
    main()
