"""Whatever bytes arrive: a message of the protocol, or InvalidRequest or TooLarge, and nothing else."""

from __future__ import annotations

import struct
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorfleet.errors import InvalidRequest, TooLarge
from tensorfleet.wire.codec import MAX_BYTES, pack, unpack
from tensorfleet.wire.messages import (
    AgentMessage,
    AssignTask,
    CurvePoint,
    CurvePoints,
    CurvesKept,
    ExitReport,
    ForgetTask,
    GpuFact,
    HaltTask,
    HeadMessage,
    Heartbeat,
    Hello,
    InventoryReport,
    LaunchTask,
    LogEntry,
    LogLines,
    LogsKept,
    NodeFacts,
    Refused,
    Renew,
    ReportTaskCompletion,
    ReportTaskProgress,
    TaskState,
    TelemetryReport,
    Welcome,
)
from tensorfleet.wire.telemetry import CpuTelemetry, GpuTelemetry, MemoryTelemetry, NodeTelemetry

BOTH = pytest.mark.parametrize("kind", [AgentMessage, HeadMessage], ids=["to the head", "to the agent"])
FACTS = NodeFacts("gpu-1", "boot/7", ("10.0.0.5",), "0.1.0", 8, 8.0, 2**34, (GpuFact("GPU-1", 0, "H200", 2**37),))
TELEMETRY = NodeTelemetry(
    time=1.5,
    cpu=CpuTelemetry(cores=8, percent=None),
    memory=MemoryTelemetry(total=2**34, available=1, used=2),
    gpus=(GpuTelemetry(uuid="GPU-1", index=0, model="H200", lost=True),),
)
TO_HEAD = [
    Hello(1, 1, FACTS, (TaskState("j1.1.0", "running"),)),
    Heartbeat(12.25),
    TelemetryReport(TELEMETRY),
    InventoryReport(FACTS),
    ReportTaskProgress("j1.1.0", "prepared", 4000),
    ReportTaskCompletion("j1.1.0", (ExitReport(0, None, 9, 1.0, "killed", True),), 0, "", False, "", (77,)),
    LogLines("j1.1.0", 3, (LogEntry(1.0, 5, "für dich\t\0"), LogEntry(1.0, 9, "50 %", True))),
    CurvePoints("j1.1.0", 1, (CurvePoint(0, "loss", 2**40, 1.0, 0.5, "sdk"),)),
]
TO_AGENT = [
    Welcome(1, "fleet", "n1", "gpu-1"),
    Refused("not_found", "Gone.", "Join."),
    Renew(12.25),
    AssignTask("j1.1.0", "j1", "n", 1, 0, 0, (2, 2), ("GPU-1",), ("true",), {"A": "b"}, "", "", True, False),
    LaunchTask("j1.1.0", "10.0.0.5:4000"),
    HaltTask("j1.1.0", 10.0),
    ForgetTask("j1.1.0"),
    LogsKept("j1.1.0", 0, 2**62),
    CurvesKept("j1.1.0", 7),
]
MESSAGES = [(AgentMessage, message) for message in TO_HEAD] + [(HeadMessage, message) for message in TO_AGENT]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=8)
)
fields = st.sampled_from(sorted({"type", "alloc", *(name for _, m in MESSAGES for name in m.__struct_fields__)}))
tags = st.sampled_from([type(message).__name__ for _, message in MESSAGES])
structures = st.recursive(
    scalars | tags,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(fields | st.text(max_size=5) | scalars, inner),
    max_leaves=20,
)


def survives(data: bytes, kind: Any) -> None:
    """`unpack` answers with a message, or with one short sentence."""
    try:
        message = unpack(data, kind)
    except (InvalidRequest, TooLarge) as refusal:
        sentence = refusal.detail
    else:
        sentence = "A message."
        assert unpack(pack(message), kind) == message or "nan" in repr(message)
    assert 0 < len(sentence) < 300


@pytest.mark.parametrize(("kind", "message"), MESSAGES, ids=lambda each: type(each).__name__)
def test_every_message_arrives_as_it_was_sent(kind: Any, message: object) -> None:
    assert unpack(pack(message), kind) == message


