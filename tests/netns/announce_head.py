"""Announces a head until its standard input ends. Arguments: the CA's fingerprint, the bound address, ports."""

from __future__ import annotations

import asyncio
import sys

from tensorfleet.head.advertise import Advertisement


async def main(fingerprint: str, bind: str, rpc_port: str, http_port: str) -> None:
    advertisement = Advertisement(
        fleet=fingerprint[:12],
        version="1.2.3",
        bind=bind,
        rpc_port=int(rpc_port),
        http_port=int(http_port),
        fingerprint=fingerprint,
    )
    await advertisement.start()
    try:
        print("announced", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            await advertisement.refresh()
            print("refreshed", flush=True)
    finally:
        await advertisement.close()


asyncio.run(main(*sys.argv[1:]))
