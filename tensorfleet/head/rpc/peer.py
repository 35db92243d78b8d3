"""Who is at the other end of a call, and the gate that nobody passes unnamed.

The handshake lets two kinds of client in: nodes, and whoever shows the anonymous certificate. The gate looks at
every call before its handler: the methods of joining are open to both, all others belong to nodes that are in the
fleet's records at this moment. A node that was removed is so refused at its next call, whatever its certificate
says. A handler that is reached past the gate finds no node and refuses.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

import grpc

from tensorfleet.head.authority import Authority
from tensorfleet.wire.join import SERVICE

OPEN: Final = frozenset(f"/{SERVICE}/{method}" for method in ("Join", "Pair", "PairStatus"))
"""Methods that a machine may call which is not a node yet."""

CACHED: Final = 2048
"""Certificates whose node is remembered, of a kilobyte each."""

_NODE: ContextVar[str | None] = ContextVar("node", default=None)
"""The node whose call the current task serves; set by the gate."""


async def require_node(context: grpc.aio.ServicerContext) -> str:
    """The id of the node that calls. Ends the call with UNAUTHENTICATED where it is none."""
    node = _NODE.get()
    if node is None:
        await context.abort(grpc.StatusCode.UNAUTHENTICATED, "Only nodes of the fleet may call this. Join first.")
        raise AssertionError("abort raises")
    return node


def address_of(context: grpc.aio.ServicerContext) -> str:
    """The network address of the caller, without its port; "" where there is none."""
    kind, _, rest = context.peer().partition(":")
    return rest.rpartition(":")[0].replace("%5B", "").replace("%5D", "") if kind in ("ipv4", "ipv6") else ""


class Gate(grpc.aio.ServerInterceptor):  # type: ignore[misc] # grpc has no annotations
    """knows: whether a node is in the fleet's records."""

    def __init__(self, authority: Authority, knows: Callable[[str], bool]) -> None:
        # Who a certificate names never changes, and telling takes a third of a millisecond at every blob.
        self._node_of = functools.lru_cache(CACHED)(authority.node_of)
        self._knows = knows

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        handler = await continuation(details)
        if handler is None or details.method in OPEN:
            return handler
        return _guarded(handler, self._admit)

    async def _admit(self, context: grpc.aio.ServicerContext) -> None:
        shown = context.auth_context().get("x509_pem_cert", [])
        node = self._node_of(shown[0]) if len(shown) == 1 else None
        if node is not None and not self._knows(node):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "This node was removed from the fleet.")
        _NODE.set(node)
        await require_node(context)


def _guarded(
    handler: grpc.RpcMethodHandler, admit: Callable[[grpc.aio.ServicerContext], Awaitable[None]]
) -> grpc.RpcMethodHandler:
    """`handler`, entered only by whom `admit` lets through."""
    serve = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream

    async def call(request: Any, context: grpc.aio.ServicerContext) -> Any:
        await admit(context)
        return await serve(request, context)

    async def stream(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        await admit(context)
        async for answer in serve(request, context):
            yield answer

    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[handler.request_streaming, handler.response_streaming]
    behaviour = stream if inspect.isasyncgenfunction(serve) else call
    return make(behaviour, handler.request_deserializer, handler.response_serializer)
