"""Event streams: in order, without gap and double, over reconnects, until the job, the key or the head ends."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, takewhile
from pathlib import Path

import pytest
import urllib3

from process.rest_head import Head, head, until
from tensorfleet.core.event import Event
from tensorfleet.head.http import sse
from tensorfleet.wire.messages import CurvePoint, LogEntry


def record(rest: Head, kind: str, count: int = 1, **more: str) -> None:
    async def write() -> None:
        for number in range(count):
            await rest.services.shell.record(Event(kind, 1.0, f"number {number}", **more))

    rest.do(write())


def lines(rest: Head, job: str, rank: int, texts: list[str], end: int = 0) -> None:
    entries = []
    for text in texts:
        end += len(text) + 1
        entries.append(LogEntry(2.0, end, text))
    rest.do(rest.services.logs.append(job, 1, rank, tuple(entries)))


def submit(rest: Head, **more: object) -> str:
    return rest.ask("POST", "/api/v1/jobs", body={"run": "true", **more}).json["id"]


def test_a_client_that_comes_back_misses_nothing_and_sees_nothing_twice(rest: Head) -> None:
    record(rest, "node.test", 30)
    seen: list[int] = []
    last = "0"
    for take in (7, 1, 15, 7):
        with rest.stream("/api/v1/events", Last_Event_ID=last) as events:
            for _, last, event in islice(events, take):
                assert last == str(event["id"])
                seen.append(event["id"])
    newest = rest.do(rest.services.store.last_event)
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) == 30 <= newest


def test_a_stream_begins_with_now_and_brings_what_comes(rest: Head) -> None:
    with rest.stream("/api/v1/events") as events, ThreadPoolExecutor(1) as pool:
        first = pool.submit(next, events)
        until(lambda: rest.streams.total())
        record(rest, "node.fresh")
        kind, number, event = first.result(10)
        assert (kind, event["kind"], number) == ("event", "node.fresh", str(event["id"]))


def test_a_place_that_is_none_is_refused_before_the_stream_begins(rest: Head) -> None:
    job = submit(rest)
    for path in ("/api/v1/events", "/worker-activity", f"/api/v1/jobs/{job}/metrics", f"/api/v1/jobs/{job}/logs"):
        for place in ("x", "-1", "1e3", "9" * 30, "²"):
            headers = {"Accept": "text/event-stream", "Last_Event_ID": place.encode().decode("latin-1")}
            assert rest.ask("GET", path, **headers).status == 422, (path, place)


def test_logs_are_followed_to_the_end_of_the_job(rest: Head) -> None:
    rest.join("logs", slots=8)
    job = submit(rest)
    lines(rest, job, 0, ["one", "two"])
    with rest.stream(f"/api/v1/jobs/{job}/logs") as stream, ThreadPoolExecutor(1) as pool:
        read = pool.submit(list, stream)
        lines(rest, job, 0, ["three"], end=8)
        rest.finish(job)
        messages = read.result(10)
    assert [data["text"] for kind, _, data in messages if kind == "line"] == ["one", "two", "three"]
    assert messages[-1][0] == "end"
    assert messages[-1][2]["state"] == "succeeded"


def test_a_log_goes_on_behind_any_of_its_lines(rest: Head) -> None:
    job = submit(rest)
    lines(rest, job, 0, [f"line {number}" for number in range(50)])
    lines(rest, job, 1, ["other"])
    rest.finish(job)
    with rest.stream(f"/api/v1/jobs/{job}/logs?rank=0") as stream:
        all_of_it = [(place, data["text"]) for kind, place, data in stream if kind == "line"]
    assert len(all_of_it) == 50
    for index in (0, 17, 49):
        with rest.stream(f"/api/v1/jobs/{job}/logs?rank=0", Last_Event_ID=all_of_it[index][0]) as stream:
            rest_of_it = [data["text"] for kind, _, data in stream if kind == "line"]
        assert rest_of_it == [text for _, text in all_of_it[index + 1 :]]


def test_a_stream_of_logs_may_begin_with_the_last_lines(rest: Head) -> None:
    job = submit(rest)
    lines(rest, job, 0, [str(number) for number in range(2500)])
    rest.finish(job)
    with rest.stream(f"/api/v1/jobs/{job}/logs?tail=3") as stream:
        assert [data["text"] for kind, _, data in stream if kind == "line"] == ["2497", "2498", "2499"]
    with rest.stream(f"/api/v1/jobs/{job}/logs") as stream:
        assert sum(kind == "line" for kind, _, _ in stream) == 2500


def test_logs_come_as_plain_text_too(rest: Head) -> None:
    job = submit(rest)
    lines(rest, job, 1, ["<b>hi</b>", "\x1b[31mred"])
    answer = rest.ask("GET", f"/api/v1/jobs/{job}/logs", Accept="text/plain")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.data == b"1: <b>hi</b>\n1: \x1b[31mred\n"
    assert rest.ask("GET", f"/api/v1/jobs/{job}/logs?rank=1", Accept="text/plain").data == b"<b>hi</b>\n\x1b[31mred\n"
    saved = rest.ask("GET", f"/api/v1/jobs/{job}/logs?rank=1&download=1")
    assert saved.headers["Content-Disposition"] == f"attachment; filename={job}.rank-1.log"
    assert saved.data == b"<b>hi</b>\n\x1b[31mred\n"


def test_points_are_followed_to_the_end_of_the_job(rest: Head) -> None:
    job = submit(rest)
    points = [CurvePoint(0, "loss", step, 3.0, 1 / (step + 1), "sdk") for step in range(5)]
    points.append(CurvePoint(0, "loss", 5, 3.0, math.nan, "sdk"))
    rest.do(rest.services.curves.append(job, 1, points))
    with rest.stream(f"/api/v1/jobs/{job}/metrics") as stream, ThreadPoolExecutor(1) as pool:
        read = pool.submit(list, stream)
        rest.finish(job)
        messages = read.result(10)
    steps = [(place, data["points"][0][0], data["points"][0][2]) for kind, place, data in messages if kind == "point"]
    assert [step for _, step, _ in steps] == [0, 1, 2, 3, 4, 5]
    assert steps[5][2] is None
    assert messages[-1][0] == "end"
    with rest.stream(f"/api/v1/jobs/{job}/metrics", Last_Event_ID=steps[3][0]) as stream:
        assert [data["points"][0][0] for kind, _, data in stream if kind == "point"] == [4, 5]


def test_points_that_come_after_a_reading_are_followed_without_a_gap(rest: Head) -> None:
    job = submit(rest)

    def log(first: int, last: int) -> None:
        points = [CurvePoint(0, "loss", step, 3.0, 1 / (step + 1), "sdk") for step in range(first, last)]
        rest.do(rest.services.curves.append(job, 1, points))

    log(0, 5)
    read = rest.ask("GET", f"/api/v1/jobs/{job}/metrics").json
    assert read["items"][0]["count"] == 5
    log(5, 8)
    rest.finish(job)
    with rest.stream(f"/api/v1/jobs/{job}/metrics?after={read['after']}") as stream:
        assert [data["points"][0][0] for kind, _, data in stream if kind == "point"] == [5, 6, 7]
    part = rest.ask("GET", f"/api/v1/jobs/{job}/metrics?first=2&last=4").json["items"]
    assert [[step for step, _, _ in each["points"]] for each in part] == [[2, 3, 4]]
    assert rest.ask("GET", f"/api/v1/jobs/{job}/metrics?first=9").json["items"] == []
    assert rest.ask("GET", f"/api/v1/jobs/{job}/metrics?first=x").status == 422


def test_the_activity_begins_with_every_node_and_tells_what_happens_to_them(rest: Head) -> None:
    rest.join("act")
    with rest.stream("/worker-activity") as stream, ThreadPoolExecutor(1) as pool:
        known = takewhile(lambda message: message[2]["name"] != "act", stream)
        first = pool.submit(list, known)
        assert all(kind == "worker" and place == "" for kind, place, _ in first.result(10))
        late = pool.submit(next, (m for m in stream if m[0] == "event" and m[2]["kind"] == "node.joined"))
        rest.join("late")
        assert late.result(10)[2]["text"].startswith("late joined")


def test_a_stream_ends_with_its_key(rest: Head) -> None:
    secret = rest.key_for("streamer", "viewer")
    mine = rest.ask("GET", "/api/v1/keys", secret).json["items"][0]["id"]
    with rest.stream("/api/v1/events", secret) as stream, ThreadPoolExecutor(1) as pool:
        ended = pool.submit(list, stream)
        assert rest.ask("DELETE", f"/api/v1/keys/{mine}").status == 204
        assert ended.result(10) == []


def test_a_quiet_stream_is_kept_alive_and_given_up_when_the_client_left(
    rest: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT", 0.05)
    secret = rest.key_for("quiet", "viewer")
    response = urllib3.request(
        "GET",
        f"{rest.url}/api/v1/events",
        headers={"Authorization": f"Bearer {secret}", "Accept": "text/event-stream"},
        preload_content=False,
        timeout=10,
    )
    got = b""
    while got.count(b":\n\n") < 2:
        got += response.read1()
    assert got.startswith(b"retry: ")
    response.close()
    until(lambda: not rest.streams.total())


def test_a_client_that_reads_nothing_is_dropped(rest: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "STALLED", 0.3)
    job = submit(rest)
    lines(rest, job, 0, ["x" * 10_000] * 2000)
    response = urllib3.request(
        "GET",
        f"{rest.url}/api/v1/jobs/{job}/logs",
        headers={"Authorization": f"Bearer {rest.admin}", "Accept": "text/event-stream"},
        preload_content=False,
        timeout=10,
    )
    until(lambda: not rest.streams.total())
    response.close()


def test_one_key_has_so_many_streams_and_not_more(rest: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "STREAMS", 2)
    secret = rest.key_for("many", "viewer")
    with rest.stream("/api/v1/events", secret), rest.stream("/worker-activity", secret):
        third = rest.ask("GET", "/api/v1/events", secret, Accept="text/event-stream")
        assert (third.status, third.json["code"]) == (429, "too_many_requests")
        assert rest.ask("GET", "/api/v1/events", secret).status == 200


def test_the_end_of_the_head_ends_streams_properly_and_in_time(tmp_path: Path) -> None:
    with head(tmp_path) as running, ThreadPoolExecutor(3) as pool:
        with (
            running.stream("/api/v1/events") as one,
            running.stream("/worker-activity") as two,
            running.stream(f"/api/v1/jobs/{submit(running)}/logs") as three,
        ):
            reads = [pool.submit(list, stream) for stream in (one, two, three)]
            began = running.do(running.loop.time)
            running.stop()
            assert [read.result(5) is not None for read in reads] == [True] * 3
        assert running.loop.time() - began < 2.0
