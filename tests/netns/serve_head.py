"""A head that machines can join, announced by mDNS, until standard input ends.

Arguments: its folder, and the fingerprint it claims in its announcement instead of its own, or nothing. Prints a
join token and its fingerprint.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "process"))

from doors import open_door

from tensorfleet.head.advertise import Advertisement


async def main(folder: str, claimed: str = "") -> None:
    async with open_door(Path(folder), bind="0.0.0.0:7338") as door:
        token, _ = await door.joining.make_token("test")
        fingerprint = claimed or door.authority.fingerprint
        advertisement = Advertisement(
            fleet=fingerprint[:12],
            version="1.2.3",
            bind="0.0.0.0",
            rpc_port=door.port,
            http_port=7337,
            fingerprint=fingerprint,
        )
        await advertisement.start()
        try:
            print(token.text, door.authority.fingerprint, flush=True)
            await asyncio.to_thread(sys.stdin.read)
        finally:
            await advertisement.close()


asyncio.run(main(*sys.argv[1:]))
