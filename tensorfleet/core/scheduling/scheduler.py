"""The scheduler: told what changed, it says who starts where, and who has to make room.

    told: put_node, drop_node, enqueue, withdraw, started, ended    asked: decide, and when to ask again: wake

A pass walks the line in its order and seats whoever fits. The first one that does not is promised a place (or a
place is made for it), and those behind it go on as far as that delays nobody who was promised anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from sortedcontainers import SortedList

from tensorfleet.core.job import Share
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free, Request
from tensorfleet.core.scheduling import elastic, victims
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.budget import LossBudget
from tensorfleet.core.scheduling.calendar import Calendar
from tensorfleet.core.scheduling.grid import Grid
from tensorfleet.core.scheduling.ledger import Ledger
from tensorfleet.core.scheduling.line import Line, Standing
from tensorfleet.core.scheduling.pins import Pins
from tensorfleet.core.scheduling.policy import DAY, Discipline, JobClass, Policy
from tensorfleet.core.scheduling.promise import Promise, gathering, kept_of, promised
from tensorfleet.core.scheduling.rest import Rest
from tensorfleet.core.scheduling.ripe import Victims
from tensorfleet.core.scheduling.sight import Sight

LEVELS = (1, 64)
"""Where the levels of attained service begin, as multiples of the policy's `level`. Only those in the first displace
others; the third keeps jobs of weeks from going before jobs of days because they were submitted earlier."""

PROMISES = 4
"""Jobs that may be promised a place at once: the first in line, and further ones that were pinned."""

WALKS = 20
"""Walks along the line in one pass; each but the first because something came free by the one before."""


@dataclass(slots=True)
class Decision:
    """starts: who starts where, in order. leave: who makes room, and for whom. resize: elastic jobs that are to go on
    with another number of ranks."""

    starts: list[tuple[Ask, Request, tuple[Share, ...]]] = field(default_factory=list)
    leave: list[tuple[str, str]] = field(default_factory=list)
    resize: list[tuple[str, int]] = field(default_factory=list)


class Scheduler:
    """All of the queue and of what is held. Not thread-safe."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.grid = Grid()
        self.line = Line()
        self.holdings: dict[str, Holding] = {}
        self.promises: dict[str, Promise] = {}
        self.calendar = Calendar()
        self.ledger = Ledger(policy)
        self.wake = math.inf
        """When a pass may decide something new although nothing happened, unix seconds."""
        self.ends: SortedList[tuple[float, str]] = SortedList()
        self._pins = Pins(policy)
        self.victims = Victims(policy)
        self._losses = LossBudget()
        self._resized: dict[str, float] = {}
        self.elastic: dict[str, Holding] = {}
        self.leavers: set[str] = set()

    def put_node(self, node: Node, free: Free) -> None:
        """`node` takes work, and has `free` left beside what its holdings have."""
        self.grid.put(node, free)

    def drop_node(self, node_id: str) -> None:
        """It takes no work any more; what runs there goes on."""
        self.grid.remove(node_id)

    def enqueue(self, ask: Ask) -> None:
        """`ask` waits from now on and could start."""
        self.line.add(ask, self._level(ask))
        self._pins.watch(ask)

    def withdraw(self, ask_id: str) -> Ask | None:
        """It waits no more."""
        self.promises.pop(ask_id, None)
        ask = self.line.remove(ask_id)
        if ask and ask.pinned is not None:
            self._pins.promoted -= ask.least
        return ask

    def started(self, holding: Holding, now: float) -> None:
        """It holds its places: by a decision of this scheduler, or since before it was made."""
        ask = holding.ask
        self.holdings[ask.id] = holding
        if ask.speed:
            self.elastic[ask.id] = holding
        self._pins.promoted += holding.ranks if ask.pinned is not None else 0
        for share in holding.shares:
            self.grid.take(share, holding.request)
        self.ledger.hold(ask, holding.ranks, holding.weight, now)
        self.ends.add((holding.ends(), ask.id))
        self.victims.add(holding)

    def refresh(self, ask_id: str, saved: float, leaving: bool, preemptible: bool) -> None:
        """What changed of a holding: when its work was last safe, whether it makes room, whether it can be made to."""
        holding = self.holdings[ask_id]
        holding.saved = saved
        self._leave(holding, leaving)
        if holding.ask.preemptible is not preemptible:
            self.victims.remove(holding)
            holding.ask.preemptible = preemptible
            self.victims.add(holding)

    def ended(self, ask_id: str, now: float) -> Ask | None:
        """Its places are free again. The ask comes back with the service it attained."""
        holding = self.holdings.pop(ask_id, None)
        if holding is None:
            return None
        self.elastic.pop(ask_id, None)
        self.leavers.discard(ask_id)
        for share in holding.shares:
            self.grid.give(share, holding.request)
        ask = holding.ask
        self.ledger.hold(ask, -holding.ranks, holding.weight, now)
        self.ends.remove((holding.ends(), ask_id))
        self.victims.remove(holding)
        ask.attained += (now - holding.started) * holding.ranks
        self._pins.promoted -= holding.ranks if ask.pinned is not None else 0
        ask.pinned = None
        return ask

    def forget(self, ask_id: str) -> None:
        """It is over for good."""
        self._resized.pop(ask_id, None)

    def standings(self, now: float) -> Standing:
        """How teams and users stand, for the order of the line."""
        return lambda team, user: self.ledger.standing(team, user, now)

    def decide(self, now: float) -> Decision:
        """One pass. What it starts is held from then on; whoever is to leave holds on until `ended`."""
        decision = Decision()
        self.wake = self.calendar.next_change(now)
        self._pin(now)
        any(not self._walk(decision, now) for _ in range(WALKS))
        if self._review(now):
            any(not self._walk(decision, now) for _ in range(WALKS))
        return decision

    def _walk(self, decision: Decision, now: float) -> bool:
        """Once along the line. Whether another walk may start more: of those who start, some were promised a place
        that is not to be kept any more, or took less than was seated for them."""
        before = len(decision.starts)
        kept_for = set(self.promises)
        self.promises = {ask_id: each for ask_id, each in self.promises.items() if ask_id in self.line}
        for promise in self.promises.values():
            promise.gather(self.line.asks[promise.ask].request, self.grid)
        blocked: list[Ask] = []
        sight = Sight(self.grid)
        rest = Rest(self, sight, now)
        tried = 0
        standings: dict[tuple[str, str], tuple[float, float]] = {}

        def standing(team: str, user: str) -> tuple[float, float]:
            found = standings.get((team, user))
            if found is None:
                found = standings[team, user] = self.ledger.standing(team, user, now)
            return found

        walk = self.line.walk(standing)
        while (ask := walk.next()) is not None:
            self.calendar.mark(ask, now)
            group = walk.group()
            shape = sight.of(group)
            if not shape.possible or self.capped(ask, now):
                walk.close()
                continue
            kept = self.promises.get(ask.id)
            rest.promised.discard(ask.id)
            shares = None if shape.hopeless(ask, kept is not None) else self.seat(ask, now)
            if shares:
                request = ask.of_size(sum(share.ranks for share in shares))
                self._start(ask, request, shares, now)
                decision.starts.append((ask, request, shares))
                if kept:
                    sight.released()
                for each in [each for each in standings if each[0] == ask.team]:
                    del standings[each]
                walk.gone()
                continue
            if self.policy.discipline is Discipline.FIFO:
                break
            held_back = sight.held_back(ask, group, kept is not None, bool(self.promises), len(decision.starts))
            tried += 1
            if kept is None or not kept.claim:
                blocked.append(ask)
                if not sight.in_vain(ask, group, kept is not None, self.ledger, len(decision.starts)):
                    chosen = self._displace(ask, group.level, now)
                    if chosen:
                        decision.leave += [(each.ask.id, ask.id) for each in chosen]
                        if kept:
                            sight.released()
                    else:
                        sight.note_vain(ask, group, self.ledger, len(decision.starts))
                        if kept is None:
                            self._promise(ask, now)
            if tried > self.policy.backfill_depth or (
                # Looked at ever more rarely: it costs as much as some steps.
                not tried & (tried - 1) and rest.idle(ask.order, len(decision.starts))
            ):
                break
            held_back = held_back and sight.some_shorter(group, self.line, rest.promised)
            if held_back or ask.shunned or ask.id in self.promises:
                walk.on()
            else:
                walk.close()
        came_true = any(ask.id in kept_for for ask, _, _ in decision.starts[before:])
        return (self._resize(blocked, decision, now) and bool(decision.starts)) or came_true

    def _review(self, now: float) -> bool:
        """A place that was to be free by now and is not is no promise any more. Whether there was one."""
        overdue = [
            ask_id
            for ask_id, each in self.promises.items()
            if each.at <= now and not any(holding.on(each.need) for holding in self._making_room())
        ]
        for ask_id in overdue:
            del self.promises[ask_id]
        return bool(overdue)

    def seat(self, ask: Ask, now: float) -> tuple[Share, ...] | None:
        """Where `ask` could start now without delaying anybody who was promised a place."""
        ends = now + ask.limit if ask.limit else math.inf
        limits = kept_of((each for each in self.rivals(ask) if each.ask != ask.id), ends)
        most = min(ask.size, self.ledger.allowed(ask, self.kept_from(ask, now)))
        sizes = sorted((n for n in ask.speed or () if n <= most), reverse=True) if ask.size else []
        for size in sizes or [ask.least]:
            shares = self.grid.seat(ask.of_size(size), ask.shunned, limits)
            if shares:
                return shares
        return None

    def _start(self, ask: Ask, request: Request, shares: tuple[Share, ...], now: float) -> None:
        self.withdraw(ask.id)
        for each in [*self.promises.values()]:
            if each.order > ask.order and each.kind is request.kind and any(s.node in each.need for s in shares):
                del self.promises[each.ask]
        for promise in self.rivals(ask):
            if not ask.limit or now + ask.limit > promise.at:
                for share in shares:
                    if share.node in promise.spare:
                        promise.spare[share.node] -= share.ranks
        self.started(Holding(ask, request, shares, now, math.inf, self.grid.weight(request, shares, self.policy)), now)

    def _promise(self, ask: Ask, now: float) -> None:
        """Keeps a place for `ask`, if it is first in line (or pinned) and those who run there have limits."""
        if (
            any(ask.pinned is None or self.line.asks[each.ask].pinned is None for each in self.rivals(ask))
            or len(self.promises) >= PROMISES
        ):
            return
        found = promised(ask, self.grid, self._leaving(ask, now), self._taken(ask), now)
        if found is None and ask.pinned is not None:
            found = gathering(ask, self.grid, self._taken(ask))
        if found:
            self.promises[ask.id] = found
            found.gather(ask.request, self.grid)

    def rivals(self, ask: Ask) -> list[Promise]:
        """Promises that bind `ask`, its own with them: for the same kind of ranks, and for no lower class."""
        same = (each for each in self.promises.values() if each.kind is ask.request.kind)
        return [each for each in same if each.order <= ask.order]

    def capped(self, ask: Ask, now: float) -> bool:
        """Whether its team or its user may hold no more, beside those below the same cap who were promised a place."""
        return self.ledger.limited and self.ledger.capped(ask, self.kept_from(ask, now))

    def kept_from(self, ask: Ask, now: float) -> Iterator[Ask]:
        """Those who were promised a place, and would not have it if `ask` took the last ranks below a cap."""
        ends = now + (ask.limit or math.inf)
        yield from (self.line.asks[each.ask] for each in self.rivals(ask) if each.ask != ask.id and each.binds(ends))

    def _taken(self, ask: Ask) -> frozenset[str]:
        """Nodes that are promised to others."""
        return frozenset(node for each in self.rivals(ask) if each.ask != ask.id for node in each.need)

    def _leaving(self, ask: Ask, now: float) -> Iterator[tuple[float, Holding]]:
        """Who makes room when: by its limit (soon, if that is over), or at once where it has been told to."""
        yield from ((now, each) for each in self._making_room())
        for at, ask_id in self.ends:
            if not self.holdings[ask_id].leaving:
                yield max(at, now + self.policy.grace), self.holdings[ask_id]

    def _leave(self, holding: Holding, leaving: bool = True) -> None:
        holding.leaving = leaving
        (self.leavers.add if leaving else self.leavers.discard)(holding.ask.id)

    def _making_room(self) -> list[Holding]:
        """Those who have been told to, those first who began first."""
        return sorted((self.holdings[each] for each in self.leavers), key=lambda each: (each.started, each.ask.id))

    def _displace(self, ask: Ask, level: int, now: float) -> list[Holding] | None:
        """Tells some to make room for `ask`, and keeps it for it."""
        if not self.policy.preemption or self.policy.discipline is not Discipline.DEFAULT:
            return None
        owed = self.ledger.owed(ask)
        ready, wake = self.victims.ready(ask, level, owed, self.ledger.borrowed, now)
        self.wake = min(self.wake, wake)
        if not ready:
            return None
        shut = ask.shunned | self._taken(ask)
        chosen = victims.choose(ask, self.grid, ready, shut, lambda each: victims.cost(each, self.policy, now))
        if not chosen:
            return None
        lost = sum(victims.cost(each, self.policy, now) for each in chosen)
        affordable = self._losses.affords(lost, self.policy.loss_budget, self.grid.capacity, now)
        if ask.job_class is not JobClass.URGENT and not affordable:
            return None
        self._losses.spend(lost, now)
        for each in chosen:
            self._leave(each)
            each.ask.interrupted = (*(at for at in each.ask.interrupted if now - at < DAY), now)
        found = promised(ask, self.grid, ((now, each) for each in self._making_room()), self._taken(ask), now)
        if found:
            found.claim = True
            self.promises[ask.id] = found
        return chosen

    def _pin(self, now: float) -> None:
        """Whoever has waited for too long goes before all others of its team from now on."""
        if self.policy.discipline is not Discipline.DEFAULT:
            return
        for ask in self._pins.due(self.line.asks, self.grid.capacity, now):
            self.line.remove(ask.id)
            self.line.add(ask, -1)
        self.wake = min(self.wake, self._pins.next)

    def _level(self, ask: Ask) -> int:
        if ask.pinned is not None:
            return -1
        if self.policy.discipline is not Discipline.DEFAULT:
            return 0
        return sum(ask.attained >= bound * self.policy.level for bound in LEVELS)

    def _resize(self, blocked: list[Ask], decision: Decision, now: float) -> bool:
        """Elastic jobs make room for those that wait, and grow into what nobody else can use. Whether that left room
        at once."""
        able = []
        starting = {ask.id for ask, _, _ in decision.starts}
        for each in self.elastic.values():
            if not each.leaving and elastic.keeps(each, now):
                at = now if each.ask.id in starting else self._rested(each)
                if at <= now:
                    able.append(each)
                else:
                    self.wake = min(self.wake, at)
        if not able:
            return False
        waiting = [ask for ask in blocked if ask.id not in self.promises]
        less = False
        for each, size in elastic.moves(able, waiting, self.grid.total(able[0].request), self.policy, now):
            if each.ask.id in starting:
                less |= size < each.ranks
                self._enlarge(each, size, decision, now)
            elif size - each.ranks <= min(self.grid.total(each.request), self.ledger.allowed(each.ask)):
                each.ask.size = size
                self._leave(each)
                self._resized[each.ask.id] = now
                decision.resize.append((each.ask.id, size))
        return less

    def _rested(self, holding: Holding) -> float:
        """When its size may be changed, once it runs: when it has had this size for a while."""
        changed = self._resized.get(holding.ask.id, -math.inf)
        return max(changed + self.policy.resize_every, holding.started + min(elastic.SETTLED, self.policy.resize_every))

    def _enlarge(self, holding: Holding, size: int, decision: Decision, now: float) -> None:
        """Somebody who is about to start does so with more ranks, if there is room."""
        ask, pinned = holding.ask, holding.ask.pinned
        if size - holding.ranks > self.ledger.allowed(ask, self.kept_from(ask, now)):
            return
        request = ask.of_size(size)
        self.ended(ask.id, now)
        ask.pinned = pinned
        shares = self.grid.seat(request, ask.shunned) or holding.shares
        if shares is holding.shares:
            request = holding.request
        self.started(Holding(ask, request, shares, now, holding.saved, holding.weight), now)
        for place, (each, _, _) in enumerate(decision.starts):
            if each is ask:
                decision.starts[place] = (ask, request, shares)
