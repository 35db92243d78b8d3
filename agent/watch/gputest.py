"""The test after which a sick GPU is handed out again: it answers, computes rightly, and nothing new is reported."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from tensorfleet.agent.watch import matmul
from tensorfleet.agent.watch.gpus import Conditions
from tensorfleet.wire.telemetry import GpuInfo

PATIENCE = 120.0
"""Seconds that the computing may take, the start of torch included."""

Look = Callable[[], Awaitable[object]]
"""Returns once `Conditions.look` has been asked again."""


async def examine(card: GpuInfo, conditions: Conditions, look: Look) -> tuple[bool, str]:
    """Whether `card` may be handed out again, and what was seen, in one sentence."""
    await look()
    conditions.begin_test(card.uuid)
    await look()
    computed, said = (True, "it is a fake one, so nothing was computed") if card.fake else await _compute(card.uuid)
    await look()
    if why := ("" if computed else f"{said}.") or conditions.end_test(card.uuid):
        return False, f"It is not handed out: {why}"
    return True, f"It answers and is idle, no new error was reported, and {said}."


async def _compute(uuid: str) -> tuple[bool, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(Path(matmul.__file__)),
        env={**os.environ, "CUDA_VISIBLE_DEVICES": uuid},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
    except TimeoutError:
        return False, f"it computed for {PATIENCE:.0f} s without an end"
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode == matmul.UNUSABLE:
        return True, "nothing was computed, as the agent's Python has no torch with CUDA"
    if process.returncode == 0:
        return True, f"{matmul.ROUNDS} products of matrices were right"
    lines = said.decode(errors="replace").split("\n")
    return False, next((line for line in reversed(lines) if line), f"computing ended with {process.returncode}")[:300]
