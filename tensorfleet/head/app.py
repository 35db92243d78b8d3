"""The head's composition root: makes every part once, runs them together, owns signals and the exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import ssl
import sys
import tempfile
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import msgspec

from tensorfleet import __version__
from tensorfleet.config.head import HeadSettings
from tensorfleet.config.paths import make_data_dir
from tensorfleet.config.secretfile import write_secret
from tensorfleet.errors import Unavailable
from tensorfleet.head.advertise import Advertisement, announced
from tensorfleet.head.authority import Authority
from tensorfleet.head.bus import ACTIVITY, Bus
from tensorfleet.head.clock import SteadyClock
from tensorfleet.head.curvebook import CurveBook
from tensorfleet.head.http.app import build_app
from tensorfleet.head.http.server import serve
from tensorfleet.head.joining import Joining
from tensorfleet.head.joinrecords import StoredRecords
from tensorfleet.head.keyring import Keyring
from tensorfleet.head.logbook import LogBook
from tensorfleet.head.logbudget import LogBudget
from tensorfleet.head.names import own_names
from tensorfleet.head.quarantine import DiskQuarantine
from tensorfleet.head.registry import Registry
from tensorfleet.head.room import DiskRoom
from tensorfleet.head.rpc.server import RpcServer
from tensorfleet.head.services import Services
from tensorfleet.head.sessions import Sessions
from tensorfleet.head.shell import Shell
from tensorfleet.head.sweeping import Sweeper
from tensorfleet.head.tokenfile import TokenFile
from tensorfleet.objects.disk import DiskObjects
from tensorfleet.obs import logging as obs
from tensorfleet.store.tinydb import TinyDBStore

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def run(settings: HeadSettings) -> int:
    """Runs the head until SIGTERM or SIGINT; jobs go on without it. The exit code is that of the command."""
    obs.setup(settings.log_level, settings.log_json, sys.stderr)
    os.umask(0o077)
    make_data_dir(settings.data_dir)
    return asyncio.run(_main(settings))


async def _main(settings: HeadSettings) -> int:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    try:
        async with asyncio.TaskGroup() as tasks:
            head = Head(settings)
            running = tasks.create_task(head.run())
            await asyncio.wait(
                [running, waiting := tasks.create_task(stopping.wait())], return_when=asyncio.FIRST_COMPLETED
            )
            waiting.cancel()
            running.cancel()
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
    return 0


@dataclass(frozen=True, slots=True)
class Doors:
    """Where this head is reached."""

    url: str
    http_port: int
    rpc_host: str
    rpc_port: int


class Head:
    """One head. `run` returns only by being cancelled, or raises what ended it."""

    def __init__(self, settings: HeadSettings) -> None:
        self._settings = settings
        self._dir = settings.data_dir

    async def run(self) -> None:
        settings = self._settings
        started = time.time()
        async with AsyncExitStack() as stack:
            store = TinyDBStore(self._dir)
            await store.open()
            stack.push_async_callback(store.close)
            quarantine = DiskQuarantine(self._dir)
            stack.push(quarantine.leave)
            objects = DiskObjects(self._dir / "objects")
            await objects.open()
            stack.push_async_callback(objects.close)
            own, names = announced("0.0.0.0"), own_names(settings.host)
            authority = Authority.open(self._dir, names, (*LOOPBACK[::2], *own), started)
            room = DiskRoom(self._dir)
            bus = Bus()
            logs = LogBook(self._dir / "logs", bus, room)
            stack.callback(logs.close)
            curves = CurveBook(self._dir / "metrics.db", bus, room)
            stack.callback(curves.close)
            sessions = Sessions(bus)
            shell = Shell(store, bus, sessions.command, SteadyClock(), room, quarantine)
            tasks = await stack.enter_async_context(_CancellingGroup())
            tasks.create_task(shell.run())
            tasks.create_task(room.run(shell.record))
            live = shell.control.fleet.jobs.__contains__
            tasks.create_task(LogBudget(self._dir / "logs", settings.job_logs * 2**30, live).run())
            tasks.create_task(Sweeper(store, objects).run())
            keys = Keyring(store, bus)
            joining = Joining(
                authority,
                StoredRecords(store, shell),
                clock=time.time,
                entropy=os.urandom,
                changed=lambda: bus.poke(ACTIVITY),
            )
            fleet = authority.fingerprint[:16]
            rpc = RpcServer(fleet, authority, joining, shell, sessions, logs, curves, objects)
            rpc_host = settings.host or "0.0.0.0"
            rpc_port = await rpc.start(rpc_host, settings.rpc_port)
            stack.push_async_callback(rpc.stop)
            services = Services(
                fleet=fleet,
                data_dir=self._dir,
                rpc_port=rpc_port,
                started=started,
                store=store,
                objects=objects,
                shell=shell,
                bus=bus,
                logs=logs,
                curves=curves,
                registry=Registry(shell, sessions, joining),
                keys=keys,
                joining=joining,
                room=room,
            )
            http_host = settings.host or "127.0.0.1"
            context = None if http_host in LOOPBACK or settings.insecure_http else _tls(authority)
            web = build_app(services, tls=context is not None, names=names)
            http = await serve(web, http_host, settings.http_port, context)
            stack.push_async_callback(http.close)
            # First of all at the end: streams read from the bus, and end when it closes.
            stack.callback(bus.close)
            shown = own[0] if http_host in ("0.0.0.0", "::") and own else http_host
            url = f"{'https' if context else 'http'}://{_bracket(shown)}:{http.port}"
            doors = Doors(url, http.port, rpc_host, rpc_port)
            token_file = TokenFile(self._dir / "join.token", joining, time.time)
            await token_file.refresh()
            tasks.create_task(token_file.run())
            await self._credentials(keys, authority, doors)
            if settings.mdns:
                advertisement = Advertisement(
                    fleet=fleet,
                    version=__version__,
                    bind=rpc_host,
                    rpc_port=rpc_port,
                    http_port=http.port,
                    fingerprint=authority.fingerprint,
                )
                stack.push_async_callback(advertisement.close)
                tasks.create_task(_advertise(advertisement))
            login, _ = await keys.new_login_token()
            self._greet(doors, login, store.warnings, time.time() - started)
            await asyncio.Event().wait()

    async def _credentials(self, keys: Keyring, authority: Authority, doors: Doors) -> None:
        key_file = self._dir / "admin.key"
        fresh = await keys.bootstrap(key_file.read_text().strip() if key_file.exists() else "")
        if fresh:
            write_secret(key_file, f"{fresh}\n".encode())
        about = {
            "url": doors.url,
            "rpc_port": doors.rpc_port,
            "pid": os.getpid(),
            "ca": authority.fingerprint,
            "fleet": authority.fingerprint[:16],
            "version": __version__,
        }
        write_secret(self._dir / "head.json", msgspec.json.encode(about) + b"\n")

    def _greet(self, doors: Doors, login: str, warnings: tuple[str, ...], took: float) -> None:
        """What a person needs next, on standard output."""
        reach = "this machine only" if doors.rpc_host in LOOPBACK else "other machines"
        lines = [
            f"TensorFleet head {__version__} is ready ({took:.2f} s).",
            "",
            f"  Web interface   {doors.url}/login?token={login}   (once, within 10 minutes)",
            f"  REST            {doors.url}   key in {self._dir / 'admin.key'}",
            f"  Agents          port {doors.rpc_port}, for {reach}",
            f"  Data            {self._dir}",
            "",
            "  On each machine of the fleet:",
            f"    tensorfleet agent --join {(self._dir / 'join.token').read_text().strip()}",
            "  Then, here:",
            "    tensorfleet run --slots 1 -- python -c 'print(42)'",
            *(f"\n  warning: {warning}" for warning in warnings),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


def _tls(authority: Authority) -> ssl.SSLContext:
    """The HTTP server's side of TLS, with the head's certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile() as both:
        both.write(authority.server_key + authority.server_chain)
        both.flush()
        context.load_cert_chain(both.name)
    return context


async def _advertise(advertisement: Advertisement) -> None:
    """A network without mDNS is no reason not to serve."""
    try:
        await advertisement.start()
    except Unavailable as error:
        log.warning("not announced", extra=obs.fields(error=str(error)))
    else:
        await advertisement.watch()


class _CancellingGroup:
    """A TaskGroup whose tasks are cancelled when its block ends, instead of being waited for."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> _CancellingGroup:
        await self._group.__aenter__()
        return self

    def create_task(self, what: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(self._group.create_task(what))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
