"""What a card is measured to do decides whether it may be handed out."""

from __future__ import annotations

from typing import Any

import pytest

from tensorfleet.agent.watch.gpus import AFTERGLOW, FREE, SICK_XIDS, Conditions
from tensorfleet.wire.telemetry import GpuInfo, GpuProcess, GpuTelemetry, Xid

CARD = GpuInfo(uuid="GPU-0", index=0, model="Stub", memory=80 * 10**9)
OURS, THEIRS = 41, 42


def sample(**more: Any) -> GpuTelemetry:
    return GpuTelemetry(**{"uuid": "GPU-0", "index": 0, "model": "Stub", "memory_used": 5 * 10**8, **more})


def process(pid: int) -> GpuProcess:
    return GpuProcess(pid=pid, memory=12 * 10**9, user="eve", command="python steal.py")


class Desk:
    def __init__(self) -> None:
        self.conditions, self.now = Conditions(lambda pid: pid == OURS), 100.0

    def look(self, seconds: float = 1.0, held: bool = False, **more: Any) -> tuple[str, str]:
        self.now += seconds
        found = self.conditions.look(self.now, [CARD], [sample(**more)], {"GPU-0": [1]} if held else {})
        return found["GPU-0"]


def test_an_idle_card_is_free() -> None:
    assert Desk().look() == FREE


def test_a_process_of_somebody_else_is_seen_at_once_and_named() -> None:
    found = Desk().look(processes=(process(THEIRS),))
    assert found == ("foreign", "pid 42 of eve (python steal.py) holds 12.0 GB.")


def test_a_desktop_is_nobody() -> None:
    desktop = GpuProcess(pid=7, kind="graphics")
    assert Desk().look(processes=(desktop,)) == FREE


def test_a_process_of_ours_that_outlives_its_attempt_makes_it_dirty() -> None:
    desk = Desk()
    assert desk.look(held=True, processes=(process(OURS),)) == FREE
    assert desk.look(processes=(process(OURS),)) == FREE, "it may just be going"
    assert desk.look(AFTERGLOW, processes=(process(OURS),))[0] == "dirty"
    assert desk.look() == FREE


def test_memory_that_nobody_holds_makes_it_dirty_until_it_is_back() -> None:
    desk = Desk()
    assert desk.look(memory_used=5 * 10**8) == FREE
    desk.look(held=True, memory_used=70 * 10**9)
    assert desk.look(memory_used=20 * 10**9) == FREE
    state, note = desk.look(AFTERGLOW, memory_used=20 * 10**9)
    assert (state, note) == ("dirty", "19.5 GB are in use, and no process shows.")
    assert desk.look(memory_used=6 * 10**8) == FREE


@pytest.mark.parametrize(
    "trouble",
    [*({"xids": (Xid(code=code),)} for code in SICK_XIDS), {"lost": True}, {"ecc_uncorrected": 3}],
)
def test_a_sick_card_stays_sick_held_or_not(trouble: dict[str, Any]) -> None:
    desk = Desk()
    desk.look(ecc_uncorrected=2)
    assert desk.look(held=True, **{"ecc_uncorrected": 2, **trouble})[0] == "sick"
    assert desk.look(1e6, ecc_uncorrected=2)[0] == "sick"


@pytest.mark.parametrize("code", [13, 31, 43, 45, 94])
def test_a_programs_own_error_makes_no_card_sick(code: int) -> None:
    assert Desk().look(xids=(Xid(code=code),)) == FREE


def test_old_errors_are_not_held_against_it() -> None:
    assert Desk().look(ecc_uncorrected=7) == FREE
