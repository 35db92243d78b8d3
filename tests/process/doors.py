"""A head's agents' port on loopback, with everything behind it that joining needs: CA, records, brain, store."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import grpc

from tensorfleet.agent.joining.handshake import HeadAddress, locate
from tensorfleet.head.authority import Authority
from tensorfleet.head.bus import Bus
from tensorfleet.head.joining import Joining
from tensorfleet.head.joinrecords import StoredRecords
from tensorfleet.head.rpc.credentials import server_credentials
from tensorfleet.head.rpc.join import JoinHandler
from tensorfleet.head.rpc.peer import Gate, require_node
from tensorfleet.head.shell import Shell
from tensorfleet.store.memory import MemoryStore
from tensorfleet.wire.join import SERVICE

T = TypeVar("T")

HOST = "127.0.0.1"


@dataclass(slots=True)
class Clock:
    """The wall clock, and what it was put forward by."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass(slots=True)
class Door:
    """calls: the methods that anybody has called, in order."""

    authority: Authority
    shell: Shell
    records: StoredRecords
    joining: Joining
    clock: Clock
    port: int
    calls: list[str]
    asked: asyncio.Event

    async def address(self) -> HeadAddress:
        return await locate(HOST, self.port)

    async def pending(self) -> None:
        """Returns when a machine asks to join."""
        async with asyncio.timeout(10):
            await self.asked.wait()


class _Watch(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        self._calls.append(details.method.rpartition("/")[2])
        return await continuation(details)


async def _session(_: object, context: grpc.aio.ServicerContext) -> None:
    """Like the real one as far as the gate can see: a stream both ways that asks who is there."""
    node = await require_node(context)
    await context.write(node.encode())


async def _blob(_: bytes, context: grpc.aio.ServicerContext) -> bytes:
    return (await require_node(context)).encode()


@contextlib.asynccontextmanager
async def open_door(
    folder: Path, *, credentials: grpc.ServerCredentials | None = None, bind: str = f"{HOST}:0"
) -> AsyncIterator[Door]:
    """A head in `folder`. credentials: other TLS settings than its own."""
    clock, calls, store, asked = Clock(), list[str](), MemoryStore(), asyncio.Event()
    authority = await asyncio.to_thread(Authority.open, folder, ["head.example"], [HOST], clock())
    await store.open()
    shell = Shell(store, Bus(), lambda _: None)
    records = StoredRecords(store, shell)
    joining = Joining(authority, records, clock=clock, entropy=secrets.token_bytes, changed=asked.set)
    server = grpc.aio.server(interceptors=[_Watch(calls), Gate(authority, records.knows)])
    methods = {
        **JoinHandler(joining).methods(),
        "Session": grpc.stream_stream_rpc_method_handler(_session),
        "GetBlob": grpc.unary_unary_rpc_method_handler(_blob),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    port = server.add_secure_port(bind, credentials or server_credentials(authority))
    await server.start()
    running = asyncio.ensure_future(shell.run())
    try:
        yield Door(authority, shell, records, joining, clock, port, calls, asked)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.stop(0.1)
        await store.close()


def run(scene: Coroutine[Any, Any, T]) -> T:
    """Plays one scene to its end, within thirty seconds."""

    async def timed() -> T:
        async with asyncio.timeout(30):
            return await scene

    return asyncio.run(timed())
