"""A node that talks nonsense, or about what is not its own: its session ends or its word is dropped, and the head
and everybody else's jobs go on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
import msgpack
import msgspec
import pytest

from process.fleet import Fleet, wait_for
from tensorfleet.agent.joining.channel import OPTIONS, node_credentials
from tensorfleet.agent.joining.handshake import locate
from tensorfleet.agent.joining.identity import Identity
from tensorfleet.agent.joining.join import join_with_token
from tensorfleet.wire import anonymous
from tensorfleet.wire.codec import pack, unpack
from tensorfleet.wire.credential import parse_join_token
from tensorfleet.wire.join import SERVICE
from tensorfleet.wire.messages import (
    CurvePoint,
    CurvePoints,
    ExitReport,
    GpuFact,
    HaltTask,
    HeadMessage,
    Heartbeat,
    Hello,
    InventoryReport,
    LogEntry,
    LogLines,
    NodeFacts,
    Refused,
    Renew,
    ReportTaskCompletion,
    ReportTaskProgress,
    TelemetryReport,
    Welcome,
)
from tensorfleet.wire.telemetry import CpuTelemetry, NodeTelemetry

FACTS = NodeFacts("evil", "boot/1", ("127.0.0.1",), "0.1.0", 0, 0.0, 0)
INFINITY = float("inf")
HELLO = Hello(1, 1, FACTS)
TASK = {"alloc": "j1.1.0", "phase": "running"}
SLEEP = ("python3", "-c", "import time; print('up', flush=True); time.sleep(600)")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        fleet.agent("a", "--slots", "2", "--no-warm")
        yield fleet


@pytest.fixture(scope="module")
def evil(honest: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """A node of the fleet with a proper certificate, whose program is ours."""
    identity = Identity(tmp_path_factory.mktemp("evil"))
    token = parse_join_token((honest.data / "join.token").read_text().strip())

    async def join() -> None:
        await join_with_token(identity, await locate("127.0.0.1", int(str(honest.about["rpc_port"]))), token, "evil")

    asyncio.run(join())
    return identity


@pytest.fixture(autouse=True)
def unharmed(honest: Fleet) -> Iterator[None]:
    """Head and agent are the same processes afterwards, they still work, and nobody saw a fault of the head's."""
    pids = {name: process.pid for name, process in honest.processes.items()}
    yield
    assert {name: process.pid for name, process in honest.processes.items()} == pids
    assert all(process.poll() is None for process in honest.processes.values())
    assert honest.state_of("a") == "online"
    assert honest.finished(honest.submit("true").id).state == "succeeded"
    said = (honest.root / "head.log").read_text()
    assert "Traceback" not in said
    assert "fault of its own" not in said


@contextlib.asynccontextmanager
async def session(fleet: Fleet, credentials: grpc.ChannelCredentials) -> AsyncIterator[Any]:
    target = f"127.0.0.1:{fleet.about['rpc_port']}"
    async with asyncio.timeout(20), grpc.aio.secure_channel(target, credentials, options=OPTIONS) as channel:
        yield channel.stream_stream(f"/{SERVICE}/Session")()


def say(fleet: Fleet, identity: Identity, *messages: bytes, until: Callable[[Any], bool] | None = None) -> list[Any]:
    """What the head answers to `messages`, until an answer of which `until` is true, or until it ends the session."""

    async def talk() -> list[Any]:
        answers: list[Any] = []
        async with session(fleet, node_credentials(identity)) as stream:
            for message in messages:
                await stream.write(message)
            while isinstance(data := await stream.read(), bytes):
                answers.append(unpack(data, HeadMessage))
                if until and until(answers[-1]):
                    break
        return answers

    return asyncio.run(talk())


FIRST_WORDS = {
    "nothing": b"",
    "no msgpack": b"\xc1\xff garbage",
    "half a message": pack(HELLO)[:20],
    "a list": msgpack.packb([1, 2, 3]),
    "a number": b"\x07",
    "a map that is no message": msgpack.packb({"type": "Goodbye"}),
    "2^32-1 of something": b"\xdf\xff\xff\xff\xff",
    "100,000 levels": b"\x91" * 100_000,
    "another message": pack(Heartbeat(1.0)),
    "a message of the head's": pack(Welcome(1, "f", "n", "evil")),
    "facts that are none": msgpack.packb({"type": "Hello", "protocol": 1, "oldest": 1, "facts": 7}),
    "a newer protocol": pack(Hello(99, 99, FACTS)),
    "fewer than no slots": pack(Hello(1, 1, msgspec.structs.replace(FACTS, slots=-5))),
    "2^64-1 slots": pack(Hello(1, 1, msgspec.structs.replace(FACTS, slots=2**64 - 1))),
    "no number of cores": pack(Hello(1, 1, msgspec.structs.replace(FACTS, cpus=float("nan")))),
    "an address that is none": pack(Hello(1, 1, msgspec.structs.replace(FACTS, addresses=("a\0b",)))),
    "GPUs of negative size": pack(Hello(1, 1, msgspec.structs.replace(FACTS, gpus=(GpuFact("g", 0, "m", -1),)))),
}


