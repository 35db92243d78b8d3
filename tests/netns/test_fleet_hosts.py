"""Several hosts: every agent finds its own head by mDNS, and a gang meets over the network between them."""

from __future__ import annotations

import json
from pathlib import Path

from hosted import Head, start_agent, wait_for
from lab import Lab

ALL_REDUCE = """
import os, torch, torch.distributed as dist
dist.init_process_group("gloo")
total = torch.ones(1) * (dist.get_rank() + 1)
dist.all_reduce(total)
print("sum", int(total.item()), "at", os.environ["MASTER_ADDR"], "over", os.environ["GLOO_SOCKET_IFNAME"], flush=True)
dist.destroy_process_group()
"""


def test_two_heads_and_three_agents_find_each_other_and_train(tmp_path: Path) -> None:
    with Lab(5) as lab:
        one, two = Head(lab.hosts[0], tmp_path / "one"), Head(lab.hosts[1], tmp_path / "two")
        one.start()
        two.start()
        start_agent(lab.hosts[2], tmp_path, "a", one)
        start_agent(lab.hosts[3], tmp_path, "b", one)
        start_agent(lab.hosts[4], tmp_path, "c", two)
        wait_for(lambda: one.nodes() == {"a": "online", "b": "online"}, "a and b are with head one")
        wait_for(lambda: two.nodes() == {"c": "online"}, "c is with head two")

        run = ["run", "--nodes", "2", "--slots", "1", "--no-upload", "--", "python", "-c", ALL_REDUCE]
        said = one.ask(*run)
        address = lab.hosts[2].address
        assert said.count(f"sum 3 at {address} over") == 2, said
        assert "over lo" not in said

        _a_cut_cable_is_a_state_and_not_a_verdict(lab, one)
        _a_restarted_head_gets_its_agents_back(one)


def _a_cut_cable_is_a_state_and_not_a_verdict(lab: Lab, head: Head) -> None:
    count = "i=0; while [ $i -lt 150 ]; do echo $i; i=$((i+1)); sleep 0.1; done"
    job = head.ask("run", "-d", "--no-upload", "--", "sh", "-c", count).split()[0]
    wait_for(lambda: head.state(job) == "running", "it runs")
    node = json.loads(head.ask("show", job, "--json"))["shares"][0]["node"]
    host, other = (lab.hosts[2], "b") if node == "a" else (lab.hosts[3], "a")
    head.ask("node", "drain", other)  # with somewhere else to go, so little work would not be waited for
    host.cut()
    wait_for(lambda: head.nodes()[node] == "unreachable", "the node is shown as unreachable", 15)
    assert head.state(job) == "running"
    host.mend()
    wait_for(lambda: head.nodes()[node] == "online", "the node is back", 30)
    wait_for(lambda: head.state(job) == "succeeded", "the job ended by itself", 40)
    assert head.ask("logs", job).split() == [str(number) for number in range(150)]
    head.ask("node", "resume", other)


def _a_restarted_head_gets_its_agents_back(head: Head) -> None:
    assert head.process
    head.process.terminate()
    assert head.process.wait(10) == 0
    head.start()
    wait_for(lambda: head.nodes() == {"a": "online", "b": "online"}, "both agents are back", 30)