@BOTH
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes(kind: Any, data: bytes) -> None:
    survives(data, kind)


@BOTH
@given(plain=structures)
def test_arbitrary_structures(kind: Any, plain: object) -> None:
    survives(msgpack.packb(plain), kind)


@BOTH
@given(tag=tags, rest=st.dictionaries(fields, structures, max_size=6))
def test_a_known_tag_with_arbitrary_fields(kind: Any, tag: str, rest: dict[str, object]) -> None:
    survives(msgpack.packb({**rest, "type": tag}), kind)


@settings(max_examples=400)
@given(which=st.sampled_from(MESSAGES), data=st.data())
def test_messages_with_a_few_bytes_changed(which: tuple[Any, object], data: st.DataObject) -> None:
    kind, message = which
    changed = bytearray(pack(message))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    survives(bytes(changed[: data.draw(st.integers(0, len(changed)))]) or bytes(changed), kind)


@settings(max_examples=400)
@given(which=st.sampled_from(MESSAGES), data=st.data())
def test_messages_with_one_field_changed_or_left_out(which: tuple[Any, object], data: st.DataObject) -> None:
    kind, message = which
    plain = msgpack.unpackb(pack(message))
    name = data.draw(st.sampled_from(sorted(plain)))
    if data.draw(st.booleans()):
        plain[name] = data.draw(structures)
    else:
        del plain[name]
    survives(msgpack.packb(plain), kind)


HEADERS = {
    "a list of 2^32-1": b"\xdd\xff\xff\xff\xff",
    "a map of 2^32-1": b"\xdf\xff\xff\xff\xff",
    "a text of 2^32-1": b"\xdb\xff\xff\xff\xff",
    "bytes of 2^32-1": b"\xc6\xff\xff\xff\xff",
    "an extension of 2^32-1": b"\xc9\xff\xff\xff\xff\x05",
    "a timestamp": b"\xd6\xff\x00\x00\x00\x00",
    "a timestamp out of range": b"\xc7\x0c\xff" + b"\xff" * 12,
    "a map whose key is a list": b"\x81\x90\x01",
    "a map whose key is a map": b"\x81\x80\x01",
    "a map whose key is bytes": b"\x81\xc4\x01a\x01",
    "half a surrogate pair": b"\xa3\xed\xa0\x80",
    "two messages": pack(Heartbeat(1.0)) * 2,
    "nothing": b"",
    "the byte that msgpack never uses": b"\xc1",
}


@BOTH
@pytest.mark.parametrize("data", HEADERS.values(), ids=HEADERS)
def test_what_no_honest_peer_sends_is_refused(kind: Any, data: bytes) -> None:
    for inside in (data, b"\x81\xa4type" + data, b"\x91" + data):
        with pytest.raises(InvalidRequest):
            unpack(inside, kind)


@BOTH
@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1a", b"\x92\x01", b"\xdc\x00\x01"], ids=bytes.hex)
@pytest.mark.parametrize("depth", [500, 1500, 100_000])
def test_depth_is_refused(kind: Any, opening: bytes, depth: int) -> None:
    with pytest.raises(InvalidRequest):
        unpack(opening * depth + b"\xc0", kind)
    with pytest.raises(InvalidRequest):
        unpack(b"\x82\xa4type\xa9Heartbeat\xa1x" + opening * depth + b"\xc0", kind)


def test_a_list_of_empty_lists_is_bounded() -> None:
    with pytest.raises(InvalidRequest):
        unpack(b"\xdd" + struct.pack(">I", 2_000_000) + b"\x90" * 2_000_000, AgentMessage)


@BOTH
def test_over_four_megabytes_nothing_is_read(kind: Any) -> None:
    with pytest.raises(TooLarge):
        unpack(b"\xc0" * (MAX_BYTES + 1), kind)
    with pytest.raises(TooLarge):
        pack(LogLines("j1.1.0", 0, (LogEntry(1.0, 1, "x" * MAX_BYTES),)))
