"""Agents find heads by mDNS over a real (virtual) network, and each the right one."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lab import Host, Lab

HERE = Path(__file__).parent
RED, BLUE = (hashlib.sha256(name.encode()).hexdigest() for name in ("red", "blue"))


def announce(host: Host, fingerprint: str, bind: str = "0.0.0.0") -> subprocess.Popen[str]:
    process = host.start(sys.executable, str(HERE / "announce_head.py"), fingerprint, bind, "7338", "7337")
    assert process.stdout
    assert process.stdout.readline() == "announced\n"
    return process


def heads_seen(host: Host, patience: float, *fingerprint: str) -> dict[str, Any]:
    done = host.run(sys.executable, str(HERE / "list_heads.py"), str(patience), *fingerprint)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = msgspec.json.decode(done.stdout)
    return answer


@pytest.fixture(scope="module")
def five() -> Iterator[Lab]:
    """Two hosts that announce a head each, and three for agents."""
    with Lab(5) as lab:
        announce(lab.hosts[0], RED)
        announce(lab.hosts[1], BLUE)
        yield lab


def test_each_agent_picks_the_head_of_its_fleet(five: Lab) -> None:
    """What issue 2 asks for: two heads, three agents, one bridge."""
    agents = zip(five.hosts[2:], (RED, BLUE, RED), strict=True)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda pair: heads_seen(pair[0], 10, pair[1]), agents))
    for answer, (head, fingerprint) in zip(
        answers, ((five.hosts[0], RED), (five.hosts[1], BLUE), (five.hosts[0], RED)), strict=True
    ):
        (found,) = answer["heads"]
        assert found["addresses"] == [head.address]
        assert found["ca_prefix"] == fingerprint[:32]
        assert answer["took"] < 5


def test_an_agent_without_a_fleet_sees_all_heads(five: Lab) -> None:
    found = heads_seen(five.hosts[2], 2)["heads"]
    assert {(*head["addresses"], head["rpc_port"], head["http_port"], head["version"]) for head in found} == {
        (host.address, 7338, 7337, "1.2.3") for host in five.hosts[:2]
    }


def test_nobody_is_found_for_an_unknown_fleet(five: Lab) -> None:
    assert heads_seen(five.hosts[2], 1, hashlib.sha256(b"green").hexdigest())["heads"] == []


def test_avahi_sees_the_service(five: Lab) -> None:
    for program in ("avahi-daemon", "avahi-browse", "dbus-daemon"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing (Debian: avahi-daemon, avahi-utils, dbus)")
    argv = ["unshare", "--mount", "--propagation", "private", sys.executable, str(HERE / "avahi_peer.py")]
    done = five.hosts[4].run(*argv, f"ca={RED[:32]}", f"ca={BLUE[:32]}", timeout=60)
    lines = [line.split(";") for line in done.stdout.splitlines() if line.startswith("=")]
    seen = {(line[4], line[7], line[8]) for line in lines}
    assert seen == {("_tensorfleet._tcp", host.address, "7337") for host in five.hosts[:2]}, done.stderr


def test_a_loopback_head_is_announced_to_its_own_machine_only() -> None:
    with Lab(2) as lab:
        announce(lab.hosts[0], RED, "127.0.0.1")
        (found,) = heads_seen(lab.hosts[0], 5, RED)["heads"]
        assert found["addresses"] == ["127.0.0.1"]
        assert heads_seen(lab.hosts[1], 1.5)["heads"] == []


def test_a_head_that_says_goodbye_is_gone() -> None:
    with Lab(2) as lab:
        head = announce(lab.hosts[0], RED)
        assert len(heads_seen(lab.hosts[1], 5, RED)["heads"]) == 1
        assert head.stdin
        head.stdin.close()
        assert head.wait(10) == 0
        assert heads_seen(lab.hosts[1], 1, RED)["heads"] == []


def test_an_address_that_appears_later_is_announced() -> None:
    with Lab(2) as lab:
        head, agent = lab.hosts
        head.run("ip", "address", "del", f"{head.address}/24", "dev", "eth0")
        process = announce(head, RED)
        assert heads_seen(agent, 1, RED)["heads"] == []
        assert head.run("ip", "address", "add", f"{head.address}/24", "dev", "eth0").returncode == 0
        assert process.stdin
        process.stdin.write("again\n")
        process.stdin.flush()
        assert process.stdout
        assert process.stdout.readline() == "refreshed\n"
        (found,) = heads_seen(agent, 5, RED)["heads"]
        assert found["addresses"] == [head.address]
