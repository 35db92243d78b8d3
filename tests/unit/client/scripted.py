"""A server on loopback that does exactly what a test tells it, broken connections included."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Call(BaseHTTPRequestHandler):
    """One request; the test's function answers it with the methods below."""

    protocol_version = "HTTP/1.1"
    act: Callable[[Call], None]
    body = b""

    def handle_any(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        type(self).act(self)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def answer(self, value: Any, status: int = 200, kind: str = "application/json") -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def problem(self, status: int, code: str, detail: str = "No.", hint: str = "") -> None:
        fields = {"type": "", "title": "No", "status": status, "detail": detail, "code": code, "hint": hint}
        self.answer({**fields, "blame": "user"}, status, "application/problem+json")

    def stream(self, *pieces: bytes) -> None:
        """Begins an event stream and sends `pieces`; the connection ends with the call."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.close_connection = True

    def cut(self) -> None:
        """Ends the connection without an answer."""
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(act: Callable[[Call], None]) -> Iterator[str]:
    """The address of a server for which `act` answers every request."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Scripted", (Call,), {"act": staticmethod(act)}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def job_view(**changes: Any) -> dict[str, Any]:
    """A JobView as JSON."""
    request = {"kind": "slot", "ranks": 1, "nodes": 0, "gpu_model": "", "gpu_memory": 0, "cpus": 0.0, "memory": 0}
    plain: dict[str, Any] = {"id": "j1", "name": "digits", "state": "queued", "owner": "ada", "team": "t", "why": ""}
    plain |= {"since": 1.0, "submitted": 1.0, "started": None, "ended": None, "priority": 50, "attempt": 0, "rev": 1}
    plain |= {"run": ["true"], "recipe": "", "code": "", "request": request, "shares": [], "cause": None}
    plain |= {"reachable": True}
    return {**plain, **changes}
