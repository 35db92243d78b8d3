"""A sick card is handed out again only after a test during which nothing speaks against it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tensorfleet.agent.watch.gpus import FREE, Condition, Conditions
from tensorfleet.agent.watch.gputest import examine
from tensorfleet.agent.watch.sicklist import SickList
from tensorfleet.wire.telemetry import GpuInfo, GpuProcess, GpuTelemetry, Xid

FELL = {"xids": (Xid(code=79),)}


class Bench:
    """A card that was idle, had one ECC error and got sick by Xid 79; each look takes the next of `then`."""

    def __init__(
        self, then: list[dict[str, Any] | None], *, fake: bool = True, held: bool = False, **info: Any
    ) -> None:
        self.card = GpuInfo(uuid="GPU-0", index=0, model="Stub", memory=80 * 10**9, fake=fake, **info)
        self.conditions = Conditions(lambda pid: False)
        self.now, self.then, self.held = 100.0, then, held
        self.look()
        self.look(**FELL)

    def look(self, held: bool = False, **more: Any) -> Condition:
        self.now += 10.0
        known = {"uuid": "GPU-0", "index": 0, "model": "Stub", "memory_used": 5 * 10**8, "ecc_uncorrected": 1, **more}
        samples = [GpuTelemetry(**known)]
        return self.conditions.look(self.now, [self.card], samples, {"GPU-0": [1]} if held else {})["GPU-0"]

    async def next(self) -> None:
        more = self.then.pop(0) if self.then else {}
        if more is None:
            self.conditions.look(self.now, [], [], {})
        else:
            self.look(self.held, **more)

    def test(self) -> tuple[bool, str]:
        return asyncio.run(examine(self.card, self.conditions, self.next))


def test_a_card_that_nothing_speaks_against_is_free_again() -> None:
    bench = Bench([])
    assert bench.look().state == "sick"
    passed, text = bench.test()
    assert passed, text
    assert bench.look() == FREE


@pytest.mark.parametrize(
    ("bench", "why"),
    [
        (Bench([{}, FELL]), "Xid 79"),
        (Bench([{}, {}, FELL]), "Xid 79"),
        (Bench([{}, {}, {"ecc_uncorrected": 3}]), "2 uncorrected ECC errors"),
        (Bench([{}, {}, {"lost": True}]), "no longer answers"),
        (Bench([{}, None, None]), "not measured"),
        (Bench([{}, {}, {"memory_used": 4 * 10**9}]), "no process shows"),
        (Bench([{}, {}, {"processes": (GpuProcess(pid=9, memory=1, user="eve", command="x"),)}]), "pid 9 of eve"),
        (Bench([], held=True), "a job is on it"),
        (Bench([], repair_pending=True), "waits for a reset"),
        (Bench([], repair_failed=True), "could not be replaced"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_speaks_against_it_is_told_and_it_stays_sick(bench: Bench, why: str) -> None:
    passed, text = bench.test()
    assert not passed
    assert why in text
    assert bench.look().state == "sick"


def test_errors_before_the_test_do_not_count() -> None:
    bench = Bench([FELL | {"ecc_uncorrected": 5}, {"ecc_uncorrected": 5}, {"ecc_uncorrected": 5}])
    assert bench.test()[0]


def test_what_is_sick_stays_so_for_the_next_agent(tmp_path: Path) -> None:
    file = tmp_path / "sick.json"
    SickList(file).keep({"GPU-0": Condition("sick", "Xid 79."), "GPU-1": FREE})
    known = SickList(file)
    assert known.sick == {"GPU-0": "Xid 79."}
    known.keep({"GPU-1": FREE})
    assert SickList(file).sick == {"GPU-0": "Xid 79."}, "it is gone from the bus, not well"
    known.keep({"GPU-0": FREE})
    assert SickList(file).sick == {}
    file.write_text("nonsense")
    assert SickList(file).sick == {}
