"""The queue: jobs in groups whose inner order never changes, so that a pass looks at groups and not at jobs.

A group is one class, level, team, user and shape of gang. Ageing is the same for all, so within a group the order is
fixed at the submit; between groups it moves with what their teams and users had, and is worked out in each pass, for
those teams and users only that the pass comes to.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sortedcontainers import SortedList

from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.ask import Ask

LIMITS = 64
"""Different limits of one shape that are looked through for the shortest."""

SHAPES = 4096
"""Shapes of gangs that are numbered; of more, those that nobody asks for are forgotten."""

Key = tuple[Any, ...]
"""Class, standing of the team, level, standing of the user, rank, id. The shares of teams go before all that sorts the
jobs of one: else a team of short jobs would keep one of long ones from its share for ever."""


@dataclass(slots=True, eq=False)
class Group:
    """Asks that differ in nothing but their own rank. order: of their class; those below normal count as normal when
    pinned. level: 0 for those with little service yet; -1 for pinned. request: what they ask for, elastic ones at the
    least. shape: a number that equal requests share. first: of its asks."""

    order: int
    level: int
    team: str
    user: str
    request: Request
    shape: int
    first: tuple[float, str] = (0.0, "")
    asks: SortedList[tuple[float, str]] = field(default_factory=SortedList)


_User = dict[int, Group]
_Level = dict[str, _User]
_Team = dict[int, _Level]

Standing = Callable[[str, str], tuple[float, float]]
"""The standing of a team, and of a user in it. It may only become worse while somebody walks."""


class Line:
    """Everybody who waits and could start. classes: their groups by class, team, level, user, and shape."""

    def __init__(self) -> None:
        self.asks: dict[str, Ask] = {}
        self.groups: dict[tuple[int, int, str, str, int], Group] = {}
        self.classes: dict[int, dict[str, _Team]] = {}
        self.sorts: dict[tuple[int, int, int], dict[Group, None]] = {}
        """Groups by class, level and shape."""
        self._limits: dict[int, Counter[float]] = {}
        """How many have which limit, by shape."""
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
        key = (ask.order, level, ask.team, ask.user, self._shape(request))
        group = self.groups.get(key)
        if group is None:
            group = self._found(Group(*key[:4], request, key[4]))
        self.asks[ask.id] = ask
        self._group_of[ask.id] = group
        group.asks.add((_rank(ask), ask.id))
        group.first = group.asks[0]
        self._limits.setdefault(group.shape, Counter())[ask.limit] += 1

    def remove(self, ask_id: str) -> Ask | None:
        ask = self.asks.pop(ask_id, None)
        if ask is None:
            return None
        group = self._group_of.pop(ask_id)
        group.asks.remove((_rank(ask), ask_id))
        limits = self._limits[group.shape]
        limits[ask.limit] -= 1
        if not limits[ask.limit]:
            del limits[ask.limit]
        if group.asks:
            group.first = group.asks[0]
        else:
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
        levels = self.classes.setdefault(group.order, {}).setdefault(group.team, {})
        levels.setdefault(group.level, {}).setdefault(group.user, {})[group.shape] = group
        self.sorts.setdefault((group.order, group.level, group.shape), {})[group] = None
        return group

    def _dissolve(self, group: Group) -> None:
        del self.groups[(group.order, group.level, group.team, group.user, group.shape)]
        sort = (group.order, group.level, group.shape)
        del self.sorts[sort][group]
        if not self.sorts[sort]:
            del self.sorts[sort]
        way: list[tuple[dict[Any, Any], Any]] = []
        found: dict[Any, Any] = self.classes
        for name in (group.order, group.team, group.level, group.user, group.shape):
            way.append((found, name))
            found = found[name]
        del way[-1][0][group.shape]
        for above, name in reversed(way[:-1]):
            if not above[name]:
                del above[name]

    def shortest(self, shape: int) -> float:
        """At most the shortest limit of those who ask for this shape, seconds; infinite where none has a limit."""
        limits = self._limits[shape]
        return min((each or math.inf for each in limits), default=math.inf) if len(limits) <= LIMITS else 0.0

    def group_of(self, ask_id: str) -> Group:
        return self._group_of[ask_id]

    def key(self, group: Group, first: tuple[float, str], standing: Standing) -> Key:
        """Where `first` of `group` stands among all."""
        team, user = standing(group.team, group.user)
        return (group.order, team, group.level, user, *first)

    def position(self, ask_id: str, standing: Standing) -> int:
        """Its place in the line, from 1."""
        return self.ahead(ask_id, standing) + 1

    def ahead(self, ask_id: str, standing: Standing, kind: Kind | None = None) -> int:
        """How many go before it. kind: only those that ask for such ranks."""
        mine = self._group_of[ask_id]
        own = (_rank(self.asks[ask_id]), ask_id)
        ahead = 0
        for group in self.groups.values():
            if kind is not None and group.request.kind is not kind:
                continue
            # Groups whose keys begin alike are merged by rank.
            other, one = self.key(group, own, standing), self.key(mine, own, standing)
            if other < one:
                ahead += len(group.asks)
            elif other == one:
                ahead += group.asks.bisect_left(own)
        return ahead

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

    In the heap, a class, a team, a level of it or a user stands for its groups until the walk gets there. Its key is
    how theirs begin, and so sorts before all of them.
    """

    def __init__(self, line: Line, standing: Standing) -> None:
        self._line = line
        self._standing = standing
        self._pushed = 0
        self._gone = 0
        """How many left the line so far; what standings were when somebody else left is asked again."""
        self._heap: list[tuple[Key, int, Any, int, int]] = []
        for order, teams in line.classes.items():
            self._push((order,), teams, self._gone)

    def next(self) -> Ask | None:
        """The first one left. Somebody who was given something since may stand further back now."""
        heap = self._heap
        while heap:
            key, _, found, place, gone = heap[0]
            if found.__class__ is not Group:
                heapq.heappop(heap)
                self._open(key, found, gone)
            elif place >= len(found.asks):
                heapq.heappop(heap)
            elif gone != self._gone and (key[1], key[3]) != self._standing(found.team, found.user):
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
        """It was removed from the line, and its team's standing may have changed."""
        self._gone += 1
        self._again(self._heap[0][3])

    def close(self) -> None:
        """No more of its group."""
        heapq.heappop(self._heap)

    def _again(self, place: int) -> None:
        _, number, group, _, _ = self._heap[0]
        if place >= len(group.asks):
            heapq.heappop(self._heap)
            return
        key = self._line.key(group, group.asks[place], self._standing)
        heapq.heapreplace(self._heap, (key, number, group, place, self._gone))

    def _open(self, key: Key, found: Any, gone: int) -> None:
        if len(key) == 1:
            for team, levels in found.items():
                user = next(iter(next(iter(levels.values()))))
                self._push((*key, self._standing(team, user)[0]), levels, self._gone)
        elif len(key) == 2:
            for level, users in found.items():
                self._push((*key, level), users, self._gone)
        elif len(key) == 3:
            for groups in found.values():
                group = next(iter(groups.values()))
                team, user = self._standing(group.team, group.user)
                self._push((key[0], team, group.level, user), groups, self._gone)
        else:
            for group in found.values():
                self._push((*key, *group.first), group, gone)

    def _push(self, key: Key, found: Any, gone: int) -> None:
        """gone: when the standings in the key were asked for."""
        self._pushed += 1
        heapq.heappush(self._heap, (key, self._pushed, found, 0, gone))


def _rank(ask: Ask) -> float:
    return ask.rank
