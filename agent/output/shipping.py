"""Brings a task's log lines and curves to the head, from any point, until the head has acknowledged all of them.

One chunk of each kind is under way at a time, so a slow head costs nothing but time. After each reconnect the head
is asked how far it has got, and reading goes on from there, forward or back.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from tensorfleet.agent.link import Broken
from tensorfleet.agent.output.curves import Curves
from tensorfleet.agent.output.linesplit import Line
from tensorfleet.agent.output.logtail import LogTail
from tensorfleet.wire.messages import AgentMessage, CurvePoints, CurvesKept, LogEntry, LogLines, LogsKept

CHUNK = 256 * 1024
"""Bytes of a log sent in one message."""

LINES = 5_000
"""Lines sent in one message."""

CURVES_EVERY = 1.0
"""Seconds between two looks for new metric points."""

POINTS = 4_000
"""Metric points in one message; with the longest names they fit into what one may have."""

PATIENCE = 5.0
"""Seconds for an acknowledgement; a head whose disk is full gives none, and is asked again."""


class Sender(Protocol):
    """The part of `link.Link` that is needed here."""

    serial: int

    @property
    def connected(self) -> bool: ...

    def send(self, message: AgentMessage) -> None: ...


class Shipping:
    """One task's deliveries. `poke` says that there may be more, `acknowledged` passes on the head's answers."""

    def __init__(self, alloc: str, ranks: tuple[int, ...], logs: Path, curves: Curves, sender: Sender) -> None:
        self._alloc = alloc
        self._logs = logs
        self._curves = curves
        self._sender = sender
        self._tails = {rank: self._tail(rank, 0) for rank in ranks}
        self._serials = dict.fromkeys(ranks, 0)
        self._answers: dict[tuple[str, int], asyncio.Future[int]] = {}
        self._news = asyncio.Event()
        self._count = 0
        self._over = False

    def poke(self) -> None:
        """Something was written, or the connection changed."""
        self._news.set()

    def acknowledged(self, answer: LogsKept | CurvesKept) -> None:
        key = ("logs", answer.rank) if isinstance(answer, LogsKept) else ("curves", answer.serial)
        waiting = self._answers.pop(key, None)
        if waiting and not waiting.done():
            waiting.set_result(answer.end if isinstance(answer, LogsKept) else answer.serial)

    def finish(self) -> None:
        """Nothing more will be written; `run` returns when the head has everything."""
        self._over = True
        self._news.set()

    async def run(self) -> None:
        """Delivers until `finish`, and then the rest."""
        while True:
            over = self._over
            self._news.clear()
            try:
                if self._sender.connected:
                    await self._ship_all(over)
                    if over:
                        return
            except Broken:
                continue
            try:
                async with asyncio.timeout(CURVES_EVERY):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def _ship_all(self, over: bool) -> None:
        for rank in self._tails:
            await self._ship_log(rank, over)
        points = await asyncio.to_thread(self._curves.poll, over)
        for start in range(0, len(points), POINTS):
            part = tuple(points[start : start + POINTS])
            self._count += 1
            serial = self._count
            await self._deliver(("curves", serial), CurvePoints(self._alloc, serial, part))
        self._curves.keep()

    async def _ship_log(self, rank: int, over: bool) -> None:
        if self._serials[rank] != self._sender.serial:
            serial = self._sender.serial
            end = await self._deliver(("logs", rank), LogLines(self._alloc, rank))
            self._tails[rank] = self._tail(rank, end)
            self._serials[rank] = serial
        tail = self._tails[rank]
        try:
            while lines := tail.read(CHUNK):
                await self._send_lines(rank, lines)
            if over:
                await self._send_lines(rank, tail.finish())
        except Broken:
            # What was read may not have arrived: ask again how far the head has got.
            self._serials[rank] = 0
            raise

    async def _send_lines(self, rank: int, lines: list[Line]) -> None:
        self._curves.feed(rank, lines)
        for start in range(0, len(lines), LINES):
            part = tuple(LogEntry(ln.time, ln.end, ln.text, ln.partial) for ln in lines[start : start + LINES])
            await self._deliver(("logs", rank), LogLines(self._alloc, rank, part))

    async def _deliver(self, key: tuple[str, int], message: AgentMessage) -> int:
        """Sends and waits for the answer. Raises Broken when the session ends first; then `run` starts over."""
        serial = self._sender.serial
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[key] = answer
        self._sender.send(message)
        try:
            async with asyncio.timeout(PATIENCE):
                while not answer.done():
                    if not self._sender.connected or self._sender.serial != serial:
                        raise Broken
                    await asyncio.wait([answer], timeout=0.5)
        except TimeoutError:
            raise Broken from None
        finally:
            self._answers.pop(key, None)
        return answer.result()

    def _tail(self, rank: int, offset: int) -> LogTail:
        return LogTail(self._logs / f"rank-{rank}.log", self._logs / f"rank-{rank}.idx", offset)
