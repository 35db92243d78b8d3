"""What it costs to tell one job why it waits, in a full fleet with a long queue."""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import dataclass

from tensorfleet.core.control import Control
from tensorfleet.core.inputs import NodeConnected, NodeJoined, Now, Submit
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Kind, Request
from unit.fleets import facts, spec


@dataclass(frozen=True, slots=True)
class Explained:
    """Milliseconds, medians: the sentence that lists show; all of it, without the forecast."""

    queued: int
    running: int
    sentence: float
    whole: float


def explained(nodes: int, queued: int, asked: int = 50) -> Explained:
    """asked: jobs that ask."""
    now, dice = Now(1000.0, 0.0), random.Random(1)
    control = Control((), (), now)
    for number in range(nodes):
        name = f"n{number:04d}"
        control.handle(NodeJoined(Node(f"id-{name}", name), "bench"), now)
        control.handle(NodeConnected(f"id-{name}", facts(0, 8, name, name), ()), now)
    control.keep()
    for number in range(queued):
        request = Request(Kind.GPU, dice.choice((1, 1, 2, 4, 8)))
        what = Submit(f"j{number:06d}", spec(request), f"u{number % 20}", f"t{number % 5}")
        control.handle(what, Now(1000.0 + number / queued, number / queued))
        control.keep()
    later = Now(1002.0, 2.0)
    control.settle(later)
    control.keep()
    waiting = list(itertools.islice(control.fleet.waiting(), asked))
    sentences, wholes = [], []
    for job in waiting:
        began = time.thread_time()
        control.why(job, later)
        between = time.thread_time()
        control.outlook(job, later)
        sentences.append(between - began)
        wholes.append(time.thread_time() - between)
    running = sum(1 for _ in control.fleet.placed())
    return Explained(queued, running, 1e3 * sorted(sentences)[asked // 2], 1e3 * sorted(wholes)[asked // 2])
