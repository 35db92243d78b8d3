"""A job file made of a spec asks for the same spec; retry and array fields are understood or refused."""

from __future__ import annotations

import dataclasses

import pytest

from tensorfleet.core.checkpoint import Best, Checkpoint, CheckpointPolicy
from tensorfleet.core.job import ArrayPlace, JobSpec, PythonEnv, RetryOn, RetryPolicy, Watchdog
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.policy import JobClass
from tensorfleet.errors import InvalidRequest
from tensorfleet.wire.array import parse_array
from tensorfleet.wire.jobfile import JobFile, RetryFile, check_fields
from tensorfleet.wire.jobspec import from_spec, to_spec

FULL = JobSpec(
    "digits",
    ("python", "train.py", "--note", "a b; c"),
    env={"A": "1"},
    code="0" * 64,
    python=PythonEnv("/opt/env"),
    priority=70,
    max_duration=60.0,
    grace=5.0,
    warm=False,
    recipe="digits",
    retry=RetryPolicy(7, (RetryOn.NODE,)),
    after=("j1",),
    array=ArrayPlace("a1", 3),
    watchdog=Watchdog(5.0, 90.0),
    checkpoint=CheckpointPolicy(60.0, 5, "/nfs/saved", "accuracy", Best.MAX),
    resume=Checkpoint(1, 2, 30, 100.0, 1),
    job_class=JobClass.BATCH,
    hold=True,
    preemptible=False,
)
NOT_TAKEN_OVER = {"recipe": "", "after": (), "array": None, "resume": None, "hold": False}


@pytest.mark.parametrize(
    "request_",
    [
        Request(),
        Request(Kind.SLOT, 6, nodes=3, cpus=1.5, memory=2**30),
        Request(Kind.GPU, 8, gpu_model="A100", gpu_memory=40 * 10**9),
        Request(Kind.GPU, 8, nodes=2),
        Request(Kind.GPU, 8, nodes=4, min_nodes=2),
        Request(Kind.SLOT, 3, nodes=3, min_nodes=1),
        Request(Kind.GPU, 8, nodes=3, shape=(4, 2, 2), spread=True),
        Request(Kind.SLOT, 3, nodes=2, shape=(1, 2), labels=(("rack", "a"), ("room", "7")), apart="web"),
        Request(Kind.GPU, 8, gpu_model="H100|A100", gpu_memory=40 * 10**9, gpu_memory_max=80 * 2**30),
        Request(Kind.GPU, 8, gpu_memory_max=80 * 2**30),
        Request(Kind.GPU, 8, gpu_memory=1),
    ],
)
def test_a_job_file_made_of_a_spec_asks_for_the_same(request_: Request) -> None:
    spec = dataclasses.replace(FULL, request=request_)
    assert to_spec(from_spec(spec)) == dataclasses.replace(spec, **NOT_TAKEN_OVER)  # type: ignore[arg-type]


def test_no_field_of_a_spec_is_forgotten() -> None:
    plain = JobSpec(FULL.name, FULL.run)
    same = {
        field.name for field in dataclasses.fields(JobSpec) if getattr(plain, field.name) == getattr(FULL, field.name)
    }
    assert same == {"name", "run", "request"}, "give FULL another value, so that the test above covers the field"


def test_no_field_of_a_request_is_forgotten() -> None:
    plain = Request()
    tried = [each for mark in test_a_job_file_made_of_a_spec_asks_for_the_same.pytestmark for each in mark.args[1]]
    for field in dataclasses.fields(Request):
        assert any(getattr(each, field.name) != getattr(plain, field.name) for each in tried), field.name


@pytest.mark.parametrize(
    ("text", "values", "most"),
    [
        ("0-3", (0, 1, 2, 3), 0),
        ("7", (7,), 0),
        ("0-30:10", (0, 10, 20, 30), 0),
        ("5,1-2, 2", (1, 2, 5), 0),
        ("0-9%4", tuple(range(10)), 4),
        ("0-999", tuple(range(1000)), 0),
    ],
)
def test_indices(text: str, values: tuple[int, ...], most: int) -> None:
    assert parse_array(text) == (values, most)


@pytest.mark.parametrize(
    "text", ["x", "3-1", "0-9:0", "0-1000", "1,,2", "0-9%0", "0-9%", "-1", "0-99999999999", "٣", "%2"]
)
def test_indices_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="Write it like 0-9"):
        to_spec(JobFile(run="true", array=text))


def test_kinds_of_faults_are_named_or_refused() -> None:
    assert to_spec(check_fields({"run": "true", "retry": {"on": ["oom"]}}, JobFile)).retry == RetryPolicy(
        3, (RetryOn.OOM,)
    )
    for retry in (RetryFile(on=["exit"]), RetryFile(on=["moon"]), RetryFile(max=-1), RetryFile(max=10**6)):
        with pytest.raises(InvalidRequest, match=r"retry\."):
            to_spec(JobFile(run="true", retry=retry))
    with pytest.raises(InvalidRequest, match="Did you mean `max`"):
        check_fields({"run": "true", "retry": {"maxx": 1}}, JobFile)


@pytest.mark.parametrize(
    "job",
    [
        {"elastic": {"min_nodes": 3, "max_nodes": 2}},
        {"elastic": {"min_nodes": 0, "max_nodes": 2}},
        {"elastic": {"min_nodes": 1}},
        {"elastic": {"min_nodes": 1, "max_nodes": 2}, "resources": {"gpus": 4}},
        {"elastic": {"min_nodes": 2, "max_nodes": 4}, "resources": {"nodes": 1}},
        {"elastic": {"min_node": 2}},
    ],
)
def test_ranges_of_nodes_that_are_refused(job: dict[str, object]) -> None:
    with pytest.raises(InvalidRequest, match="elastic"):
        to_spec(check_fields({"run": "true", **job}, JobFile))


def test_a_watchdog_is_off_or_has_a_rhythm() -> None:
    off = to_spec(check_fields({"run": "true", "watchdog": "off"}, JobFile))
    assert off.watchdog == Watchdog(0.0, 0.0)
    assert to_spec(from_spec(off)).watchdog == off.watchdog
    assert to_spec(check_fields({"run": "true", "watchdog": {"floor": "2m"}}, JobFile)).watchdog.floor == 120.0
    for bad in ("on", {"factor": 1}, {"factor": float("nan")}, {"floor": "soon"}, {"flor": 1}):
        with pytest.raises(InvalidRequest, match=r"watchdog"):
            to_spec(check_fields({"run": "true", "watchdog": bad}, JobFile))
