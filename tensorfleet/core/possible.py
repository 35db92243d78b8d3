"""What the fleet could ever run, were all of its nodes up and empty."""

from __future__ import annotations

from tensorfleet.core.describe import describe
from tensorfleet.core.draft import Draft
from tensorfleet.core.feasible import largest, whole
from tensorfleet.core.gang import seat_gang
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Request
from tensorfleet.errors import ImpossibleRequest


class Possible:
    """Remembers its answers until a node changes, so that a submit costs no look at all of them."""

    def __init__(self, nodes: Draft[Node]) -> None:
        self._nodes = nodes
        self._fine: set[Request] = set()
        self._as_of = -1

    def check(self, request: Request) -> None:
        """Raises ImpossibleRequest when no placement could ever hold `request`. Without a node, nothing is known."""
        if self._as_of != self._nodes.changes:
            self._fine.clear()
            self._as_of = self._nodes.changes
        if request in self._fine:
            return
        known = [node for node in self._nodes.values() if node.slots or node.gpus]
        if known and seat_gang([(node, whole(node)) for node in known], request) is None:
            raise ImpossibleRequest(
                f"This fleet can never run {describe(request)}: {largest(known, request)}.",
                "Ask for less, or add nodes first.",
            )
        self._fine.add(request)
