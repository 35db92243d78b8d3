"""Room on the disk under the head's data directory: watched, told early, and kept in reserve.

A file of ballast lies there. When the disk is nearly full it is given up, so that jobs which end can still be
written down, and everything that would fill the disk further is refused until there is room again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tensorfleet.core.disk import LOW
from tensorfleet.core.event import Event
from tensorfleet.core.node import Fill
from tensorfleet.errors import StoreFull
from tensorfleet.obs.logging import fields

log = logging.getLogger(__name__)

RESERVE: Final = 64 * 2**20
"""Bytes kept for the ends of jobs; a sixteenth of a disk that is smaller than a gigabyte."""
EVERY: Final = 1.0
"""Seconds between two looks."""
FILE: Final = "reserve"


class Room:
    """Room without an end."""

    fill = Fill.OK

    def check(self) -> None:
        """Raises StoreFull for whatever is not needed to bring to an end what runs."""

    def release(self) -> bool:
        """Gives the reserve up; whether there was one."""
        return False


class DiskRoom(Room):
    """The disk under `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir
        self._file = data_dir / FILE
        disk = os.statvfs(data_dir)
        total = disk.f_blocks * disk.f_frsize
        self._reserve, self._low = min(RESERVE, total // 16), min(LOW, total // 10)
        self.fill = Fill.OK
        self._file.unlink(missing_ok=True)
        self.look()

    @property
    def held(self) -> bool:
        return self._file.exists()

    def check(self) -> None:
        if self.fill is Fill.FULL:
            raise StoreFull(
                f"The disk under {self._dir} is full; what is left of it is for jobs that run to end.",
                "Free some space there; then it goes on by itself.",
            )

    def release(self) -> bool:
        held = self.held
        self._file.unlink(missing_ok=True)
        self.fill = Fill.FULL
        return held

    def look(self) -> Fill:
        """How full the disk is now. With the reserve gone it counts as full until there is room for it and more."""
        disk = os.statvfs(self._dir)
        free = disk.f_bavail * disk.f_frsize
        if not self.held and free > 2 * self._reserve:
            self._hold()
            free -= self._reserve
        if not self.held or free < self._reserve // 2:
            self.release()
        else:
            self.fill = Fill.LOW if free < self._low else Fill.OK
        return self.fill

    async def run(self, tell: Callable[[Event], Awaitable[None]]) -> None:
        """Looks now and then, for ever. tell: makes an event of every change; a full disk may refuse it."""
        told = Fill.OK
        while True:
            if (fill := self.look()) is not told:
                told = fill
                text = _SENTENCES[fill].format(self._dir)
                log.log(logging.INFO if fill is Fill.OK else logging.WARNING, text, extra=fields(disk=fill.value))
                try:
                    await tell(Event(f"head.disk_{fill.value}", time.time(), text, actor="head"))
                except StoreFull as error:
                    log.warning("an event not kept", extra=fields(error=error.detail))
            await asyncio.sleep(EVERY)

    def _hold(self) -> None:
        file = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(file, 0, self._reserve)
        except OSError as error:
            self._file.unlink()
            log.warning("no reserve on the disk", extra=fields(error=error.strerror))
        finally:
            os.close(file)


_SENTENCES: Final = {
    Fill.OK: "The disk under {} has room again.",
    Fill.LOW: "The disk under {} is filling up.",
    Fill.FULL: "The disk under {} is full: no new jobs, uploads, curves or log lines until there is room.",
}
