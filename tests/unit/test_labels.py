"""Labels: an agent's word holds until people say otherwise, and people's word outlives its reconnects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorfleet.core.actions import Action, Emit, SaveNode
from tensorfleet.core.fleet import Fleet
from tensorfleet.core.inputs import Now, SetLabels
from tensorfleet.core.labels import relabel, told
from tensorfleet.core.node import Node
from tensorfleet.core.resources import MAX_LABELS
from tensorfleet.errors import InvalidRequest, NotFound
from unit.fleets import facts

NOW = Now(1000.0, 0.0)


class Told:
    """A fleet of one node, what is saved of it, and what was said about it."""

    def __init__(self) -> None:
        self.fleet = Fleet((), [Node("id-a", "a")], NOW)
        self.saved = 0
        self.said: list[str] = []

    def agent(self, **labels: str) -> None:
        self._keep(told(self.fleet, "id-a", replace(facts(node="a"), labels=labels), NOW))

    def people(self, **changes: str | None) -> None:
        self._keep(relabel(self.fleet, SetLabels("id-a", changes, "ada"), NOW))

    def _keep(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case SaveNode(node):
                    assert node == self.fleet.nodes.get("id-a")
                    self.saved += 1
                case Emit(event):
                    assert (event.kind, event.node) == ("node.labels", "id-a")
                    self.said.append(f"{event.actor}: {event.text}")
        self.fleet.nodes.keep()

    @property
    def labels(self) -> dict[str, str]:
        node = self.fleet.nodes.get("id-a")
        assert node
        return dict(node.labels)


def test_an_agent_labels_its_node_and_may_change_its_mind() -> None:
    node = Told()
    node.agent(rack="a", switch="s1")
    node.agent(rack="a", switch="s1")
    assert (node.labels, node.saved) == ({"rack": "a", "switch": "s1"}, 1)
    node.agent(rack="b")
    assert node.labels == {"rack": "b"}
    assert node.said == [
        ": a is labelled rack=a and switch=s1.",
        ": a is labelled rack=b and is no longer labelled switch.",
    ]


def test_the_word_of_people_goes_over_it_and_stays() -> None:
    node = Told()
    node.agent(rack="a", switch="s1")
    node.people(rack="z", switch=None, room="7")
    assert node.labels == {"rack": "z", "room": "7"}
    node.agent(rack="b", switch="s2", site="x")
    assert node.labels == {"rack": "z", "room": "7", "site": "x"}
    assert node.said[1] == "ada: a is labelled rack=z and room=7 and is no longer labelled switch."


def test_a_label_that_people_confirmed_does_not_follow_the_agent_any_more() -> None:
    node = Told()
    node.agent(rack="a")
    node.people(rack="a")
    assert (node.saved, len(node.said)) == (2, 1), "nothing to tell, but something to keep"
    node.agent(rack="b")
    assert node.labels == {"rack": "a"}


def test_what_was_taken_away_is_forgotten_once_the_agent_says_it_no_more() -> None:
    node = Told()
    node.agent(rack="a")
    node.people(rack=None, never=None)
    node.agent()
    node.agent(rack="b")
    assert node.labels == {"rack": "b"}


def test_too_many_labels_and_no_such_node_change_nothing() -> None:
    node = Told()
    with pytest.raises(InvalidRequest, match=f"the limit is {MAX_LABELS}"):
        node.people(**{f"l{number}": "x" for number in range(MAX_LABELS + 1)})
    assert (node.labels, node.saved) == ({}, 0)
    with pytest.raises(NotFound):
        relabel(node.fleet, SetLabels("id-b", {"rack": "a"}, "ada"), NOW)
    assert told(node.fleet, "id-b", facts(), NOW) == []
