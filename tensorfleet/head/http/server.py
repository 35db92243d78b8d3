"""The listening socket: limits on what may arrive, and a shutdown that ends streams properly."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from tensorfleet.errors import Fault, TensorFleetError, TooLarge
from tensorfleet.head.http.errors import Malformed, problem
from tensorfleet.head.listening import refusal

HEADER_BYTES: Final = 2**14
"""One header or the request line, at most."""

IDLE: Final = 75.0
"""Seconds a connection may stay open without a request."""

LINGER: Final = 2.0
"""Seconds that the rest of a refused body is read, so that the client gets to see the refusal."""

HANDSHAKE: Final = 5.0
DRAIN: Final = 0.8
"""Seconds that requests under way have to finish at the shutdown, and again to be cancelled."""

BACKLOG: Final = 1024


class Running:
    """A server that listens. port: the real one, also where any was asked for."""

    def __init__(self, runner: web.AppRunner, server: asyncio.Server, host: str, tls: bool) -> None:
        self._runner = runner
        self._server = server
        self.host = host
        self.port: int = server.sockets[0].getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.url = f"{'https' if tls else 'http'}://{name}:{self.port}"

    async def close(self) -> None:
        """Takes no more connections, lets requests finish, ends the rest; under 2 s. Close the bus before, so that
        streams end by themselves."""
        self._server.close()
        await self._runner.cleanup()


async def serve(app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None) -> Running:
    """Listens on `host`:`port`, 0 for any port. Raises PortInUse, InvalidRequest."""
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=DRAIN)
    await runner.setup()
    loop = asyncio.get_running_loop()
    manager = runner.server
    if manager is None:
        raise Fault("The HTTP server was not set up.")

    def connection() -> RequestHandler:
        return _Connection(
            manager,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # documented so; its lines would hold queries
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            keepalive_timeout=IDLE,
            lingering_time=LINGER,
            # Compressed bodies are refused, so there is nothing to blow up.
            auto_decompress=False,
        )

    try:
        server = await loop.create_server(
            connection,
            host,
            port,
            ssl=tls,
            ssl_handshake_timeout=HANDSHAKE if tls else None,
            backlog=BACKLOG,
        )
    except OSError as error:
        await runner.cleanup()
        raise refusal(error, host, port, "--http-port") from error
    return Running(runner, server, host, tls is not None)


class _Connection(RequestHandler):
    """aiohttp's own, but what is not proper HTTP is answered like every other error and logged without a trace."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status >= 500:
            self.log_exception("a connection failed", exc_info=exc)
        response = problem(_translate(status, message))
        response.force_close()
        return response


def _translate(status: int, message: str | None) -> TensorFleetError:
    if status >= 500:
        return Fault("The request failed inside TensorFleet.", "The head's log has the details.")
    if status in (413, 414, 431):
        return TooLarge("The request line or a header is larger than the head accepts.")
    first = " ".join((message or "").split())[:200]
    return Malformed(f"This is not proper HTTP: {first}" if first else "This is not proper HTTP.")
