"""Who has to make room for whom, and what that costs.

Least attained service first, in two levels (Gu et al., "Tiresias", NSDI 2019): a job that has had little yet may take
the place of one that has had much. A higher class may take the place of a lower one; a job that has waited for too
long that of anybody in its class; a team below its guarantee that of those who borrowed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from tensorfleet.core.feasible import capacity
from tensorfleet.core.gang import give, seat_gang
from tensorfleet.core.node import Node
from tensorfleet.core.resources import Free, Request
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.grid import Grid
from tensorfleet.core.scheduling.policy import DAY, JobClass, Policy

Places = Mapping[str, tuple[Node, Free]]


def may_displace(
    ask: Ask, level: int, owed: bool, holding: Holding, borrowed: bool, policy: Policy, now: float
) -> float | None:
    """From when on `ask` may take the place of `holding`, unix seconds; None for never, as things are.

    level: of the ask, -1 when pinned. owed: its team is below its guarantee. borrowed: the team of the holding is
    above its own.
    """
    victim = holding.ask
    if holding.leaving or not victim.preemptible or victim.job_class is JobClass.URGENT:
        return None
    mine, other = ask.job_class.order, victim.job_class.order
    if mine == 0 or (victim.job_class is JobClass.SCAVENGER and mine < other):
        return now
    if len([at for at in victim.interrupted if now - at < DAY]) >= policy.most_preemptions:
        return None
    rested = holding.started + policy.min_run
    if mine < other or (owed and borrowed):
        return rested if mine <= other else None
    if mine == other and (level == 0 or (level < 0 and ask.rank < victim.rank)):
        long_since = holding.started + (policy.level - holding.attained(holding.started)) / max(1, holding.ranks)
        return max(rested, long_since)
    return None


def cost(holding: Holding, policy: Policy, now: float) -> float:
    """Rank-seconds that an interruption throws away."""
    return holding.ranks * (max(0.0, now - max(holding.saved, holding.started)) + policy.restart_cost)


def choose(
    ask: Ask, grid: Grid, ready: Iterable[Holding], shut: Collection[str], price: Callable[[Holding], float]
) -> list[Holding] | None:
    """The cheapest of `ready` whose end makes a place for `ask`, on nodes that are not `shut`; None when all of them
    are not enough."""
    request = ask.of_size(ask.size or ask.least)
    places = {node_id: place for node_id, place in grid.places.items() if node_id not in shut}
    fits = [each for each in ready if any(share.node in places for share in each.shares)]
    if request.nodes <= 1:
        single = _on_one_node(request, places, fits, price)
        if single or request.nodes == 1:
            return single
    return _anywhere(request, places, fits, price)


def _order(holding: Holding, price: Callable[[Holding], float]) -> tuple[float, float, str]:
    """The cheapest per rank first; of equals the last in line."""
    return price(holding) / holding.ranks, -holding.ask.rank, holding.ask.id


def _on_one_node(
    request: Request, places: Places, ready: list[Holding], price: Callable[[Holding], float]
) -> list[Holding] | None:
    by_node: dict[str, list[Holding]] = {}
    for holding in ready:
        for share in holding.shares:
            if share.node in places:
                by_node.setdefault(share.node, []).append(holding)
    best: tuple[float, str, list[Holding]] | None = None
    for node_id, there in by_node.items():
        here = {node_id: places[node_id]}
        there.sort(key=lambda each: _order(each, price))
        # Small ones first frees less than asked for by little; the dearest first is right where one of them is enough.
        for row in (there, sorted(there, key=price)):
            chosen = _enough(request, here, row)
            if chosen:
                chosen = _pruned(request, here, chosen, price)
                found = (sum(map(price, chosen)), node_id, chosen)
                best = found if best is None or found[:2] < best[:2] else best
    return best[2] if best else None


def _enough(request: Request, places: Places, row: Iterable[Holding]) -> list[Holding] | None:
    """The first of `row` whose end makes a place in `places`."""
    over = dict(places)
    chosen: list[Holding] = []
    for holding in row:
        chosen.append(holding)
        _release(holding, over)
        if seat_gang(over.values(), request):
            return chosen
    return None


def _release(holding: Holding, places: dict[str, tuple[Node, Free]]) -> None:
    """What `places` have once it has gone."""
    for share in holding.shares:
        if share.node in places:
            places[share.node] = (places[share.node][0], give(*places[share.node], share, holding.request))


def _anywhere(
    request: Request, places: Places, ready: list[Holding], price: Callable[[Holding], float]
) -> list[Holding] | None:
    over = dict(places)
    chosen: list[Holding] = []
    missing = request.ranks - sum(capacity(*place, request) for place in places.values())
    for holding in sorted(ready, key=lambda each: _order(each, price)):
        chosen.append(holding)
        _release(holding, over)
        missing -= holding.ranks
        if missing <= 0 and seat_gang(over.values(), request):
            return _pruned(request, places, chosen, price)
    return None


def _pruned(
    request: Request, places: Places, chosen: list[Holding], price: Callable[[Holding], float]
) -> list[Holding]:
    """Without those that are not needed, the dearest spared first."""
    kept = list(chosen)
    for spared in sorted(chosen, key=price, reverse=True):
        over = dict(places)
        for holding in kept:
            if holding is not spared:
                _release(holding, over)
        if seat_gang(over.values(), request):
            kept.remove(spared)
    return kept
