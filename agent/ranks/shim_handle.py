"""One shim as the agent holds it: its events as they come, and the two things that can be asked of it."""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from tensorfleet.agent.ranks import durable, processes
from tensorfleet.agent.ranks.lost import bury
from tensorfleet.agent.ranks.task import (
    Event,
    ExitReport,
    Finished,
    LogGrew,
    RankExit,
    RankExited,
    ShimLost,
    Started,
)

LARGEST = 1 << 20
ENDING = 10.0  # seconds for a shim that closed its line to be gone


class Shim:
    """A launched or adopted attempt-share. Closing the handle leaves the shim and its ranks as they are."""

    def __init__(self, task_dir: Path, document: dict[str, Any], line: socket.socket | None = None) -> None:
        self.task_dir = task_dir
        self.alloc: str = document["task"]["alloc"]
        self._document = document
        self._line = line

    @property
    def is_open(self) -> bool:
        """Does it hold a line to the shim?"""
        return self._line is not None

    async def events(self) -> AsyncIterator[Event]:
        """What holds now, then what changes; ends after Finished or ShimLost. For one reader at a time.

        A slow reader loses nothing but intermediate log sizes.
        """
        while True:
            message = await self._receive()
            if message is None:
                report = await self._outcome()
                if report is None:
                    continue
            elif message["event"] == "finished":
                report = message["result"]
            else:
                if event := _event(message):
                    yield event
                continue
            self.close()
            result = msgspec.convert(report, ExitReport)
            yield ShimLost(result) if result.lost else Finished(result)
            return

    async def stop(self, grace: float) -> None:
        """SIGTERM to every rank's process group; `grace` seconds later the whole tree is killed."""
        await self._send({"do": "stop", "grace": grace})

    async def kill(self) -> None:
        """Kill the whole tree now."""
        await self._send({"do": "kill"})

    def close(self) -> None:
        """Let go of the line. Nothing may be waiting on `events` any more."""
        if self._line:
            self._line.close()
            self._line = None

    async def _receive(self) -> dict[str, Any] | None:
        if self._line is None:
            return None
        try:
            data = await asyncio.get_running_loop().sock_recv(self._line, LARGEST)
        except OSError:
            data = b""
        if not data:
            self.close()
            return None
        return msgspec.json.decode(data, type=dict[str, Any])

    async def _send(self, command: dict[str, Any]) -> None:
        if self._line is None:
            return
        try:
            await asyncio.get_running_loop().sock_sendall(self._line, json.dumps(command).encode())
        except OSError:
            pass  # it is over already, as the events tell

    async def _outcome(self) -> dict[str, Any] | None:
        """The line is down: the shim's report, or ours in its place; None if it lives and has a new line."""
        while True:
            report: dict[str, Any] | None = durable.read_json(str(self.task_dir / "exit.json"))
            if report is not None:
                return report
            record = self._record()
            if not is_alive(record):
                break
            self._line = connect(self.task_dir)
            if self._line:
                return None
            await _end_of(record["pid"])
        # Its last act may have been the report, between our two looks.
        report = durable.read_json(str(self.task_dir / "exit.json"))
        return report or await asyncio.to_thread(bury, self.task_dir, self._document, record)

    def _record(self) -> dict[str, Any]:
        """Who the shim is; a claim made here and now, so that none can start any more, if there has been none."""
        path = str(self.task_dir / "shim.json")
        record: dict[str, Any] | None = durable.read_json(path)
        if record is None:
            durable.create_json(path, {})
            record = durable.read_json(path)
        return record or {}


def is_alive(record: dict[str, Any]) -> bool:
    """Is the shim that wrote `record` (shim.json) running?"""
    return bool(record) and processes.is_alive(record["pid"], record["start_time"], record["boot_id"])


def connect(task_dir: Path) -> socket.socket | None:
    """A line to the shim of `task_dir`, or None if nothing listens there.

    The socket is reached through a descriptor of its directory: a socket's path holds 107 bytes at most.
    """
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        folder = os.open(task_dir, os.O_PATH | os.O_DIRECTORY)
        try:
            line.connect(f"/proc/self/fd/{folder}/shim.sock")
        finally:
            os.close(folder)
    except OSError:
        line.close()
        return None
    line.setblocking(False)
    return line


async def _end_of(pid: int) -> None:
    """Wait until `pid` is gone, at most `ENDING` seconds."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    try:
        await asyncio.to_thread(poll.poll, ENDING * 1000)
    finally:
        os.close(descriptor)


def _event(message: dict[str, Any]) -> Event | None:
    match message["event"]:
        case "started":
            pids = {int(rank): pid for rank, pid in message["pids"].items()}
            return Started(pids, message["warm"], message["note"])
        case "grew":
            return LogGrew(message["rank"], message["size"], message["dropped"])
        case "exited":
            return RankExited(msgspec.convert(message, RankExit), message["size"])
    return None  # from a newer shim