@pytest.mark.parametrize("word", FIRST_WORDS.values(), ids=FIRST_WORDS)
def test_a_first_word_that_is_no_hello_is_refused_with_a_sentence(honest: Fleet, evil: Identity, word: bytes) -> None:
    (answer,) = say(honest, evil, word)
    assert isinstance(answer, Refused)
    assert 0 < len(answer.detail) < 300


@pytest.mark.parametrize(
    "word",
    [
        b"\xc1",
        b"",
        pack(HELLO),
        pack(LogLines("j1.1.0", 2**64 - 1)),
        pack(LogLines("j1.1.0", 0, (LogEntry(float("nan"), 1, "x"),))),
        pack(CurvePoints("j1.1.0", 1, (CurvePoint(0, "x", 2**64 - 1, 1.0, 1.0, "sdk"),))),
        pack(ReportTaskProgress("j1.1.0", "prepared", 2**40)),
        pack(ReportTaskCompletion("j1.1.0", outputs="../../x")),
    ],
    ids=lambda word: word[:12].hex(),
)
def test_nonsense_later_on_ends_the_session(honest: Fleet, evil: Identity, word: bytes) -> None:
    (answer,) = say(honest, evil, pack(HELLO), word)
    assert isinstance(answer, Welcome)


def test_a_message_of_a_newer_version_is_refused_with_a_reason_and_the_session_goes_on(
    honest: Fleet, evil: Identity
) -> None:
    words = [msgpack.packb({"type": "Goodbye", "alloc": "j1.1.0"}), pack(Heartbeat(5.0))]
    answers = say(honest, evil, pack(HELLO), *words, until=lambda each: isinstance(each, Renew))
    (refused,) = [each for each in answers if isinstance(each, Refused)]
    assert (refused.code, "'Goodbye'" in refused.detail) == ("unknown_message", True)
    assert Renew(5.0) in answers


def test_fields_of_a_newer_version_are_ignored(honest: Fleet, evil: Identity) -> None:
    newer = {**msgpack.unpackb(pack(Hello(99, 1, FACTS))), "colour": "green", "tasks": [{**TASK, "mood": 7}]}
    answers = say(honest, evil, msgpack.packb(newer), until=lambda each: isinstance(each, Welcome))
    assert answers[-1].protocol == 1, "the newest version that both speak"


def test_a_message_over_four_megabytes_ends_the_session(honest: Fleet, evil: Identity) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        say(honest, evil, pack(HELLO), b"\xc0" * (5 * 2**20))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


ALLOCS = [
    *("", ".", "...", "j1", "j1.1", "../../../etc/passwd.1.0", "/etc.1.0", "j1.x.0", "j1.1.-1", "\0.1.0", "é.1.0"),
    *("x" * 1_000_000, f"j1.{'9' * 5000}.0", "j1.١.0"),
]


@pytest.mark.parametrize("alloc", ALLOCS, ids=lambda alloc: alloc[:12])
def test_reports_about_what_is_no_task_change_nothing(honest: Fleet, evil: Identity, alloc: str) -> None:
    before = set((honest.data / "logs").rglob("*"))
    reports = about(alloc)
    answers = say(honest, evil, pack(HELLO), *reports, pack(Heartbeat(5.0)), until=lambda each: isinstance(each, Renew))
    assert Renew(5.0) in answers
    assert set((honest.data / "logs").rglob("*")) == before


def about(alloc: str) -> list[bytes]:
    """Every report that there is about a task."""
    return [
        pack(each)
        for each in (
            ReportTaskProgress(alloc, "prepared", 6666),
            ReportTaskProgress(alloc, "running"),
            LogLines(alloc, 0, (LogEntry(1.0, 1 << 40, "forged"),)),
            CurvePoints(alloc, 1, (CurvePoint(0, "forged", 1, 1.0, 1.0, "sdk"),)),
            ReportTaskCompletion(alloc, (ExitReport(0, 0),), outputs="0" * 64),
        )
    ]


