"""Row 16, with real processes: between agent and head, messages are delayed, cut in half and said again after the next
connection. Everything takes effect once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from process.fleet import Fleet, wait_for
from process.relay import Relay
from tensorfleet.agent.joining.channel import OPTIONS, node_credentials
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.join import SERVICE
from tensorfleet.wire.messages import HeadMessage, Hello, NodeFacts, TaskState, Welcome

SEED = int(os.environ.get("TENSORFLEET_TEST_SEED", "4"))
CUTS = int(os.environ.get("TENSORFLEET_RELAY_CUTS", "4"))
SCRIPT = 'echo ran >> "{ran}"; i=0; while [ $i -lt 300 ]; do echo $i {pad}; i=$((i+1)); sleep 0.01; done'


def test_jobs_over_a_wire_that_is_cut_again_and_again(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet, Relay(int(str(fleet.about["rpc_port"])), SEED) as relay:
        fleet.agent("a", "--slots", "2", "--no-warm", "--head", f"127.0.0.1:{relay.port}")
        relay.bad = True
        jobs: list[str] = []
        while relay.cuts < CUTS:
            ran = tmp_path / f"ran-{len(jobs)}"
            jobs.append(fleet.submit("sh", "-c", SCRIPT.format(ran=ran, pad="x" * 200)).id)
            wait_for(lambda: fleet.client.job(jobs[-1]).state == "succeeded" or relay.cuts >= CUTS, "it ends", 60)
        relay.bad = False
        for number, job in enumerate(jobs):
            done = fleet.finished(job)
            assert (done.state, done.attempt) == ("succeeded", 1), f"seed {SEED}"
            assert [line.split()[0] for line in fleet.lines(job)] == [str(line) for line in range(300)], f"seed {SEED}"
            assert (tmp_path / f"ran-{number}").read_text() == "ran\n"
        print(f"relay: {relay.cuts} cuts in the middle of a message, {len(jobs)} jobs, each line of each once")


def test_a_second_connection_of_the_same_node_takes_over_and_is_taken_over(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet:
        fleet.agent("a", "--slots", "2", "--no-warm")
        count = "i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); sleep 0.02; done"
        job = fleet.submit("sh", "-c", count).id
        fleet.running(job)
        log = tmp_path / "a.log"
        for number in range(3):
            asyncio.run(_connect(fleet, TaskState(f"{job}.1.0", "running")))
            sessions = number + 2
            wait_for(lambda: log.read_text().count("agent.link connected") == sessions, "it has a session again")  # noqa: B023
        done = fleet.finished(job)
        assert (done.state, done.attempt) == ("succeeded", 1)
        assert fleet.lines(job) == [str(number) for number in range(100)]


async def _connect(fleet: Fleet, task: TaskState) -> None:
    """Says Hello with the agent's own certificate, while the agent has its session."""
    import grpc

    credentials = node_credentials(Identity(fleet.root / "agent-a" / "identity"))
    target = f"127.0.0.1:{fleet.about['rpc_port']}"
    facts = NodeFacts("double", "boot/1", ("127.0.0.1",), "0.1.0", 2, 1.0, 10**9)
    async with asyncio.timeout(20), grpc.aio.secure_channel(target, credentials, options=OPTIONS) as channel:
        stream = channel.stream_stream(f"/{SERVICE}/Session")()
        await stream.write(pack(Hello(1, 1, facts, (task,))))
        data = await stream.read()
        assert isinstance(data, bytes)
        assert isinstance(unpack(data, HeadMessage), Welcome)
