"""One document a second: whole, cheap, and never lost because of one part."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest

from tensorfleet.agent.inventory import Stock
from tensorfleet.agent.probes.disk import DiskProbe
from tensorfleet.agent.probes.fake import FakeGpus
from tensorfleet.agent.probes.port import GpuProbe
from tensorfleet.agent.telemetry import Probes, Telemetry
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.telemetry import GpuInfo, GpuTelemetry, Inventory, NodeTelemetry


def test_a_sample_has_every_part_of_this_machine(tmp_path: Path) -> None:
    telemetry = Telemetry(Probes.of_this_machine(FakeGpus("ada", 2), tmp_path, per_core=True))
    telemetry.sample(1.0)
    document = telemetry.sample(2.0)
    assert document.time == 2.0
    assert document.notes == ()
    assert document.cpu is not None
    assert document.cpu.cores >= 1
    assert document.memory is not None
    assert 0 < document.memory.available <= document.memory.total
    assert document.disk is not None
    assert 0 < document.disk.free <= document.disk.total
    assert len(document.gpus) == 2
    assert "lo" not in {interface.name for interface in document.network}


def test_a_part_that_fails_leaves_a_note_and_the_rest(tmp_path: Path) -> None:
    probes = Probes.of_this_machine(FakeGpus("ada", 0), tmp_path)
    broken = Probes(probes.gpu, probes.cpu, probes.memory, DiskProbe(tmp_path / "gone"), probes.network)
    document = Telemetry(broken).sample(1.0)
    assert document.disk is None
    assert document.memory is not None
    assert len(document.notes) == 1
    assert document.notes[0].startswith("The disk could not be measured")


def test_documents_cross_the_wire_unchanged(tmp_path: Path) -> None:
    probes = Probes.of_this_machine(FakeGpus("ada", 2), tmp_path)
    document = Telemetry(probes).sample(1.0)
    assert unpack(pack(document), NodeTelemetry) == document
    inventory = Stock(probes.gpu, now=0.0).current
    assert unpack(pack(inventory), Inventory) == inventory
    assert msgspec.json.decode(msgspec.json.encode(document), type=NodeTelemetry) == document


def test_a_sample_costs_less_than_five_milliseconds_of_processor_time(tmp_path: Path) -> None:
    telemetry = Telemetry(Probes.of_this_machine(FakeGpus("ada", 0), tmp_path))
    telemetry.sample(0.0)
    before = time.thread_time()
    for second in range(20):
        telemetry.sample(float(second))
    assert (time.thread_time() - before) / 20 < 0.005


class Unplugged:
    """A body of the port whose cards a test takes away."""

    note = ""

    def __init__(self, cards: FakeGpus) -> None:
        self._cards = cards
        self.lost: set[str] = set()

    def inventory(self) -> list[GpuInfo]:
        return [gpu for gpu in self._cards.inventory() if gpu.uuid not in self.lost]

    def sample(self) -> list[GpuTelemetry]:
        return [msgspec.structs.replace(gpu, lost=gpu.uuid in self.lost) for gpu in self._cards.sample()]

    def close(self) -> None:
        self._cards.close()


@pytest.fixture
def cards() -> Unplugged:
    return Unplugged(FakeGpus("ada", 2))


def test_the_inventory_is_renewed_at_its_time_and_told_only_when_it_changed(cards: Unplugged) -> None:
    gpu: GpuProbe = cards
    stock = Stock(gpu, now=0.0, every=10.0)
    gone = stock.current.gpus[0].uuid
    assert stock.renew(10.0) is None
    cards.lost.add(gone)
    assert stock.renew(19.0) is None
    fresh = stock.renew(20.0)
    assert fresh is not None
    assert gone not in {card.uuid for card in fresh.gpus}
    assert stock.current is fresh


def test_a_lost_card_renews_the_inventory_at_once(cards: Unplugged, tmp_path: Path) -> None:
    stock = Stock(cards, now=0.0, every=10.0)
    telemetry = Telemetry(Probes.of_this_machine(cards, tmp_path))
    cards.lost.add(stock.current.gpus[1].uuid)
    fresh = stock.renew(1.0, telemetry.sample(1.0))
    assert fresh is not None
    assert len(fresh.gpus) == 1
