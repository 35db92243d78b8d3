"""The agent's side of a cradle: start it, ask it for shims, let it go. The nursery is the cradle without torch."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorfleet.errors import Unavailable

CRADLE = Path(__file__).with_name("cradle.py")
PATIENCE = 10.0  # seconds for an answer that takes milliseconds
LARGEST = 1 << 16


class Cradle:
    """One running cradle process. It ends when its socket closes."""

    def __init__(self, interpreter: list[str], mode: str, env: Mapping[str, str], log: Path) -> None:
        """Start it; its own output goes to `log`. Raises OSError where `interpreter` cannot be executed."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.setblocking(False)
        try:
            with theirs, log.open("ab") as output:
                self.process = subprocess.Popen(
                    [*interpreter, str(CRADLE), mode, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    env=dict(env),
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
        except OSError:
            self.control.close()
            raise
        self._ids = itertools.count()
        self._turn = asyncio.Lock()

    async def fork(self, task_dir: Path, line: socket.socket, note: str = "") -> int:
        """A shim on `task_dir` that talks over `line`; its pid. `note` comes back in its `Started`.

        Raises Unavailable, and then it may yet have started: only its claim on the directory tells.
        """
        request = {"id": next(self._ids), "task_dir": str(task_dir), "note": note}
        try:
            async with self._turn, asyncio.timeout(PATIENCE):
                socket.send_fds(self.control, [json.dumps(request).encode()], [line.fileno()])
                while True:
                    data = await asyncio.get_running_loop().sock_recv(self.control, LARGEST)
                    answer: dict[str, Any] = {"id": request["id"], "error": "it has ended"}
                    if data:
                        answer = json.loads(data)
                    if answer["id"] == request["id"]:  # an earlier caller may have left without its answer
                        break
        except (OSError, TimeoutError) as failure:
            why = str(failure) or "it is too slow"
            raise Unavailable(f"The process that starts ranks does not answer: {why}.") from failure
        if "error" in answer:
            raise Unavailable(f"The process that starts ranks could not: {answer['error']}.")
        return int(answer["pid"])

    def retire(self) -> None:
        """Ask it to end once its last shim has."""
        try:
            self.control.send(b'{"retire":true}')
        except OSError:
            pass  # ended already

    async def close(self) -> None:
        """End it. Its shims stay."""
        self.control.close()
        try:
            await asyncio.to_thread(self.process.wait, PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)


class Nursery:
    """The cradle for plain starts, under the agent's own interpreter; started anew if it was lost."""

    def __init__(self, interpreter: str, log: Path) -> None:
        self._interpreter = interpreter
        self._log = log
        self._cradle: Cradle | None = None

    def open(self) -> None:
        """Start it now, so that the first job does not wait for it."""
        if self._cradle is None:
            environment = {"PATH": os.defpath, "LANG": "C.UTF-8"}
            self._cradle = Cradle([self._interpreter, "-I", "-S"], "nursery", environment, self._log)

    @property
    def pid(self) -> int:
        """Of the running cradle; 0 if there is none."""
        return self._cradle.process.pid if self._cradle else 0

    async def fork(self, task_dir: Path, line: socket.socket, note: str) -> int:
        """As `Cradle.fork`, with one more try on a fresh cradle."""
        if self._cradle is not None and self._cradle.process.poll() is not None:
            await self.close()
        self.open()
        assert self._cradle is not None
        try:
            return await self._cradle.fork(task_dir, line, note)
        except Unavailable:
            await self.close()
            self.open()
            return await self._cradle.fork(task_dir, line, note)

    async def close(self) -> None:
        cradle, self._cradle = self._cradle, None
        if cradle is not None:
            await cradle.close()
