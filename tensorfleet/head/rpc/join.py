"""Join, Pair, PairStatus and RenewCertificate: bytes in, bytes out. Every failure is answered as Denied."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any

import grpc

from tensorfleet.errors import Fault, TensorFleetError
from tensorfleet.head.joining import Joining
from tensorfleet.head.rpc.peer import address_of, require_node
from tensorfleet.obs.logging import fields
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.join import Answer, JoinRequest, PairRequest, PairStatusRequest, RenewRequest, denial

log = logging.getLogger(__name__)


class JoinHandler:
    """Serves four methods of `tensorfleet.v1.Agents`; the server needs `peer.Gate`."""

    def __init__(self, joining: Joining) -> None:
        self._joining = joining

    def methods(self) -> dict[str, grpc.RpcMethodHandler]:
        """For `grpc.method_handlers_generic_handler(SERVICE, …)`."""
        serve = grpc.unary_unary_rpc_method_handler
        return {
            "Join": serve(self.join),
            "Pair": serve(self.pair),
            "PairStatus": serve(self.pair_status),
            "RenewCertificate": serve(self.renew),
        }

    async def join(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        async def answer() -> Answer:
            return await self._joining.join(unpack(data, JoinRequest))

        return await _answered("join", answer(), context)

    async def pair(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        async def answer() -> Answer:
            return await self._joining.pair(unpack(data, PairRequest), address_of(context))

        return await _answered("pair", answer(), context)

    async def pair_status(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        async def answer() -> Answer:
            return await self._joining.pair_status(unpack(data, PairStatusRequest))

        return await _answered("pair status", answer(), context)

    async def renew(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        node = await require_node(context)

        async def answer() -> Answer:
            return await self._joining.renew(node, unpack(data, RenewRequest))

        return await _answered("renew", answer(), context)


async def _answered(what: str, answer: Awaitable[Any], context: grpc.aio.ServicerContext) -> bytes:
    try:
        return pack(await answer)
    except TensorFleetError as error:
        log.info("refused", extra=fields(what=what, peer=address_of(context), code=error.code, error=error.detail))
        return pack(denial(error))
    except Exception:  # the outer shell of this door
        log.exception("fault", extra=fields(what=what, peer=address_of(context)))
        return pack(denial(Fault("The head could not do this because of a fault of its own.", "Its log says more.")))
