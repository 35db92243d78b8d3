"""gRPC channels to the head: always TLS, always against one pinned CA, always with a certificate of our own."""

from __future__ import annotations

from typing import Final

import grpc

from tensorfleet.agent.joining.handshake import HeadAddress
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.errors import HeadUnreachable
from tensorfleet.wire import anonymous
from tensorfleet.wire.codec import MAX_BYTES
from tensorfleet.wire.join import HEAD_NAME, SERVICE

OPTIONS: Final = (
    ("grpc.ssl_target_name_override", HEAD_NAME),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", MAX_BYTES),
)


def node_credentials(identity: Identity) -> grpc.ChannelCredentials:
    """For a node: its certificate, and the CA it joined. Raises NotAuthenticated before it has joined."""
    return grpc.ssl_channel_credentials(identity.ca_pem, identity.key_pem, identity.certificate_pem)


async def call_unnamed(head: HeadAddress, method: str, request: bytes, patience: float) -> bytes:
    """A call by a machine that is no node yet, to the head whose CA is in `head`. Raises HeadUnreachable.

    patience: seconds.
    """
    credentials = grpc.ssl_channel_credentials(head.chain.ca_pem, anonymous.KEY_PEM, anonymous.CERTIFICATE_PEM)
    async with grpc.aio.secure_channel(head.target, credentials, options=OPTIONS) as channel:
        try:
            answer: bytes = await channel.unary_unary(f"/{SERVICE}/{method}")(request, timeout=patience)
        except grpc.aio.AioRpcError as error:
            raise HeadUnreachable(
                f"The head at {head.target} did not answer {method}: {error.details() or error.code().name}"
            ) from error
    return answer
