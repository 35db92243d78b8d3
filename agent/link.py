"""The agent's one connection: a stream to the head over mutual TLS, dialled out, kept up for ever.

Whoever wants to say something puts it into the outbox; it is lost when the connection is, because everything that
matters is reported again from the facts after the next Welcome. Between tries it waits with full jitter (Brooker,
"Exponential Backoff And Jitter", AWS 2015), at most five seconds, so that a fleet does not storm its head.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable

import grpc

from tensorfleet.agent.joining.channel import OPTIONS
from tensorfleet.errors import (
    Corrupt,
    HeadUnreachable,
    InvalidRequest,
    NotAllowed,
    NotFound,
    TensorFleetError,
    TooLarge,
    UnknownMessage,
)
from tensorfleet.obs.logging import fields
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.join import SERVICE
from tensorfleet.wire.messages import AgentMessage, HeadMessage, Heartbeat, Hello, Refused, Renew, Welcome

log = logging.getLogger(__name__)

HEARTBEAT = 1.0
"""Seconds between two heartbeats."""

SILENCE = 10.0
"""Seconds without a word from the head until the connection counts as dead."""

LONGEST_WAIT = 5.0
"""Seconds between two tries, at most."""

OUTBOX = 4096

KEEPALIVE = (("grpc.keepalive_time_ms", 10_000), ("grpc.keepalive_timeout_ms", 5_000))


class Broken(Exception):
    """The session ended; another will follow."""


class Link:
    """Keeps a session up.

    find: where the head is now, as `host:port`; asked before every try. credentials: asked for every connection,
    because certificates are renewed. hello: the first message. receive: called with every message of the head.
    """

    def __init__(
        self,
        find: Callable[[], Awaitable[str]],
        credentials: Callable[[], grpc.ChannelCredentials],
        hello: Callable[[], Hello],
        receive: Callable[[HeadMessage], None],
        up: Callable[[Welcome], None],
    ) -> None:
        self._find = find
        self._credentials = credentials
        self._hello = hello
        self._receive = receive
        self._up = up
        self._outbox: asyncio.Queue[AgentMessage] | None = None
        self._channel: grpc.aio.Channel | None = None
        self._lost = asyncio.Event()
        self._heard = 0.0
        self.serial = 0

    @property
    def connected(self) -> bool:
        return self._outbox is not None

    def send(self, message: AgentMessage) -> None:
        """Sends `message` if there is a session."""
        if self._outbox is None:
            return
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            # The head does not read. Starting over from the facts is cheaper than keeping all of this.
            self._lost.set()

    async def call(self, method: str, request: bytes) -> bytes:
        """A unary call beside the stream. Raises Broken without a connection, NotFound, Corrupt, HeadUnreachable."""
        channel = self._channel
        if channel is None:
            raise Broken
        try:
            answer: bytes = await channel.unary_unary(f"/{SERVICE}/{method}")(request, timeout=60.0)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise NotFound(error.details() or "The head does not have it.") from error
            if error.code() is grpc.StatusCode.DATA_LOSS:
                raise Corrupt(error.details() or "The head's copy is damaged.") from error
            if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                raise Broken from error
            raise HeadUnreachable(f"The head refused {method}: {error.details()}") from error
        except (grpc.aio.UsageError, asyncio.InvalidStateError) as error:
            raise Broken from error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._channel is channel or (task is not None and task.cancelling()):
                raise
            # Nobody cancelled this task: the channel was closed under the call.
            raise Broken from None
        return answer

    async def run(self) -> None:
        """Connects, and connects again. Raises NotAllowed when the head does not want this node."""
        failures = 0
        while True:
            started = self.serial
            try:
                await self._session(await self._find())
            except NotAllowed:
                raise
            except TensorFleetError as error:
                log.warning("head not reached", extra=fields(error=error.detail))
            failures = 0 if self.serial != started else failures + 1
            await asyncio.sleep(random.uniform(0.0, min(LONGEST_WAIT, 0.1 * 2 ** min(failures, 8))))

    async def _session(self, target: str) -> None:
        async with grpc.aio.secure_channel(target, self._credentials(), options=(*OPTIONS, *KEEPALIVE)) as channel:
            stream = channel.stream_stream(f"/{SERVICE}/Session")()
            try:
                welcome = await self._greet(stream)
            except grpc.aio.AioRpcError as error:
                raise HeadUnreachable(f"No session with {target}: {error.details() or error.code().name}") from error
            except asyncio.InvalidStateError as error:
                raise HeadUnreachable(f"{target} ended the session at once.") from error
            except TimeoutError as error:
                raise HeadUnreachable(f"{target} does not answer.") from error
            try:
                await self._converse(stream, channel, target, welcome)
            finally:
                self._channel = self._outbox = None
                stream.cancel()

    async def _converse(
        self, stream: grpc.aio.StreamStreamCall, channel: grpc.aio.Channel, target: str, welcome: Welcome
    ) -> None:
        self._channel, self._outbox = channel, asyncio.Queue(OUTBOX)
        self._lost.clear()
        self._heard = time.monotonic()
        self.serial += 1
        log.info("connected", extra=fields(head=target, name=welcome.name))
        self._up(welcome)
        try:
            async with asyncio.TaskGroup() as tasks:
                for part in (self._speak(stream), self._listen(stream), self._beat(), self._until_lost()):
                    tasks.create_task(part)
        except* (Broken, grpc.aio.AioRpcError, asyncio.InvalidStateError, InvalidRequest, TooLarge) as group:
            # grpc.aio raises InvalidStateError from a write when the stream ended a moment before. A message that
            # is none costs the connection, not the agent and its tasks.
            log.warning("connection lost", extra=fields(head=target, why=str(group.exceptions[0]) or "silence"))

    async def _greet(self, stream: grpc.aio.StreamStreamCall) -> Welcome:
        async with asyncio.timeout(SILENCE):
            await stream.write(pack(self._hello()))
            data = await stream.read()
        answer: HeadMessage | None = unpack(data, HeadMessage) if isinstance(data, bytes) else None
        match answer:
            case Welcome():
                return answer
            case Refused():
                raise NotAllowed(f"The head refused this node: {answer.detail}", answer.hint)
            case _:
                raise HeadUnreachable("The head ended the session without a word.")

    async def _speak(self, stream: grpc.aio.StreamStreamCall) -> None:
        while self._outbox is not None:
            await stream.write(pack(await self._outbox.get()))

    async def _listen(self, stream: grpc.aio.StreamStreamCall) -> None:
        while True:
            data = await stream.read()
            if not isinstance(data, bytes):
                raise Broken
            self._heard = time.monotonic()
            try:
                message: HeadMessage = unpack(data, HeadMessage)
            except UnknownMessage as error:
                # A newer head says more. What this agent does not know it does not do; all else still counts.
                log.warning("message refused", extra=fields(error=error.detail))
                continue
            if not isinstance(message, Renew):
                self._receive(message)

    async def _beat(self) -> None:
        while True:
            self.send(Heartbeat(time.clock_gettime(time.CLOCK_BOOTTIME)))
            await asyncio.sleep(HEARTBEAT)
            if time.monotonic() - self._heard > SILENCE:
                raise Broken

    async def _until_lost(self) -> None:
        await self._lost.wait()
        raise Broken
