"""Agents' reports that a checkpoint is whole. A call of its own, so that looking for its blobs delays no heartbeat."""

from __future__ import annotations

import grpc

from tensorfleet.core.inputs import CheckpointDone as Done
from tensorfleet.errors import Corrupt, NotFound, TensorFleetError
from tensorfleet.head.rpc.peer import require_node
from tensorfleet.head.shell import Shell
from tensorfleet.objects.port import Objects
from tensorfleet.wire.codec import unpack
from tensorfleet.wire.manifest import fetch_manifest
from tensorfleet.wire.messages import CheckpointDone


class CheckpointHandler:
    """Serves `CommitCheckpoint` of `tensorfleet.v1.Agents`. The answer goes out on the session, once it is durable."""

    def __init__(self, shell: Shell, objects: Objects) -> None:
        self._shell = shell
        self._objects = objects

    async def commit(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Asks the brain to make it count. FAILED_PRECONDITION where blobs of it are not here."""
        node = await require_node(context)
        try:
            done = unpack(data, CheckpointDone)
            lacking = await self._lacking(done.digest, files=not done.path)
            if lacking:
                await context.abort(grpc.StatusCode.FAILED_PRECONDITION, lacking)
            await self._shell.ask(
                Done(
                    node,
                    done.alloc,
                    done.serial,
                    done.step,
                    done.parts,
                    done.digest,
                    done.size,
                    done.metrics,
                    done.path,
                    done.at,
                )
            )
        except TensorFleetError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, error.detail)
        return b""

    async def _lacking(self, digest: str, files: bool) -> str:
        """What is missing of the tree `digest`, in words. Looking keeps the rest from being swept meanwhile.

        files: whether those are to be here too, not only the list of them.
        """
        try:
            manifest = await fetch_manifest(digest, self._objects.get)
            if await self._objects.missing([digest]):
                return f"The manifest {digest} is not here."
            missing = await self._objects.missing(manifest.chunks) if files else set()
        except (NotFound, Corrupt) as error:
            return error.detail
        return f"{len(missing)} blobs of {digest} are not here." if missing else ""
