"""Who goes first, who waits, and for what."""

from __future__ import annotations

from tensorfleet.core.control import Control
from tensorfleet.core.inputs import NodeConnected, SetDrain
from tensorfleet.core.job import JobState
from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.wait import WaitCode
from unit.fleets import World, facts, spec


def test_without_a_node_it_waits_and_says_so() -> None:
    world = World()
    world.submit("j", Request())
    assert world.why("j").code is WaitCode.NO_NODES
    world.add_node("a")
    world.obey()
    assert world.jobs["j"].state is JobState.RUNNING


def test_higher_priority_first_then_first_come() -> None:
    world = World()
    world.add_node("a", slots=1)
    world.submit("running", Request())
    world.mono += 1
    world.submit("early", Request())
    world.mono += 1
    world.submit("late", Request())
    world.mono += 1
    world.submit("urgent", Request(), priority=90)
    order = []
    for _ in range(4):
        world.obey()
        started = next(job for job in world.jobs.values() if job.state is JobState.RUNNING)
        order.append(started.id)
        world.finish(started.id)
    assert order == ["running", "urgent", "early", "late"]


def test_small_jobs_do_not_starve_a_large_gang_but_other_kinds_go_on() -> None:
    world = World()
    world.add_node("a", slots=2, gpus=1)
    world.submit("one", Request(Kind.SLOT, ranks=1), max_duration=3600.0)
    world.submit("wide", Request(Kind.SLOT, ranks=2))
    world.submit("small", Request(Kind.SLOT, ranks=1))
    world.submit("gpu", Request(Kind.GPU, ranks=1))
    assert world.why("wide").code is WaitCode.NO_CAPACITY
    assert world.why("small").code is WaitCode.BACKFILL_TOO_LONG
    assert "wide" in world.why("small").text
    world.submit("short", Request(Kind.SLOT, ranks=1), max_duration=600.0)
    assert world.jobs["short"].state is JobState.STARTING, "it is over before anybody needs its place"
    assert world.jobs["gpu"].state is JobState.STARTING


def test_a_job_no_online_node_could_take_holds_back_nobody() -> None:
    world = World()
    world.add_node("big", slots=8)
    world.add_node("small", slots=2)
    world.do(SetDrain("id-big", True, "admin"))
    world.submit("wide", Request(Kind.SLOT, ranks=4))
    world.submit("narrow", Request(Kind.SLOT, ranks=1))
    assert world.why("wide").code is WaitCode.DRAIN
    assert world.jobs["narrow"].state is JobState.STARTING


def test_gpus_are_held_by_uuid_and_given_back() -> None:
    world = World()
    world.add_node("a", gpus=2)
    world.submit("x", Request(Kind.GPU, ranks=1))
    world.submit("y", Request(Kind.GPU, ranks=1))
    world.submit("z", Request(Kind.GPU, ranks=2))
    held = {world.jobs[name].attempts[-1].shares[0].gpus for name in "xy"}
    assert held == {("GPU-a-0",), ("GPU-a-1",)}
    world.obey()
    world.finish("x")
    assert world.jobs["z"].state is JobState.QUEUED
    world.finish("y")
    assert world.jobs["z"].state is JobState.STARTING


def test_a_model_and_memory_are_honoured() -> None:
    world = World()
    world.add_node("a", gpus=1)
    world.submit("fits", Request(Kind.GPU, ranks=1, gpu_model="a100", gpu_memory=40 * 10**9))
    assert world.jobs["fits"].state is JobState.STARTING


def test_best_fit_keeps_large_holes_large() -> None:
    world = World()
    world.add_node("large", slots=8)
    world.add_node("tight", slots=2)
    world.submit("j", Request(Kind.SLOT, ranks=2))
    assert world.jobs["j"].attempts[-1].shares[0].node_name == "tight"


def test_a_plan_changes_nothing() -> None:
    world = World()
    world.add_node("a", slots=1)
    found = world.control.preview(spec(Request()), "ada", "vision", world.now)
    assert found.shares[0].node_name == "a"
    refused = world.control.preview(spec(Request(ranks=1, cpus=100.0)), "ada", "vision", world.now)
    assert refused.wait.code is WaitCode.IMPOSSIBLE
    assert not world.control.line(world.now)
    assert not world.jobs


def test_a_dropped_decision_leaves_no_trace() -> None:
    world = World()
    world.add_node("a", slots=1)
    from tensorfleet.core.inputs import Submit

    world.control.handle(Submit("j", spec(Request()), "ada", ""), world.now)
    world.control.settle(world.now)
    world.control.drop()
    assert list(world.control.fleet.jobs.values()) == []
    world.submit("k", Request())
    assert world.jobs["k"].state is JobState.STARTING


def test_a_restarted_brain_shows_nothing_as_running_until_the_agents_said_so() -> None:
    world = World()
    world.add_node("a", slots=1)
    world.submit("j", Request())
    world.obey()
    nodes = list(world.control.fleet.nodes.values())
    again = Control(list(world.jobs.values()), nodes, world.now)
    assert not again.fleet.reachable(world.jobs["j"], world.now)
    from tensorfleet.core.inputs import TaskFact
    from tensorfleet.core.job import TaskPhase

    again.handle(NodeConnected("id-a", facts(1, node="a"), (TaskFact("j.1.0", TaskPhase.RUNNING),)), world.now)
    assert again.fleet.reachable(world.jobs["j"], world.now)
