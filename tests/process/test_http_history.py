"""What a node measured over time, over REST: in Unix seconds, nothing of nobody, gone with its node."""

from __future__ import annotations

import time

import pytest

from process.rest_head import Head
from tensorfleet.wire.telemetry import CpuTelemetry, NodeTelemetry

HERE = "/api/v1/workers/n1/history"


@pytest.fixture(scope="module", autouse=True)
def node(rest: Head) -> None:
    rest.join("n1")


def test_it_is_told_and_is_gone_with_its_node(rest: Head) -> None:
    assert rest.ask("GET", HERE).json == {"every": 10.0, "times": [], "series": []}
    rest.join("gone")
    for node in ("id-n1", "id-gone"):
        told = NodeTelemetry(time=0.0, cpu=CpuTelemetry(cores=2, percent=12.5))
        rest.do(lambda node=node, told=told: rest.sessions.measured(node, told))
    for since in ("", f"?since={time.time() - 60}", f"?since=0&until={time.time()}"):
        answer = rest.ask("GET", HERE + since).json
        (series,) = answer["series"]
        assert (series["name"], series["unit"], series["values"]) == ("cpu", "percent", [12.5])
        assert time.time() - answer["times"][0] <= answer["every"] + 5
    assert rest.ask("GET", f"{HERE}?since={time.time() + 600}&until={time.time() + 700}").json["series"] == []
    assert rest.ask("DELETE", "/api/v1/workers/gone").status == 204
    rest.join("gone")
    assert rest.ask("GET", "/api/v1/workers/gone/history").json["series"] == []


@pytest.mark.parametrize("query", ["since=2&until=1", "since=nan", "until=nan", "since=soon", "since=1e999", "sinse=1"])
def test_what_is_no_stretch_of_time_is_refused(rest: Head, query: str) -> None:
    answer = rest.ask("GET", f"{HERE}?{query}")
    assert answer.status == 422
    assert answer.json["detail"]


def test_nobody_s_history_is_not_found(rest: Head) -> None:
    assert rest.ask("GET", "/api/v1/workers/nobody/history").status == 404
