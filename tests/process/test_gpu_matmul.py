"""What a GPU under test computes, tried on the CPU; a machine without CUDA blames no card."""

from __future__ import annotations

import asyncio

import pytest

from tensorfleet.agent.watch.gpus import Conditions
from tensorfleet.agent.watch.gputest import examine
from tensorfleet.agent.watch.matmul import wrong
from tensorfleet.wire.telemetry import GpuInfo, GpuTelemetry, Xid


def test_right_products_are_told_from_wrong_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    assert wrong("cpu", 128, 3) == ""
    right = torch.Tensor.__matmul__
    monkeypatch.setattr(torch.Tensor, "__matmul__", lambda a, b: right(a, b) + (a.dtype == torch.float32))
    assert "is wrong" in wrong("cpu", 128, 3)


def test_where_cuda_cannot_be_used_the_card_is_not_blamed() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    card = GpuInfo(uuid="GPU-0", index=0, model="Stub", memory=80 * 10**9)
    conditions = Conditions(lambda pid: False)

    async def look(**more: tuple[Xid, ...]) -> None:
        conditions.look(100.0, [card], [GpuTelemetry(uuid="GPU-0", index=0, model="Stub", **more)], {})

    async def main() -> tuple[bool, str]:
        await look(xids=(Xid(code=79),))
        return await examine(card, conditions, look)

    passed, text = asyncio.run(main())
    assert passed, text
    assert "no torch with CUDA" in text
