"""The queue: jobs in groups whose inner order never changes, so that a pass looks at groups and not at jobs.

A group is one class, level, team, user and shape of gang. Ageing is the same for all, so within a group the order is
fixed at the submit; between groups it moves with what their teams and users had, and is worked out for each pass.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sortedcontainers import SortedList

from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.ask import Ask

Key = tuple[int, float, int, float, float, float, str]
"""Pinned first (0) by the time of it, then class, level, standing of the team and of the user, rank, id."""


@dataclass(slots=True, eq=False)
class Group:
    """Asks that differ in nothing but their own rank. level: 0 for those with little service yet; -1 for pinned.
    request: what they ask for, elastic ones at the least."""

    order: int
    level: int
    team: str
    user: str
    request: Request
    asks: SortedList[tuple[float, str]] = field(default_factory=SortedList)


Standing = Callable[[str, str], tuple[float, float]]
"""The standing of a team, and of a user in it."""


class Line:
    """Everybody who waits and could start."""

    def __init__(self) -> None:
        self.asks: dict[str, Ask] = {}
        self.groups: dict[tuple[int, int, str, str, Request], Group] = {}
        self._group_of: dict[str, Group] = {}

    def __len__(self) -> int:
        return len(self.asks)

    def __contains__(self, ask_id: str) -> bool:
        return ask_id in self.asks

    def add(self, ask: Ask, level: int) -> None:
        """Into its group. level: as in `Group`."""
        key = (ask.job_class.order, level, ask.team, ask.user, ask.of_size(ask.least))
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(*key)
        self.asks[ask.id] = ask
        self._group_of[ask.id] = group
        group.asks.add((_rank(ask), ask.id))

    def remove(self, ask_id: str) -> Ask | None:
        ask = self.asks.pop(ask_id, None)
        if ask is None:
            return None
        group = self._group_of.pop(ask_id)
        group.asks.remove((_rank(ask), ask_id))
        if not group.asks:
            del self.groups[(group.order, group.level, group.team, group.user, group.request)]
        return ask

    def group_of(self, ask_id: str) -> Group:
        return self._group_of[ask_id]

    def key(self, group: Group, first: tuple[float, str], standing: Standing) -> Key:
        """Where `first` of `group` stands among all."""
        if group.level < 0:
            return (0, first[0], 0, 0.0, 0.0, 0.0, first[1])
        team, user = standing(group.team, group.user)
        return (1, float(group.order), group.level, team, user, *first)

    def walk(self, standing: Standing) -> Walk:
        return Walk(self, standing)

    def in_order(self, standing: Standing) -> Iterator[Ask]:
        """All of them, the next one first."""
        walk = self.walk(standing)
        while (found := walk.next()) is not None:
            yield found
            walk.on()


class Walk:
    """One way along the line. After `next`, either `on` to the next of its group, or `close` the group."""

    def __init__(self, line: Line, standing: Standing) -> None:
        self._line = line
        self._standing = standing
        self._heap: list[tuple[Key, int, Group, int]] = []
        for number, group in enumerate(line.groups.values()):
            self._heap.append((line.key(group, group.asks[0], standing), number, group, 0))
        heapq.heapify(self._heap)

    def next(self) -> Ask | None:
        """The first one left. Somebody who was given something since may stand further back now."""
        while self._heap:
            key, number, group, place = self._heap[0]
            if place >= len(group.asks):
                heapq.heappop(self._heap)
                continue
            first = group.asks[place]
            fresh = self._line.key(group, first, self._standing)
            if fresh != key:
                heapq.heapreplace(self._heap, (fresh, number, group, place))
                if fresh > key:
                    continue
            return self._line.asks[first[1]]
        return None

    def group(self) -> Group:
        return self._heap[0][2]

    def on(self) -> None:
        """Leaves it where it is, and goes on behind it."""
        _, number, group, place = self._heap[0]
        self._again(number, group, place + 1)

    def gone(self) -> None:
        """It was removed from the line."""
        _, number, group, place = self._heap[0]
        self._again(number, group, place)

    def close(self) -> None:
        """No more of its group."""
        heapq.heappop(self._heap)

    def _again(self, number: int, group: Group, place: int) -> None:
        if place >= len(group.asks):
            heapq.heappop(self._heap)
            return
        key = self._line.key(group, group.asks[place], self._standing)
        heapq.heapreplace(self._heap, (key, number, group, place))


def _rank(ask: Ask) -> float:
    return ask.rank
