"""What a waiting job is told is so: on fleets drawn at random, each code against the scheduler's own books."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from tensorfleet.core.asks import ROUND
from tensorfleet.core.behind import stopped_at
from tensorfleet.core.job import JobState
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.scheduler import Scheduler
from tensorfleet.core.wait import Wait, WaitCode
from unit.crowded import crowded


def holds(wait: Wait, ask: Ask, scheduler: Scheduler, now: float) -> bool:
    request, numbers = ask.of_size(ask.least), wait.numbers
    fits = scheduler.grid.seat(request, ask.shunned) is not None
    starts = scheduler.seat(ask, now) is not None
    match wait.code:
        case WaitCode.GROUP_CAP:
            return numbers["held"] + numbers.get("kept", 0) + numbers["asked"] > numbers["cap"]
        case WaitCode.NO_CAPACITY:
            return not fits and numbers["asked"] == request.ranks and numbers["most_on_one_node"] <= numbers["free"]
        case WaitCode.BACKFILL_TOO_LONG:
            shorter = replace(ask, limit=numbers["longest"] + ROUND)
            return fits and not starts and scheduler.seat(shorter, now) is not None
        case WaitCode.RESERVED if "until" in numbers:
            return not fits and scheduler.grid.seat(request, ask.bad) is not None and numbers["until"] > now
        case WaitCode.RESERVED:
            return fits and not starts
        case WaitCode.MAKING_ROOM:
            return ask.id in scheduler.promises
        case WaitCode.BEHIND:
            other = stopped_at(ask, scheduler, now)
            return starts and other is not None and other.id in wait.text
        case _:
            return False


def test_whatever_is_told_is_so() -> None:
    told: Counter[WaitCode] = Counter()
    for seed in range(300):
        world = crowded(seed)
        scheduler, at = world.control.dispatch.scheduler, world.control.dispatch.clock(world.now)
        for job in [each for each in world.jobs.values() if each.state is JobState.QUEUED]:
            wait = world.why(job.id)
            told[wait.code] += 1
            assert wait.numbers
            assert all(map(math.isfinite, wait.numbers.values()))
            assert holds(wait, scheduler.line.asks[job.id], scheduler, at), (seed, job.id, wait)
    often = {
        WaitCode.GROUP_CAP,
        WaitCode.NO_CAPACITY,
        WaitCode.BACKFILL_TOO_LONG,
        WaitCode.RESERVED,
        WaitCode.BEHIND,
    }
    assert often <= set(told)
