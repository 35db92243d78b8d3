"""A head with all its parts but gRPC and a store on disk, serving REST on loopback from a thread of its own."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import urllib3

from tensorfleet.core.inputs import Facts, NodeConnected, NodeJoined, TaskEnded, TaskPrepared, TaskRunning
from tensorfleet.core.job import RankExit
from tensorfleet.core.node import Gpu, Node
from tensorfleet.head.authority import Authority
from tensorfleet.head.bus import Bus
from tensorfleet.head.curvebook import CurveBook
from tensorfleet.head.http.app import SITE, build_app
from tensorfleet.head.http.server import serve
from tensorfleet.head.joining import Joining
from tensorfleet.head.joinrecords import StoredRecords
from tensorfleet.head.keyring import Keyring
from tensorfleet.head.logbook import LogBook
from tensorfleet.head.registry import Registry
from tensorfleet.head.services import Services
from tensorfleet.head.sessions import Sessions
from tensorfleet.head.shell import Shell
from tensorfleet.objects.memory import MemoryObjects
from tensorfleet.store.memory import MemoryStore
from tensorfleet.store.port import Store

PATIENCE = 10.0


class Answer:
    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.data = response.data

    @property
    def json(self):
        return json.loads(self.data)


class Head:
    """services belong to the loop's thread: use `do` for whatever touches them. ahead: seconds by which the clock of
    credentials goes before. streams: how many are open, by credential."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder = folder
        self._store = store
        self._ready: Future = Future()
        self._thread = threading.Thread(target=self._main, name="head")
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def start(self) -> None:
        self._thread.start()
        self.services, self.running, self.admin = self._ready.result(PATIENCE)
        self.url = self.running.url

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        store, bus = self._store, Bus()
        await store.open()
        logs, curves = LogBook(self._folder / "logs", bus), CurveBook(self._folder / "metrics.db", bus)
        sessions = Sessions(bus)
        shell = Shell(store, bus, sessions.command)
        authority = Authority.open(self._folder, ("localhost",), ("127.0.0.1",), time.time())
        joining = Joining(authority, StoredRecords(store, shell), clock=time.time, entropy=os.urandom)
        services = Services(
            fleet=authority.fingerprint[:16],
            data_dir=self._folder,
            rpc_port=7338,
            started=time.time(),
            store=store,
            objects=MemoryObjects(time.time),
            shell=shell,
            bus=bus,
            logs=logs,
            curves=curves,
            registry=Registry(shell, sessions, joining),
            keys=Keyring(store, bus, now=self.now),
            joining=joining,
        )
        self.sessions = sessions
        admin = await services.keys.bootstrap("")
        app = build_app(services, names=["head.example"])
        self.streams = app[SITE].streams.open
        running = await serve(app, "127.0.0.1", 0)
        task = asyncio.create_task(shell.run())
        self._ready.set_result((services, running, admin))
        await self._stop.wait()
        bus.close()
        await running.close()
        task.cancel()
        await asyncio.wait([task])
        logs.close()
        curves.close()
        await store.close()

    def stop(self) -> None:
        """Ends the head; may be called twice."""
        if not self._thread.is_alive():
            return
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        self._pool.clear()

    def do(self, work: Callable[[], object] | Awaitable):
        """Runs a function or a coroutine in the head's own thread."""

        async def run():
            return work() if callable(work) else await work

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(PATIENCE)

    def ask(self, method: str, path: str, key: str | None = "admin", body=None, **headers: str) -> Answer:
        """One request. key: a secret, "admin" for the administrator's, None for none. body: JSON, or bytes."""
        if key:
            headers["Authorization"] = f"Bearer {self.admin if key == 'admin' else key}"
        if body is not None and not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json"} | headers
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(self._pool.request(method, self.url + path, body=body, headers=headers, redirect=False))

    def key_for(self, user: str, role: str, team: str = "vision") -> str:
        made = self.ask("POST", "/api/v1/keys", body={"user": user, "role": role, "team": team})
        assert made.status == 201, made.json
        return made.json["key"]

    @contextmanager
    def stream(self, path: str, key: str = "admin", **headers: str) -> Iterator[Iterator[tuple[str, str, object]]]:
        """The messages of an event stream: (event, id, data), comments left out."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"Authorization": f"Bearer {self.admin if key == 'admin' else key}", "Accept": "text/event-stream"}
        response = self._pool.request(
            "GET", self.url + path, headers=headers, preload_content=False, timeout=urllib3.Timeout(PATIENCE)
        )
        try:
            assert response.status == 200, response.data
            yield _messages(response)
        finally:
            response.close()

    def join(self, name: str = "n1", slots: int = 4, gpus: int = 0) -> str:
        """A node that is connected and takes work."""
        cards = tuple(Gpu(f"GPU-{name}-{index}", index, "NVIDIA H200", 141 * 2**30) for index in range(gpus))
        facts = Facts(name, name, ("127.0.0.1",), "0.1.0", slots, 4.0, 2**33, cards, "cgroup")

        async def join() -> None:
            await self.services.shell.ask(NodeJoined(Node(id=f"id-{name}", name=name), "test"))
            await self.services.shell.ask(NodeConnected(f"id-{name}", facts, ()))

        self.do(join())
        return f"id-{name}"

    def finish(self, job_id: str, code: int = 0) -> None:
        """Lets a placed one-node job run and end."""

        async def finish() -> None:
            shell = self.services.shell
            job, _ = shell.job(job_id)
            share = job.attempt.shares[0]
            alloc = f"{job_id}.{job.attempt.number}.0"
            await shell.ask(TaskPrepared(share.node, alloc, 4000))
            await shell.ask(TaskRunning(share.node, alloc))
            exits = tuple(RankExit(rank, code) for rank in range(share.ranks))
            await shell.ask(TaskEnded(share.node, alloc, exits, 0 if code else None))

        self.do(finish())


def _messages(response: urllib3.BaseHTTPResponse) -> Iterator[tuple[str, str, object]]:
    fields: dict[str, str] = {}
    rest = b""
    for chunk in response.stream(amt=None):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                name, _, value = line.decode().partition(":")
                fields[name] = value.strip()
            elif "data" in fields:
                yield fields.get("event", ""), fields.get("id", ""), json.loads(fields["data"])
                fields = {}


@contextmanager
def head(folder: Path, store: Store | None = None) -> Iterator[Head]:
    """store: a memory, unless told otherwise."""
    running = Head(folder, store or MemoryStore())
    running.start()
    try:
        yield running
    finally:
        running.stop()


def until(condition: Callable[[], object]) -> object:
    """Waits for a condition, with a deadline."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return found
