"""Many agents in one process, without ranks: real identities, real sessions. Usage: storm.py DATA_DIR COUNT

Prints `ready` when all are connected, and after each loss of the head one JSON line with the seconds from the first
loss to each agent's next session. Ends when its stdin is closed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from tensorfleet.agent.joining.channel import node_credentials
from tensorfleet.agent.joining.handshake import locate
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token
from tensorfleet.agent.link import Link
from tensorfleet.wire.credential import parse_join_token
from tensorfleet.wire.messages import OLDEST, PROTOCOL, Hello, NodeFacts, Welcome

AT_ONCE = 20
"""Joins under way at the same time."""


class Storm:
    def __init__(self, count: int) -> None:
        self._count = count
        self._back: dict[int, float] = {}
        self._lost = 0.0
        self._whole, self._broken = asyncio.Event(), asyncio.Event()

    async def run(self, data: Path, folder: Path) -> None:
        about = json.loads((data / "head.json").read_text())
        port = int(about["rpc_port"])
        token = parse_join_token((data / "join.token").read_text().strip())
        limit = asyncio.Semaphore(AT_ONCE)
        identities = [Identity(folder / str(number)) for number in range(self._count)]

        async def join(number: int) -> None:
            async with limit:
                await join_with_token(identities[number], await locate("127.0.0.1", port), token, f"n{number}")

        await asyncio.gather(*map(join, range(self._count)))
        async with asyncio.TaskGroup() as tasks:
            for number, identity in enumerate(identities):
                tasks.create_task(self._link(number, identity, port).run())
            tasks.create_task(self._tell())
            await asyncio.to_thread(sys.stdin.read)
            raise KeyboardInterrupt

    def _link(self, number: int, identity: Identity, port: int) -> Link:
        async def find() -> str:
            if number in self._back:  # the session before is over
                del self._back[number]
                self._lost = self._lost or time.monotonic()
                self._whole.clear()
                self._broken.set()
            return f"127.0.0.1:{port}"

        def hello() -> Hello:
            facts = NodeFacts(f"n{number}", f"boot/{number}", ("127.0.0.1",), "0.1.0", 0, 0.0, 0)
            return Hello(PROTOCOL, OLDEST, facts)

        def up(welcome: Welcome) -> None:
            self._back[number] = time.monotonic()
            if len(self._back) == self._count:
                self._broken.clear()
                self._whole.set()

        return Link(find, lambda: node_credentials(identity), hello, lambda message: None, up)

    async def _tell(self) -> None:
        await self._whole.wait()
        print("ready", flush=True)
        while True:
            self._lost = 0.0
            await self._broken.wait()
            await self._whole.wait()
            print(json.dumps(sorted(round(at - self._lost, 3) for at in self._back.values())), flush=True)


def main() -> None:
    data, count = Path(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(Storm(count).run(data, Path(folder)))
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
