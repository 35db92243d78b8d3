"""The queue: jobs in groups whose inner order never changes, so that a pass looks at groups and not at jobs.

A group is one class, level, team, user and shape of gang. Ageing is the same for all, so within a group the order is
fixed at the submit; between groups it moves with what their teams and users had, and is worked out in each pass, for
those teams and users only that the pass comes to.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sortedcontainers import SortedList

from tensorfleet.core.resources import Request
from tensorfleet.core.scheduling.ask import Ask

SHAPES = 4096
"""Shapes of gangs that are numbered; of more, those that nobody asks for are forgotten."""

Key = tuple[Any, ...]
"""Pinned first (0) by rank and id; then (1) class, level, standing of the team and of the user, rank, id."""


@dataclass(slots=True, eq=False)
class Group:
    """Asks that differ in nothing but their own rank. level: 0 for those with little service yet; -1 for pinned.
    request: what they ask for, elastic ones at the least. shape: a number that equal requests share."""

    order: int
    level: int
    team: str
    user: str
    request: Request
    shape: int
    asks: SortedList[tuple[float, str]] = field(default_factory=SortedList)


_User = dict[int, Group]
_Team = dict[str, _User]

Standing = Callable[[str, str], tuple[float, float]]
"""The standing of a team, and of a user in it. It may only become worse while somebody walks."""


class Line:
    """Everybody who waits and could start. pinned: their groups. classes: the groups of the others, by class and
    level, team, user, and shape."""

    def __init__(self) -> None:
        self.asks: dict[str, Ask] = {}
        self.groups: dict[tuple[int, int, str, str, int], Group] = {}
        self.pinned: list[Group] = []
        self.classes: dict[tuple[int, int], dict[str, _Team]] = {}
        self._group_of: dict[str, Group] = {}
        self._shapes: dict[Request, int] = {}
        self._numbered = 0

    def __len__(self) -> int:
        return len(self.asks)

    def __contains__(self, ask_id: str) -> bool:
        return ask_id in self.asks

    def add(self, ask: Ask, level: int) -> None:
        """Into its group. level: as in `Group`."""
        request = ask.of_size(ask.least)
        key = (ask.job_class.order, level, ask.team, ask.user, self._shape(request))
        group = self.groups.get(key)
        if group is None:
            group = self._found(Group(*key[:4], request, key[4]))
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
            self._dissolve(group)
        return ask

    def _shape(self, request: Request) -> int:
        number = self._shapes.get(request)
        if number is None:
            if len(self._shapes) >= SHAPES:
                self._shapes = {group.request: group.shape for group in self.groups.values()}
            self._numbered += 1
            number = self._shapes[request] = self._numbered
        return number

    def _found(self, group: Group) -> Group:
        self.groups[(group.order, group.level, group.team, group.user, group.shape)] = group
        if group.level < 0:
            self.pinned.append(group)
        else:
            teams = self.classes.setdefault((group.order, group.level), {})
            teams.setdefault(group.team, {}).setdefault(group.user, {})[group.shape] = group
        return group

    def _dissolve(self, group: Group) -> None:
        del self.groups[(group.order, group.level, group.team, group.user, group.shape)]
        if group.level < 0:
            self.pinned.remove(group)
            return
        teams = self.classes[(group.order, group.level)]
        users = teams[group.team]
        del users[group.user][group.shape]
        if not users[group.user]:
            del users[group.user]
        if not users:
            del teams[group.team]
        if not teams:
            del self.classes[(group.order, group.level)]

    def group_of(self, ask_id: str) -> Group:
        return self._group_of[ask_id]

    def key(self, group: Group, first: tuple[float, str], standing: Standing) -> Key:
        """Where `first` of `group` stands among all."""
        if group.level < 0:
            return (0, *first)
        return (1, group.order, group.level, *standing(group.team, group.user), *first)

    def position(self, ask_id: str, standing: Standing) -> int:
        """Its place in the line, from 1."""
        mine = self._group_of[ask_id]
        own = (_rank(self.asks[ask_id]), ask_id)
        ahead = 0
        for group in self.groups.values():
            # Groups whose keys begin alike are merged by rank.
            other, one = self.key(group, own, standing), self.key(mine, own, standing)
            if other < one:
                ahead += len(group.asks)
            elif other == one:
                ahead += group.asks.bisect_left(own)
        return ahead + 1

    def walk(self, standing: Standing) -> Walk:
        return Walk(self, standing)

    def in_order(self, standing: Standing) -> Iterator[Ask]:
        """All of them, the next one first."""
        walk = self.walk(standing)
        while (found := walk.next()) is not None:
            yield found
            walk.on()


class Walk:
    """One way along the line. After `next`, either `on` to the next of its group, or `close` the group.

    In the heap, a class, a team or a user stands for its groups until the walk gets there. Its key is how theirs begin,
    and so sorts before all of them.
    """

    def __init__(self, line: Line, standing: Standing) -> None:
        self._line = line
        self._standing = standing
        self._pushed = 0
        self._heap: list[tuple[Key, int, Any, int]] = []
        for group in line.pinned:
            self._push((0, *group.asks[0]), group)
        for (order, level), teams in line.classes.items():
            self._push((1, order, level), teams)

    def next(self) -> Ask | None:
        """The first one left. Somebody who was given something since may stand further back now."""
        heap = self._heap
        while heap:
            key, _, found, place = heap[0]
            if found.__class__ is not Group:
                heapq.heappop(heap)
                self._open(key, found)
            elif place >= len(found.asks):
                heapq.heappop(heap)
            elif key[0] and key[3:5] != self._standing(found.team, found.user):
                self._again(place)
            else:
                return self._line.asks[key[-1]]
        return None

    def group(self) -> Group:
        group: Group = self._heap[0][2]
        return group

    def on(self) -> None:
        """Leaves it where it is, and goes on behind it."""
        self._again(self._heap[0][3] + 1)

    def gone(self) -> None:
        """It was removed from the line."""
        self._again(self._heap[0][3])

    def close(self) -> None:
        """No more of its group."""
        heapq.heappop(self._heap)

    def _again(self, place: int) -> None:
        _, number, group, _ = self._heap[0]
        if place >= len(group.asks):
            heapq.heappop(self._heap)
            return
        heapq.heapreplace(self._heap, (self._line.key(group, group.asks[place], self._standing), number, group, place))

    def _open(self, key: Key, found: Any) -> None:
        if len(key) == 3:
            for team, users in found.items():
                self._push((*key, self._standing(team, next(iter(users)))[0]), users)
        elif len(key) == 4:
            for groups in found.values():
                group = next(iter(groups.values()))
                self._push((*key[:3], *self._standing(group.team, group.user)), groups)
        else:
            for group in found.values():
                self._push(self._line.key(group, group.asks[0], self._standing), group)

    def _push(self, key: Key, found: Any) -> None:
        self._pushed += 1
        heapq.heappush(self._heap, (key, self._pushed, found, 0))


def _rank(ask: Ask) -> float:
    return ask.rank
