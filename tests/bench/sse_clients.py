"""Opens many event streams at once and keeps reading them: `sse_clients.py URL COUNT KEY`."""

from __future__ import annotations

import asyncio
import sys

import aiohttp


async def main(url: str, count: int, key: str) -> None:
    connected = 0
    everyone = asyncio.Event()

    async def follow(session: aiohttp.ClientSession) -> None:
        nonlocal connected
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {key}"}
        async with session.get(f"{url}/api/v1/events", headers=headers) as response:
            response.raise_for_status()
            connected += 1
            if connected == count:
                everyone.set()
            async for _ in response.content:
                pass

    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
        ) as session,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(count):
            tasks.create_task(follow(session))
        await everyone.wait()
        print("connected", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
