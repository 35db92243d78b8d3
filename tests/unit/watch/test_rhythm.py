"""When silence is too long: learned from the job's own steps, and never inside of a declared phase."""

from __future__ import annotations

import json
from pathlib import Path

from tensorfleet.agent.watch.guilt import guilty
from tensorfleet.agent.watch.rhythm import LEAST_STEPS, Rhythm
from tensorfleet.agent.watch.stacks import Stack
from tensorfleet.agent.watch.steps import StepFile


def beating(step: float, steps: int = 50, floor: float = 20.0) -> Rhythm:
    rhythm = Rhythm(10.0, floor)
    for number in range(steps):
        rhythm.progressed(number * step, 1, number, step)
    return rhythm


def test_quick_steps_have_the_floor_and_slow_ones_ten_of_their_own() -> None:
    assert beating(0.1).limit == 20.0
    assert beating(60.0).limit == 600.0


def test_silence_is_too_long_behind_the_limit_and_not_before() -> None:
    rhythm = beating(0.1)
    last = 49 * 0.1
    assert not rhythm.is_overdue(last + 20.0)
    assert rhythm.is_overdue(last + 20.1)
    assert rhythm.is_overdue(last + 10.1, 0.5)


def test_a_job_that_has_hardly_begun_or_tells_no_steps_is_never_overdue() -> None:
    assert not beating(0.1, steps=LEAST_STEPS - 1).is_overdue(1e9)
    assert not Rhythm(10.0, 20.0).is_overdue(1e9)


def test_a_few_slow_steps_do_not_raise_the_limit() -> None:
    rhythm = beating(0.1)
    for _ in range(5):
        rhythm.progressed(10.0, 1, 99, 500.0)
    assert rhythm.limit == 20.0


def test_a_phase_may_take_as_long_as_it_likes() -> None:
    rhythm = beating(0.1)
    rhythm.entered(5.0)
    rhythm.entered(6.0)
    rhythm.left(7.0)
    assert not rhythm.is_overdue(1e6)
    rhythm.left(1e6)
    assert not rhythm.is_overdue(1e6 + 20)
    assert rhythm.is_overdue(1e6 + 21)


def test_a_factor_of_nothing_watches_nothing() -> None:
    rhythm = Rhythm(0.0, 0.0)
    rhythm.progressed(0.0, 100, 1, 1.0)
    assert not rhythm.is_overdue(1e9)


def test_steps_are_read_from_what_a_rank_appends(tmp_path: Path) -> None:
    file, rhythm = tmp_path / "rank-0.jsonl", Rhythm(10.0, 1.0)
    steps = StepFile(file)
    steps.read_into(rhythm, 0.0)
    with file.open("a") as out:
        for number in range(20):
            for name in ("loss", "accuracy"):  # two records of one step are one step
                out.write(json.dumps({"t": 100 + number * 0.5, "step": number, "m": {name: 1.0}}) + "\n")
        out.write('nonsense\n{"t":"x"}\n[]\n{"t": 1, "step": "seven", "m": {}}\n{"t": 111.0, "step": 20')
        out.flush()
        steps.read_into(rhythm, 10.0)
        assert (rhythm.steps, rhythm.step, rhythm.limit) == (19, 19, 5.0)
        out.write(', "m": {"loss": 1}}\n{"t": 112, "phase": "evaluation", "in": true}\n')
        out.flush()
        steps.read_into(rhythm, 20.0)
        assert (rhythm.steps, rhythm.phases) == (20, 1)
        out.write('{"t": 500, "phase": "evaluation", "in": false}\n{"t": 501, "step": 21, "m": {"loss": 1}}\n')
        out.flush()
        steps.read_into(rhythm, 400.0)
        assert (rhythm.phases, rhythm.limit) == (0, 5.0), "a phase is no step"


WAITS = Stack("S", 'Thread 1 (idle): "MainThread"\n    all_reduce (torch/distributed.py:1)\n    main (t.py:9)\n')
READS = Stack("S", 'Thread 1 (idle): "MainThread"\n    read (data.py:7)\n    main (t.py:3)\n')


WRITES = Stack("S", 'Thread 1 (idle): "MainThread"\n    write (data.py:9)\n    main (t.py:3)\n')


def test_a_stopped_rank_is_the_one_and_surely() -> None:
    assert guilty({0: WAITS, 1: Stack("T", "")}, {0: 7, 1: 7}) == (1, "is stopped", True)


def test_else_the_one_that_is_behind() -> None:
    assert guilty({0: WAITS, 1: WAITS}, {0: 8, 1: 7}) == (1, "is behind at step 7", True)
    assert guilty({0: WAITS, 1: WAITS, 2: WAITS}, {0: 8, 1: None, 2: 8}).sure is False


def test_else_the_only_one_that_does_not_wait_in_a_collective() -> None:
    assert guilty({0: WAITS, 1: READS}, {0: 7, 1: 7}) == (1, "is in read (data.py:7)", True)
    assert guilty({3: READS}, {3: 7}) == (3, "is in read (data.py:7)", True)


def test_else_the_one_that_is_elsewhere() -> None:
    found = guilty({0: READS, 1: WRITES, 2: READS}, {0: 7, 1: 7, 2: 7})
    assert found == (1, "is elsewhere than the others, in write (data.py:9)", False)


def test_else_it_cannot_be_told() -> None:
    assert guilty({4: WAITS, 5: WAITS}, {}) == (4, "waits in all_reduce (torch/distributed.py:1)", False)
    assert guilty({}, {}).sure is False
