"""Where others reach this machine, best first."""

from __future__ import annotations

from tensorfleet.agent.probes import host


def _order(found: dict[str, list[str]], state: dict[str, tuple[bool, int]] | None = None) -> list[str]:
    return [f"{entry.address}@{entry.interface}" for entry in host.rank(found, state or {})]


def test_fast_before_slow_and_bridges_last() -> None:
    found = {
        "lo": ["127.0.0.1", "::1"],
        "docker0": ["172.17.0.1"],
        "eno1": ["10.0.0.5"],
        "ib0": ["10.1.0.5"],
    }
    state = {"eno1": (True, 1_000), "ib0": (True, 200_000), "docker0": (True, 400_000), "lo": (True, 0)}
    assert _order(found, state) == ["10.1.0.5@ib0", "10.0.0.5@eno1", "172.17.0.1@docker0"]


def test_ipv4_before_ipv6_and_no_link_local() -> None:
    found = {"eth0": ["fe80::1%eth0", "2001:db8::7", "192.0.2.7", "169.254.3.3"]}
    assert _order(found) == ["192.0.2.7@eth0", "2001:db8::7@eth0"]


def test_interfaces_that_are_down_do_not_count() -> None:
    assert _order({"eth0": ["192.0.2.7"], "eth1": ["192.0.2.8"]}, {"eth0": (False, 0), "eth1": (True, 0)}) == [
        "192.0.2.8@eth1"
    ]


def test_the_loopback_is_all_a_lonely_machine_has() -> None:
    assert _order({"lo": ["::1", "127.0.0.1"]}) == ["127.0.0.1@lo"]


def test_this_machine_finds_itself() -> None:
    assert host.interface_of("127.0.0.1") == "lo"
    assert host.interface_of("203.0.113.200") is None
    for entry in host.addresses():
        assert host.interface_of(entry.address) == entry.interface
    assert len(host.boot_id()) == 36
    assert host.cpus() >= 1
    assert host.memory() > 2**28
    assert host.hostname()
    assert host.system().startswith("Linux ")
