"""One run: a fleet, people and faults made from a seed, driven to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tensorfleet.core.inputs import NodeJoined
from tensorfleet.core.node import Node
from tensorfleet.sim.checks import Broken, Checks
from tensorfleet.sim.faults import Faults
from tensorfleet.sim.head import Head
from tensorfleet.sim.machine import Machine
from tensorfleet.sim.people import People
from tensorfleet.sim.story import Story
from tensorfleet.sim.timeline import Timeline

TROUBLE = 120.0
"""Seconds in which faults happen."""

CALM = 80.0
"""Seconds after the last fault within which head and agents have to be of one mind again."""

SETTLED = 7200.0
"""Seconds after the last fault within which everything has to have come to its end: eleven jobs of two minutes, some
of them three times, may have to go one after the other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """broken: the invariant that does not hold, or empty. seconds: simulated. events: that happened."""

    seed: int
    broken: str
    seconds: float
    events: int
    story: Story

    def without_story(self) -> Outcome:
        return replace(self, story=Story())


def run(seed: int) -> Outcome:
    """The same seed gives the same run."""
    world = _World(seed)
    broken = ""
    try:
        world.live()
    except Broken as error:
        broken = str(error)
    timeline = world.timeline
    return Outcome(seed, broken, timeline.now, timeline.count, world.story)


class _World:
    def __init__(self, seed: int) -> None:
        chance = Random(seed)
        self.timeline, self.story = Timeline(), Story()
        self.head = Head(self.timeline, Random(chance.random()), self.story, lambda jobs: self.checks.kept(jobs))
        self.people = People(self.timeline, Random(chance.random()), self.story, self.head)
        self.machines = [
            Machine(
                name,
                chance.choice((1, 2, 4)),
                self.timeline,
                Random(chance.random()),
                self.story,
                self.head,
                self.people.behaviours,
                lambda machine, alloc: self.checks.began(machine, alloc),
            )
            for name in ("a", "b", "c")[: chance.choice((2, 3))]
        ]
        self.checks = Checks(self.head, self.machines, self.people.promises)
        self.faults = Faults(self.timeline, Random(chance.random()), self.story, self.head, self.machines)
        self._jobs, self._wishes = chance.randint(3, 11), chance.randint(0, 6)
        self._faults = chance.randint(1, 10)

    def live(self) -> None:
        self.head.start()
        for machine in self.machines:
            self.head.ask(NodeJoined(Node(machine.id, machine.id), "simulation"))
            machine.start()
        self.timeline.run(5.0)
        self.people.plan(TROUBLE, self._jobs, self._wishes)
        self.faults.plan(TROUBLE, self._faults)
        self.timeline.run(5.0 + TROUBLE)
        self.faults.heal()
        self.timeline.run(self.timeline.now + CALM)
        self.checks.agree()
        self.people.let_go()
        end = self.timeline.now + SETTLED
        while self.timeline.now < end and not self._is_over():
            self.timeline.run(self.timeline.now + 20.0)
            self.people.let_go()
        self.checks.settled()

    def _is_over(self) -> bool:
        try:
            self.checks.settled()
        except Broken:
            return False
        return True
