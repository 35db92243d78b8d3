"""The gRPC server on the agents' port: always TLS, always with a certificate asked of the other side."""

from __future__ import annotations

import errno
import socket

import grpc

from tensorfleet.head.authority import Authority
from tensorfleet.head.curvebook import CurveBook
from tensorfleet.head.joining import Joining
from tensorfleet.head.listening import refusal
from tensorfleet.head.logbook import LogBook
from tensorfleet.head.rpc.blobs import BlobHandler
from tensorfleet.head.rpc.checkpoints import CheckpointHandler
from tensorfleet.head.rpc.credentials import server_credentials
from tensorfleet.head.rpc.join import JoinHandler
from tensorfleet.head.rpc.peer import Gate
from tensorfleet.head.rpc.session import SessionHandler
from tensorfleet.head.sessions import Sessions
from tensorfleet.head.shell import Shell
from tensorfleet.objects.port import Objects
from tensorfleet.wire.codec import MAX_BYTES
from tensorfleet.wire.join import SERVICE

GRACE = 1.0
"""Seconds that open calls have to end when the head stops."""

OPTIONS = [
    # Without this, two heads on one machine would share the port and get half of the agents each.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAX_BYTES + 65536),
    ("grpc.max_send_message_length", MAX_BYTES + 65536),
    ("grpc.max_concurrent_streams", 64),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
]


class RpcServer:
    """Sessions, blobs and joining, on one port."""

    def __init__(
        self,
        fleet: str,
        authority: Authority,
        joining: Joining,
        shell: Shell,
        sessions: Sessions,
        logs: LogBook,
        curves: CurveBook,
        objects: Objects,
    ) -> None:
        session = SessionHandler(fleet, shell, sessions, logs, curves)
        blobs = BlobHandler(objects)
        own = {
            "Session": grpc.stream_stream_rpc_method_handler(session.serve),
            "GetBlob": grpc.unary_unary_rpc_method_handler(blobs.get),
            "PutBlob": grpc.unary_unary_rpc_method_handler(blobs.put),
            "MissingBlobs": grpc.unary_unary_rpc_method_handler(blobs.missing),
            "CommitCheckpoint": grpc.unary_unary_rpc_method_handler(CheckpointHandler(shell, objects).commit),
        }
        self._sessions = sessions
        self._credentials = server_credentials(authority)
        self._gate = Gate(authority, lambda node: node in shell.control.fleet.nodes)
        methods = {**own, **JoinHandler(joining).methods()}
        self._handlers = (grpc.method_handlers_generic_handler(SERVICE, methods),)
        self._server: grpc.aio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Serves on `host`; answers the port, which is any free one for 0. Raises PortInUse, InvalidRequest."""
        server = grpc.aio.server(options=OPTIONS, interceptors=(self._gate,))
        server.add_generic_rpc_handlers(self._handlers)
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound = server.add_secure_port(address, self._credentials)
        except RuntimeError:
            bound = 0
        if not bound:
            raise refusal(_why(host, port), host, port, "--rpc-port")
        await server.start()
        self._server = server
        return int(bound)

    async def stop(self) -> None:
        """Ends every session; the agents will come back by themselves."""
        self._sessions.end_all()
        if self._server:
            await self._server.stop(GRACE)


def _why(host: str, port: int) -> OSError:
    """The system's own reason, which gRPC does not pass on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        return error
    return OSError(errno.EADDRINUSE, "it was taken a moment ago")
