"""The agent's own disk: how full it is, and what may be deleted when it fills up.

What the agent keeps for later is kept up to a budget, and what was used longest ago goes first: the blobs of code and
of checkpoints that were fetched. Where the disk is filling up, all of that goes that is not in use this moment.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path

from tensorfleet.agent.blobs import Blobs
from tensorfleet.core.disk import fill_of
from tensorfleet.core.node import Fill
from tensorfleet.obs.logging import fields

log = logging.getLogger(__name__)

EVERY = 600.0
"""Seconds between two sweeps, if the disk does not fill up meanwhile."""


class Sweeper:
    """budget: bytes of blobs to keep; a tenth of the disk that holds `data_dir`, if that is less."""

    def __init__(self, data_dir: Path, blobs: Blobs, budget: int) -> None:
        self._blobs = blobs
        disk = shutil.disk_usage(data_dir)
        self._budget = min(budget, disk.total // 10)
        self._filling = asyncio.Event()
        self.fill = Fill.OK
        self.look(disk.free, disk.total)

    def look(self, free: int, total: int) -> Fill:
        """How full the disk is now."""
        before, self.fill = self.fill, fill_of(free, total, self.fill)
        if self.fill is not before:
            log.log(logging.INFO if self.fill is Fill.OK else logging.WARNING, "the disk is %s", self.fill.value)
        if self.fill is not Fill.OK and before is Fill.OK:
            self._filling.set()
        return self.fill

    async def run(self) -> None:
        """Sweeps now and then, and when the disk begins to fill up, for ever."""
        while True:
            await self.sweep()
            self._filling.clear()
            try:
                await asyncio.wait_for(self._filling.wait(), EVERY)
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Brings the blobs within their budget; how many bytes were deleted."""
        freed = await self._blobs.sweep(self._budget if self.fill is Fill.OK else 0)
        if freed:
            log.info("blobs swept", extra=fields(bytes=freed))
        return freed
