"""Who goes before a job that has a place, and what puts that one before it."""

from __future__ import annotations

from tensorfleet.core.asks import boost
from tensorfleet.core.dispatch import Dispatch
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Now
from tensorfleet.core.naming import hours, job_named
from tensorfleet.core.resources import Kind
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Discipline
from tensorfleet.core.scheduling.scheduler import LEVELS, Scheduler
from tensorfleet.core.scheduling.sight import Sight
from tensorfleet.core.wait import Wait, WaitCode


def behind(ask: Ask, fleet: Fleet, dispatch: Dispatch, now: Now) -> Wait | None:
    """Whom `ask`, which has a place, waits for all the same; None where the next pass comes to it."""
    scheduler, at = dispatch.scheduler, dispatch.clock(now)
    other = stopped_at(ask, scheduler, at)
    if other is None:
        return None
    why, numbers = sooner(other, ask, scheduler, at)
    name = job_named(other.id, fleet, ask.team)
    numbers = {"ahead": scheduler.line.ahead(ask.id, scheduler.standings(at), ask.request.kind), **numbers}
    if scheduler.policy.discipline is Discipline.FIFO:
        rule = "Under the policy fifo nobody overtakes."
    else:
        depth = numbers["depth"] = scheduler.policy.backfill_depth
        rule = f"{depth} before it have no place now, and a pass tries no more (backfill_depth)."
    return Wait(
        WaitCode.BEHIND,
        f"Waits behind {name}, {why}. {rule}",
        "`tensorfleet queue policy` shows the rules, `tensorfleet ps` the line.",
        numbers=numbers,
    )


def stopped_at(ask: Ask, scheduler: Scheduler, now: float) -> Ask | None:
    """The one at which a pass along the line stops before it comes to `ask`, which is in it; None where it gets there.

    The same walk as the scheduler's, but nobody starts: who could, would have in the last pass.
    """
    policy, sight, tried = scheduler.policy, Sight(scheduler.grid), 0
    walk = scheduler.line.walk(scheduler.standings(now))
    while (other := walk.next()) is not None and other is not ask:
        scheduler.calendar.mark(other, now)
        group = walk.group()
        shape, kept = sight.of(group), other.id in scheduler.promises
        if not shape.possible or scheduler.capped(other, now):
            walk.close()
            continue
        if not shape.hopeless(other, kept) and scheduler.seat(other, now):
            walk.on()
            continue
        tried += 1
        if policy.discipline is Discipline.FIFO or tried > policy.backfill_depth:
            return other
        if sight.held_back(other, group, kept, bool(scheduler.promises), 0) or other.shunned or kept:
            walk.on()
        else:
            walk.close()
    return None


def sooner(first: Ask, ask: Ask, scheduler: Scheduler, now: float) -> tuple[str, dict[str, float]]:
    """What puts `first` before `ask`: the first part in which their keys in the line differ, in words and in numbers.

    theirs, own: of `first` and of `ask`, what was compared; weighted rank-seconds for each unit of a share, priorities,
    or rank-seconds of service. seconds: that `first` has waited, or was submitted earlier.
    """
    if first.order != ask.order:
        late = first.order < first.job_class.order
        word = "counts as normal, since it has waited for too long" if late else f"is {first.job_class.value}"
        return f"whose class {word}", {"seconds": now - first.since} if late else {}
    mine, other = (scheduler.ledger.standing(each.team, each.user, now) for each in (ask, first))
    had, theirs = (scheduler.ledger.had(each.team, each.user, now) for each in (ask, first))
    if mine[0] != other[0]:
        return f"whose team {first.team} had less of its share: {_against(theirs[0], had[0])}", _both(theirs[0], had[0])
    own, level = (scheduler.line.group_of(each.id).level for each in (ask, first))
    if level != own:
        return _serviced(first, ask, level, scheduler, now)
    if mine[1] != other[1]:
        owner = f"owner {first.user}" if first.team == ask.team else "owner"
        return f"whose {owner} had less of the share: {_against(theirs[1], had[1])}", _both(theirs[1], had[1])
    if first.priority > ask.priority:
        return f"whose priority is {first.priority}, against {ask.priority}", _both(first.priority, ask.priority)
    turns = [each.rank + boost(each.priority, scheduler.policy) for each in (first, ask)]
    earlier = max(0.0, turns[1] - turns[0])
    return f"which was submitted {earlier:.0f} s earlier", {"seconds": earlier}


def _serviced(first: Ask, ask: Ask, level: int, scheduler: Scheduler, now: float) -> tuple[str, dict[str, float]]:
    if level < 0:
        waited = now - first.since
        return f"which has waited for too long: {hours(waited)} h", {"seconds": waited}
    unit = "GPU-hours" if ask.request.kind is Kind.GPU else "slot-hours"
    bound = hours(LEVELS[level] * scheduler.policy.level)
    text = f"which had {hours(first.attained)} {unit} so far, against {hours(ask.attained)}; less than {bound} go first"
    return text, _both(first.attained, ask.attained)


def _against(theirs: float, own: float) -> str:
    return f"{hours(theirs)} GPU-hours a share, against {hours(own)}"


def _both(theirs: float, own: float) -> dict[str, float]:
    """Only what can be written down: a team without a share has infinity."""
    return {name: each for name, each in (("theirs", theirs), ("own", own)) if each < float("inf")}
