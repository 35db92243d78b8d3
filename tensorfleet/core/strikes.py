"""A node that keeps failing jobs is taken out of use before it fails more, and somebody is told why.

Only what the node itself reports as a fault of its own counts (a full disk, a lost shim, a sick GPU); silence is
another matter. One job strikes once: a job that fails everywhere must not take the fleet down with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tensorfleet.core.actions import Action, SaveNode
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Now
from tensorfleet.core.membership import say
from tensorfleet.core.node import Node, Strike

WINDOW = 3600.0
"""Seconds for which a strike counts."""

OUT = 3
"""Different jobs that a node has to fail within the window."""


def struck(node: Node, job: str, error: str, fleet: Iterable[Node], at: float) -> Node:
    """`node` after it failed `job`: drained when that was one too many, and at least half of the fleet stays in use."""
    recent = [strike for strike in node.strikes if at - strike.at < WINDOW and strike.job != job]
    node = replace(node, strikes=(*recent, Strike(job, at, error))[-OUT:])
    nodes = list(fleet)
    left = sum(not each.drain and each.id != node.id for each in nodes)
    if len(node.strikes) < OUT or node.drain or left * 2 < len(nodes):
        return node
    return replace(node, drain=True)


def reason(node: Node) -> str:
    """Why `node` was drained."""
    return f"It failed {len(node.strikes)} jobs within an hour, the last because {node.strikes[-1].error}"


def strike(fleet: Fleet, before: Node, job: str, error: str, now: Now) -> list[Action]:
    """`before` failed `job`: a strike, and with enough of them no new work."""
    node = struck(before, job, error, fleet.nodes.values(), now.wall)
    fleet.nodes.put(node.id, node)
    if node.drain == before.drain:
        return [SaveNode(node)]
    return [
        SaveNode(node),
        say(node, "node.drain", f"{node.name} takes no new work. {reason(node)}", now, "the platform"),
    ]
