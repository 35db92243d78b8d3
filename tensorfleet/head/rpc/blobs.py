"""Blobs for agents: code goes out, the files that jobs wrote come in. Unary calls, one blob each."""

from __future__ import annotations

import grpc
import msgspec

from tensorfleet.errors import Corrupt, NotFound, TensorFleetError
from tensorfleet.head.rpc.peer import require_node
from tensorfleet.objects.port import Objects
from tensorfleet.wire.codec import pack, unpack


class BlobHandler:
    """Serves `GetBlob`, `PutBlob` and `MissingBlobs` of `tensorfleet.v1.Agents`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def get(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """The blob whose digest is the request."""
        await require_node(context)
        try:
            return await self._objects.get(data.decode("ascii", "replace"))
        except NotFound as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, error.detail)
        except Corrupt as error:
            await context.abort(grpc.StatusCode.DATA_LOSS, error.detail)
        except TensorFleetError as error:
            await context.abort(grpc.StatusCode.INTERNAL, error.detail)
        raise AssertionError("abort raises")

    async def put(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Keeps the blob; the request is its digest in 64 characters and then its bytes."""
        await require_node(context)
        try:
            await self._objects.put(data[:64].decode("ascii", "replace"), data[64:])
        except TensorFleetError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, error.detail)
        return b""

    async def missing(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Which of the digests in the request the head does not have."""
        await require_node(context)
        try:
            digests = unpack(data, list[str])
            return pack(sorted(await self._objects.missing(digests)))
        except (TensorFleetError, msgspec.MsgspecError) as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        raise AssertionError("abort raises")
