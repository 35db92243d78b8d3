"""What befalls the fleet, at random times: deaths, pauses, cuts, slow links and disks, clocks that jump."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from tensorfleet.sim.head import Head
from tensorfleet.sim.machine import Machine
from tensorfleet.sim.story import Story
from tensorfleet.sim.timeline import Timeline


class Faults:
    def __init__(self, timeline: Timeline, chance: Random, story: Story, head: Head, machines: list[Machine]) -> None:
        self._timeline, self._chance, self._story = timeline, chance, story
        self._head, self._machines = head, machines

    def plan(self, span: float, count: int) -> None:
        """`count` faults within `span` seconds."""
        kinds: tuple[Callable[[], None], ...] = (
            self._kill_head,
            self._stop_head,
            self._kill_agent,
            self._kill_agent,
            self._kill_shim,
            self._kill_shim,
            self._kill_machine,
            self._cut,
            self._cut,
            self._flap,
            self._slow_link,
            self._slow_disk,
            self._jump,
        )
        for _ in range(count):
            self._timeline.after(self._chance.uniform(1.0, span), self._chance.choice(kinds))

    def heal(self) -> None:
        """Whatever is down comes up, whatever is cut is whole."""
        self._story.tell(self._timeline.now, "everything heals")
        self._head.slow_disk = False
        if self._head.paused:
            self._head.go_on()
        if not self._head.up:
            self._head.start()
        for machine in self._machines:
            for pipe in (machine.link.up, machine.link.down):
                pipe.slow = 0.0
                pipe.heal()
            if not machine.up:
                machine.start()

    def _after(self, least: float, most: float, what: Callable[[], None]) -> None:
        self._timeline.after(self._chance.uniform(least, most), what)

    def _kill_head(self) -> None:
        if self._head.up:
            self._head.crash()
            self._after(0.1, 40.0, self._start_head)

    def _start_head(self) -> None:
        if not self._head.up:
            self._head.start()

    def _stop_head(self) -> None:
        if self._head.up and not self._head.paused:
            life = self._head.life
            self._head.pause()
            self._after(1.0, 150.0, lambda: self._wake_head(life))

    def _wake_head(self, life: int) -> None:
        if self._head.paused and self._head.life == life:
            self._head.go_on()

    def _kill_agent(self) -> None:
        machine = self._chance.choice(self._machines)
        if machine.up:
            machine.crash()
            self._after(0.1, 30.0, lambda: self._start_agent(machine, machine.boot))

    def _start_agent(self, machine: Machine, boot: int) -> None:
        if not machine.up and machine.boot == boot:
            machine.start()

    def _kill_shim(self) -> None:
        machine = self._chance.choice(self._machines)
        running = sorted(machine.alive())
        if running:
            machine.kill_shim(self._chance.choice(running))

    def _kill_machine(self) -> None:
        machine = self._chance.choice(self._machines)
        machine.reboot()
        boot = machine.boot
        self._after(5.0, 200.0, lambda: self._start_agent(machine, boot))

    def _cut(self) -> None:
        """One direction or both, for one machine or for several at once."""
        several = self._chance.random() < 0.2
        machines = self._machines if several else [self._chance.choice(self._machines)]
        directions = self._chance.choice((("up",), ("down",), ("up", "down")))
        self._story.tell(self._timeline.now, "cut {} of {}", directions, [machine.id for machine in machines])
        pipes = [getattr(machine.link, each) for machine in machines for each in directions]
        for pipe in pipes:
            pipe.cut = True
        for pipe in pipes:
            self._after(1.0, 180.0, pipe.heal)

    def _flap(self) -> None:
        """A link that comes and goes, every few seconds."""
        machine = self._chance.choice(self._machines)
        self._story.tell(self._timeline.now, "the link of {} flaps", machine.id)
        for turn in range(self._chance.randint(3, 10)):
            for pipe in (machine.link.up, machine.link.down):
                self._timeline.after(turn * 6.0, partial(setattr, pipe, "cut", True))
                self._timeline.after(turn * 6.0 + 4.0, pipe.heal)

    def _slow_link(self) -> None:
        machine = self._chance.choice(self._machines)
        pipe = self._chance.choice((machine.link.up, machine.link.down))
        pipe.slow = 0.3
        self._story.tell(self._timeline.now, "a link of {} is slow", machine.id)
        self._after(5.0, 60.0, lambda: setattr(pipe, "slow", 0.0))

    def _slow_disk(self) -> None:
        self._head.slow_disk = True
        self._story.tell(self._timeline.now, "the head's disk is slow")
        self._after(5.0, 40.0, lambda: setattr(self._head, "slow_disk", False))

    def _jump(self) -> None:
        self._head.jump += self._chance.choice((-3600.0, 3600.0, 366 * 86400.0))
        self._story.tell(self._timeline.now, "the head's wall clock jumps")
