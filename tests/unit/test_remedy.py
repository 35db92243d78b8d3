"""Every change that is offered to a waiting job can be written down, changes what it says, and starts the job."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tensorfleet.cli.run import change_job, run
from tensorfleet.core.changes import COUNTS, Change
from tensorfleet.core.inputs import Reserve, SetPolicy, Submit
from tensorfleet.core.job import Job, JobSpec, JobState
from tensorfleet.core.remedy import remedy
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.booking import Booking
from tensorfleet.core.scheduling.policy import Discipline, Policy, Slice
from tensorfleet.wire.jobfile import JobFile, check_fields
from tensorfleet.wire.jobspec import from_spec, to_spec
from unit.crowded import GB, add_node, crowded
from unit.fleets import World


def offered(world: World, job: Job) -> Change | None:
    scheduler, at = world.control.dispatch.scheduler, world.control.dispatch.clock(world.now)
    return remedy(job, scheduler.line.asks[job.id], scheduler, at)


def by_file(job: JobSpec, change: Change) -> JobSpec:
    """The job whose file has the fields of `change`, and is the same elsewhere."""
    plain = msgspec.to_builtins(from_spec(job))
    for name, value in change.fields.items():
        place: Any = plain
        *way, last = name.split(".")
        for part in way:
            place = place[part]
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return to_spec(check_fields(plain, JobFile))


def by_options(job: JobSpec, change: Change) -> JobSpec:
    """The job that is submitted with the same file, and the options of `change`."""
    flags: dict[str, Any] = dict(run.make_context("run", shlex.split(" ".join(change.options))).params)
    return to_spec(change_job(from_spec(job), flags))


def check(world: World, job: Job, change: Change) -> None:
    """It is the same to the head, to the command line and in a job file; then it is submitted, and starts."""
    same = to_spec(from_spec(job.spec))
    assert by_file(job.spec, change) == replace(
        same,
        request=change.spec.request,
        max_duration=change.spec.max_duration,
        preemptible=change.spec.preemptible,
    )
    if change.options:
        assert by_options(job.spec, change) == by_file(job.spec, change)
    assert change.options or change.without or set(change.fields) <= {"resources.cpus", "resources.memory"}
    for words in (*change.options, *change.without):
        assert words in change.text
    for name, value in change.fields.items():
        assert name in change.text or (value is None and name.removeprefix("resources.") in COUNTS)
    world.control.handle(Submit("again", by_file(job.spec, change), job.owner, job.team), world.now)
    world.control.settle(world.now)
    fresh = world.control.fleet.jobs.get("again")
    assert fresh is not None
    assert fresh.state is JobState.STARTING, (job.id, change)


@pytest.mark.parametrize("first", range(0, 320, 80))
def test_every_change_that_is_offered_starts_the_job(first: int) -> None:
    found = 0
    for seed in range(first, first + 80):
        world = crowded(seed)
        for job in [each for each in world.jobs.values() if each.state is JobState.QUEUED]:
            change = offered(world, job)
            if change is not None:
                found += 1
                check(crowded(seed), job, change)
    assert found > 20


def slots(ranks: int, **more: Any) -> Request:
    return Request(Kind.SLOT, ranks=ranks, **more)


def gpus(ranks: int, **more: Any) -> Request:
    return Request(Kind.GPU, ranks=ranks, **more)


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (gpus(2, gpu_model="H100"), "Take any GPU model: --gpu '' (in a job file, no resources.gpu)."),
        (
            gpus(2, gpu_model="H100", gpu_memory=40 * GB),
            'Take any GPU model of 40 GB or more: --gpu :40GB.. (in a job file, resources.gpu: ":40GB..").',
        ),
        (
            gpus(2, gpu_model="A100", gpu_memory=80 * GB),
            'Take A100 GPUs of any memory: --gpu A100 (in a job file, resources.gpu: "A100").',
        ),
        (
            gpus(1, nodes=1, gpu_model="H100"),
            "Take any GPU model: --gpu '' --nodes 1 --gpus-per-node 1 (in a job file, no resources.gpu, "
            "resources.nodes: 1 and resources.gpus_per_node: 1, and no other counts).",
        ),
        (
            gpus(1, labels=(("net", "ib"), ("rack", "b"))),
            'Leave out a label: without --label rack=b (in a job file, resources.labels: {"net": "ib"}).',
        ),
        (
            gpus(1, labels=(("rack", "b"),)),
            "Leave out the labels: without --label rack=b (in a job file, no resources.labels).",
        ),
        (
            gpus(1, apart="bert"),
            "Let it share nodes with jobs like it: --apart '' (in a job file, no resources.apart).",
        ),
        (
            gpus(4, nodes=2),
            "Leave its split over nodes to the scheduler: --gpus 4 "
            "(in a job file, resources.gpus: 4, and no other counts).",
        ),
        (
            gpus(6, nodes=1),
            "Ask for 4 GPUs: --nodes 1 --gpus-per-node 4 (in a job file, resources.nodes: 1 and "
            "resources.gpus_per_node: 4, and no other counts).",
        ),
        (
            gpus(8, nodes=2, min_nodes=2),
            "Let it begin on 1 node: --nodes 2 --gpus-per-node 4 --min-nodes 1 (in a job file, elastic.min_nodes: 1).",
        ),
        (slots(2, cpus=4.0), "Do not claim 4 cores a rank: in a job file, no resources.cpus."),
    ],
)
def test_what_is_offered_is_written_out(wish: Request, text: str) -> None:
    """Free are four 40 GB A100 of node a, in rack a, two of its cores, and two of the cores of b."""
    world = World()
    add_node(world, "a", 4, 6, "NVIDIA A100", 40, "a")
    add_node(world, "b", 4, 4, "NVIDIA H100", 80, "b")
    add_node(world, "c", 0, 4, "NVIDIA A100", 80, "c")
    world.submit("h100", gpus(4, gpu_model="H100"))
    world.submit("a100", gpus(4, gpu_memory=80 * GB))
    world.submit("like", gpus(2, apart="bert"))
    world.submit("cores", slots(2, cpus=3.0))
    world.submit("more", slots(2, cpus=3.0))
    world.submit("j", wish)
    found = offered(world, world.jobs["j"])
    assert found is not None
    assert found.text == text
    check(world, world.jobs["j"], found)


def promised() -> World:
    """One of two slots of `a` is in use for an hour, and then both are for `wide`."""
    world = World()
    world.add_node("a", slots=2)
    world.submit("one", slots(1), max_duration=3600.0)
    world.submit("wide", slots(2))
    return world


def test_a_limit_is_offered_where_only_a_promise_is_in_the_way() -> None:
    world = promised()
    world.submit("small", slots(1))
    found = offered(world, world.jobs["small"])
    assert found is not None
    assert found.text == 'Limit it to 58 min: --max-duration 58m (in a job file, max_duration: "58m").'
    assert found.spec.max_duration == 58 * 60
    check(world, world.jobs["small"], found)


def test_a_shorter_limit_is_offered_and_never_a_longer_one() -> None:
    world = promised()
    world.submit("small", slots(1), max_duration=2 * 3600.0)
    found = offered(world, world.jobs["small"])
    assert found is not None
    assert found.spec.max_duration == 58 * 60
    world = promised()
    world.wait(3000, "a")
    world.submit("small", slots(1), max_duration=1200.0)
    found = offered(world, world.jobs["small"])
    assert found is not None
    assert found.spec.max_duration < 1200


def test_before_a_reservation_a_limit_is_offered_or_that_it_may_be_interrupted() -> None:
    for begins, text in ((3700.0, "Limit it to 57 min"), (200.0, "Let others take its place")):
        world = World()
        world.add_node("a", slots=2)
        world.do(Reserve(Booking("r1", 1000 + begins, 9000.0, ("id-a",), team="nlp", by="eve")))
        world.submit("j", slots(1), preemptible=False)
        found = offered(world, world.jobs["j"])
        assert found is not None
        assert found.what == text
        check(world, world.jobs["j"], found)


def test_who_would_be_spread_may_be_packed_beside_what_is_promised() -> None:
    world = World()
    world.add_node("a", slots=8)
    world.submit("one", slots(4), max_duration=60.0)
    world.submit("wide", slots(6))
    world.submit("j", slots(2, spread=True))
    found = offered(world, world.jobs["j"])
    assert found is not None
    assert found.text == "Let it be packed: without --spread (in a job file, no resources.spread)."
    check(world, world.jobs["j"], found)


def test_below_a_cap_as_many_ranks_as_it_leaves() -> None:
    world = World()
    world.do(SetPolicy(Policy(teams={"vision": Slice(cap=3)}), "admin"))
    world.add_node("a", slots=8)
    world.submit("one", slots(1))
    world.submit("j", slots(6))
    found = offered(world, world.jobs["j"])
    assert found is not None
    assert found.options == ("--slots 2",)
    check(world, world.jobs["j"], found)


def test_nothing_is_offered_to_whom_nobody_may_let_by() -> None:
    world = World()
    world.do(SetPolicy(Policy(discipline=Discipline.FIFO), "admin"))
    world.add_node("a", slots=2)
    world.submit("one", slots(1))
    world.submit("wide", slots(2))
    world.mono += 1
    world.submit("small", slots(2))
    assert offered(world, world.jobs["small"]) is None


def test_what_is_tried_leaves_nothing_behind() -> None:
    world = promised()
    world.submit("small", slots(1))
    scheduler = world.control.dispatch.scheduler
    before = (list(scheduler.line.asks), dict(scheduler.promises), len(scheduler.holdings))
    assert offered(world, world.jobs["small"])
    assert (list(scheduler.line.asks), dict(scheduler.promises), len(scheduler.holdings)) == before
