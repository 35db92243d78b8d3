"""Labels of nodes: what their agents say, and over it what people say.

The label `switch` names what a node is plugged into; gangs are kept to one switch where one can hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tensorfleet.core.actions import Action, Emit, SaveNode
from tensorfleet.core.describe import labelled, listed
from tensorfleet.core.event import Event
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Facts, Now, SetLabels
from tensorfleet.core.node import Node
from tensorfleet.core.resources import MAX_LABELS
from tensorfleet.errors import InvalidRequest, NotFound


def relabel(fleet: Fleet, what: SetLabels, now: Now) -> list[Action]:
    """People's word. Raises NotFound, and InvalidRequest for too many labels; then nothing changed."""
    node = fleet.nodes.get(what.node)
    if node is None:
        raise NotFound(f"There is no node {what.node}.", "`tensorfleet nodes` lists them.")
    changes = {name: value for name, value in what.changes.items() if value is not None or name in node.labels}
    said = {**node.relabelled, **changes}
    if len(said) > MAX_LABELS:
        raise InvalidRequest(f"{node.name}: people have changed {len(said)} labels; the limit is {MAX_LABELS}.")
    return _put(fleet, replace(node, labels=_over(node.labels, said), relabelled=said), now, what.by)


def told(fleet: Fleet, node_id: str, facts: Facts, now: Now) -> list[Action]:
    """The agent's word, at each connection. What people took away and the agent does not say any more is forgotten."""
    node = fleet.nodes.get(node_id)
    if node is None:
        return []
    said = {name: value for name, value in node.relabelled.items() if value is not None or name in facts.labels}
    return _put(fleet, replace(node, labels=_over(facts.labels, said), relabelled=said), now, "")


def _over(below: Mapping[str, str], said: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**below, **said}
    return {name: value for name, value in sorted(merged.items()) if value is not None}


def _put(fleet: Fleet, node: Node, now: Now, by: str) -> list[Action]:
    before = fleet.nodes.get(node.id)
    if before is None or before == node:
        return []
    fleet.nodes.put(node.id, node)
    if before.labels == node.labels:
        return [SaveNode(node)]
    data: dict[str, str | int | float | bool] = {
        "name": node.name,
        "labels": " ".join(f"{name}={value}" for name, value in node.labels.items()),
    }
    return [
        SaveNode(node),
        Emit(Event("node.labels", now.wall, _news(before, node), node=node.id, actor=by, data=data)),
    ]


def _news(before: Node, node: Node) -> str:
    new = [(name, value) for name, value in node.labels.items() if before.labels.get(name) != value]
    gone = sorted(before.labels.keys() - node.labels.keys())
    parts = [f"is labelled {labelled(new)}"] if new else []
    if gone:
        parts.append(f"is no longer labelled {listed(gone, 'or')}")
    return f"{node.name} {' and '.join(parts)}."
