"""Nodes that come, take work or take none, and what people are told of them."""

from __future__ import annotations

from dataclasses import replace

from tensorfleet.core.actions import Action, Emit, SaveNode
from tensorfleet.core.event import Event
from tensorfleet.core.fleet import Fleet, Link
from tensorfleet.core.inputs import NodeJoined, Now, SetDrain
from tensorfleet.core.node import Node


def joined(fleet: Fleet, what: NodeJoined, now: Now) -> list[Action]:
    """A node of the fleet from now on, under a name that no other has."""
    taken = {node.name for node in fleet.nodes.values() if node.id != what.node.id}
    name, count = what.node.name, 2
    while name in taken:
        name, count = f"{what.node.name}-{count}", count + 1
    node = replace(what.node, name=name, joined=now.wall)
    fleet.nodes.put(node.id, node)
    fleet.links.setdefault(node.id, Link(now.mono))
    return [SaveNode(node), say(node, "node.joined", f"{name} joined the fleet.", now, what.by)]


def drain(fleet: Fleet, node: Node, what: SetDrain, now: Now) -> list[Action]:
    """No new work for `node`, or work again, with its strikes forgiven."""
    if node.drain == what.on:
        return []
    node = replace(node, drain=what.on, strikes=node.strikes if what.on else ())
    fleet.nodes.put(node.id, node)
    text = f"{node.name} takes no new work." if what.on else f"{node.name} takes work again."
    return [SaveNode(node), say(node, "node.drain" if what.on else "node.resume", text, now, what.by)]


def show(fleet: Fleet, node: Node, now: Now) -> list[Action]:
    """Tells people when the node's state changed since they were last told."""
    link = fleet.links[node.id]
    state = fleet.node_state(node, now)
    if state is link.shown:
        return []
    link.shown = state
    return [say(node, f"node.{state.value}", f"{node.name} is {state.value}.", now)]


def say(node: Node, kind: str, text: str, now: Now, actor: str = "") -> Emit:
    """An event about `node`."""
    return Emit(Event(kind, now.wall, text, node=node.id, actor=actor, data={"name": node.name}))
