"""What an agent makes of an mDNS service: a head, or nothing at all."""

from __future__ import annotations

import pytest
from zeroconf.asyncio import AsyncServiceInfo

from tensorfleet.agent.joining.discover import read_announcement
from tensorfleet.wire.beacon import SERVICE_TYPE

GOOD = {"id": "0123abcd", "version": "1.2.3", "rpc": "7338", "ca": "a" * 32}


def service(text: dict[str, str | bytes | None], *addresses: str) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE_TYPE, f"rack.{SERVICE_TYPE}", port=7337, properties=text, parsed_addresses=list(addresses)
    )


def test_a_head_is_read() -> None:
    head = read_announcement(service({**GOOD}, "10.0.0.1"))
    assert head is not None
    assert (head.name, head.addresses, head.rpc_port, head.http_port) == ("rack", ("10.0.0.1",), 7338, 7337)
    assert (head.fleet_id, head.ca_prefix, head.version) == ("0123abcd", "a" * 32, "1.2.3")


def test_addresses_of_one_link_only_are_left_out() -> None:
    head = read_announcement(service({**GOOD}, "fe80::1", "fd00::1", "169.254.3.4"))
    assert head is not None
    assert set(head.addresses) == {"fd00::1", "169.254.3.4"}


@pytest.mark.parametrize(
    "wrong",
    [{"rpc": "0"}, {"rpc": "65536"}, {"rpc": "-1"}, {"rpc": "x"}, {"rpc": "7" * 200}, {"rpc": None}, {"ca": ""},
     {"ca": "A" * 32}, {"ca": "a" * 31}, {"ca": b"\xff\xfe"}],
    ids=range(10),
)  # fmt: skip
def test_a_service_that_is_no_head_is_passed_over(wrong: dict[str, str | bytes | None]) -> None:
    assert read_announcement(service({**GOOD, **wrong}, "10.0.0.1")) is None


def test_a_head_without_a_usable_address_is_passed_over() -> None:
    assert read_announcement(service({**GOOD}, "fe80::1")) is None