def test_nobody_speaks_for_another_nodes_task(honest: Fleet, evil: Identity) -> None:
    job = honest.submit(*SLEEP).id
    try:
        honest.running(job)
        wait_for(lambda: honest.lines(job) == ["up"], "the rank says that it is up")
        alloc = f"{job}.1.0"
        answers = say(
            honest, evil, pack(HELLO), *about(alloc), pack(Heartbeat(5.0)), until=lambda each: isinstance(each, Renew)
        )
        assert HaltTask(alloc, 0.0) in answers, "whoever says it runs there is told to stop it"
        assert honest.client.job(job).state == "running"
        assert honest.lines(job) == ["up"]
        assert honest.client.metrics(job) == []
        assert list(honest.client.artifacts(job)) == []
    finally:
        honest.client.kill(job)
        honest.finished(job)


def test_odd_figures_of_its_own_do_not_spoil_what_others_see(honest: Fleet, evil: Identity) -> None:
    nan = float("nan")
    odd = NodeTelemetry(
        time=nan, cpu=CpuTelemetry(cores=2**64 - 1, percent=INFINITY, load1=nan), notes=("\x1b[2J\0",) * 10_000
    )
    facts = msgspec.structs.replace(FACTS, hostname="\x1b[2J\n<script>", addresses=())
    answers = say(
        honest,
        evil,
        pack(HELLO),
        pack(TelemetryReport(odd)),
        pack(InventoryReport(facts)),
        pack(Heartbeat(nan)),
        until=lambda each: isinstance(each, Renew),
    )
    assert isinstance(answers[-1], Renew)
    assert {worker.name for worker in honest.client.workers()} >= {"a", "evil"}
    listed = honest.run("nodes")
    assert listed.returncode == 0, listed.stderr
    assert "\x1b[2J" not in listed.stdout


def test_odd_reports_about_its_own_task_end_that_job_only(honest: Fleet, evil: Identity) -> None:
    """The evil node is given a job, and lies about it."""
    job = ""

    async def talk() -> None:
        nonlocal job
        async with session(honest, node_credentials(evil)) as stream:
            await stream.write(pack(Hello(1, 1, msgspec.structs.replace(FACTS, slots=9))))
            await hear(stream, "Welcome")
            job = (await asyncio.to_thread(honest.submit, "true", nodes=1, slots=9)).id
            alloc = f"{job}.1.0"
            await hear(stream, "AssignTask")
            for report in (
                ReportTaskProgress(alloc, "running"),
                ReportTaskProgress(alloc, "prepared", 0),
                ReportTaskProgress(alloc, "running"),
                LogLines(alloc, 2**63 - 1, (LogEntry(-1e300, 2**63 - 1, "\0\x1b[2J"), LogEntry(1e300, 1, "back"))),
                LogLines(alloc, 0, (LogEntry(1.0, 5, "fine"),)),
                CurvePoints(alloc, 2**63, (CurvePoint(10**9, "x" * 100_000, -(2**63), -1e300, INFINITY, "sdk"),)),
                CurvePoints(alloc, 1, ()),
            ):
                await stream.write(pack(report))
            await hear(stream, "CurvesKept")
            exits = tuple(ExitReport(rank, -(2**63), 2**63 - 1, -1e300, "\0" * 1000) for rank in (0, 0, 10**9))
            await stream.write(pack(ReportTaskCompletion(alloc, exits, 10**12, outputs="0" * 64)))
            await hear(stream, "ForgetTask")

    asyncio.run(talk())
    view = honest.finished(job)
    assert view.state in ("failed", "succeeded")
    assert "fine" in honest.lines(job)
    for verb in ("show", "logs", "metrics", "events", "why"):
        done = honest.run(verb, job)
        assert done.returncode == 0, done.stderr
        assert "\x1b[2J" not in done.stdout
    assert honest.run("artifacts", "list", job).returncode in (0, 5)


async def hear(stream: Any, kind: str) -> None:
    """Reads until a message of this kind."""
    while True:
        data = await stream.read()
        assert isinstance(data, bytes), f"the session ended before {kind}"
        if type(unpack(data, HeadMessage)).__name__ == kind:
            return


def test_the_anonymous_certificate_opens_no_session(honest: Fleet, evil: Identity) -> None:
    unnamed = grpc.ssl_channel_credentials(evil.ca_pem, anonymous.KEY_PEM, anonymous.CERTIFICATE_PEM)

    async def talk() -> grpc.StatusCode:
        async with session(honest, unnamed) as stream:
            # Nothing is said: a write into a stream that has just been ended would fail with a status of its own.
            code: grpc.StatusCode = await stream.code()
            return code

    assert asyncio.run(talk()) is grpc.StatusCode.UNAUTHENTICATED
