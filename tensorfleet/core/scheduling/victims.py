"""Who has to make room for whom, and what that costs.

Least attained service first, in two levels (Gu et al., "Tiresias", NSDI 2019): a job that has had little yet may take
the place of one that has had much. A higher class may take the place of a lower one; a job that has waited for too
long that of anybody in its class; a team below its guarantee that of those who borrowed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from tensorfleet.core.resources import Kind, Request
from tensorfleet.core.scheduling.ask import Ask, Holding
from tensorfleet.core.scheduling.emptied import Emptied
from tensorfleet.core.scheduling.grid import Grid
from tensorfleet.core.scheduling.policy import DAY, JobClass, Policy


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
    ask: Ask, grid: Grid, ready: Iterable[Holding], shut: AbstractSet[str], price: Callable[[Holding], float]
) -> list[Holding] | None:
    """The cheapest of `ready` whose end makes a place for `ask`, on nodes that are not `shut`; None when all of them
    are not enough."""
    request = ask.of_size(ask.size or ask.least)
    fits = [each for each in ready if any(_usable(share.node, grid, shut) for share in each.shares)]
    prices = {each.ask.id: price(each) for each in fits}
    rows = sorted(((prices[each.ask.id] / each.ranks, -each.ask.rank, each.ask.id), each) for each in fits)
    cheapest = [each for _, each in rows]
    if request.nodes <= 1:
        single = _on_one_node(request, grid, shut, cheapest, prices)
        if single or request.nodes == 1:
            return single
    return _anywhere(request, grid, shut, cheapest, prices)


def _usable(node_id: str, grid: Grid, shut: AbstractSet[str]) -> bool:
    return node_id in grid.places and node_id not in shut


def _on_one_node(
    request: Request, grid: Grid, shut: AbstractSet[str], cheapest: list[Holding], prices: Mapping[str, float]
) -> list[Holding] | None:
    by_node: dict[str, list[Holding]] = {}
    for holding in cheapest:
        for share in holding.shares:
            if _usable(share.node, grid, shut):
                by_node.setdefault(share.node, []).append(holding)
    best: tuple[float, str, list[Holding]] | None = None
    for least, node_id in sorted(_bounds(request, grid, by_node, prices)):
        if best and (least, node_id) > best[:2]:
            break
        there = by_node[node_id]
        # Small ones first frees less than asked for by little; the dearest first is right where one of them is enough.
        for row in (there, sorted(there, key=lambda each: prices[each.ask.id])):
            room = Emptied(request, grid, only=node_id)
            chosen = _enough(room, row)
            if chosen:
                chosen = _pruned(room, chosen, prices)
                found = (sum(prices[each.ask.id] for each in chosen), node_id, chosen)
                best = found if best is None or found[:2] < best[:2] else best
    return best[2] if best else None


def _bounds(
    request: Request, grid: Grid, by_node: Mapping[str, list[Holding]], prices: Mapping[str, float]
) -> Iterator[tuple[float, str]]:
    """What a place on each node costs at least, of those nodes where there may be one: the GPUs or slots that are
    missing, at the price of its cheapest. There: the cheapest per rank first."""
    for node_id, there in by_node.items():
        free = grid.places[node_id][1]
        missing = request.ranks - (len(free.gpus) if request.kind is Kind.GPU else free.slots)
        held = sum(
            share.ranks
            for holding in there
            if holding.request.kind is request.kind
            for share in holding.shares
            if share.node == node_id
        )
        if held >= missing:
            yield max(0, missing) * prices[there[0].ask.id] / there[0].ranks, node_id


def _enough(room: Emptied, row: Iterable[Holding]) -> list[Holding] | None:
    """The first of `row` without whom there is a place."""
    chosen: list[Holding] = []
    for holding in row:
        chosen.append(holding)
        room.release(holding)
        if room.enough():
            return chosen
    return None


def _anywhere(
    request: Request, grid: Grid, shut: AbstractSet[str], cheapest: list[Holding], prices: Mapping[str, float]
) -> list[Holding] | None:
    room = Emptied(request, grid, shut)
    missing = room.missing()
    chosen: list[Holding] = []
    for holding in cheapest:
        chosen.append(holding)
        room.release(holding)
        missing -= holding.ranks
        if missing <= 0 and room.enough():
            return _pruned(room, chosen, prices)
    return None


def _pruned(room: Emptied, chosen: list[Holding], prices: Mapping[str, float]) -> list[Holding]:
    """Without those that are not needed, the dearest spared first. room: where all of them are gone."""
    kept = list(chosen)
    for spared in sorted(chosen, key=lambda each: prices[each.ask.id], reverse=True):
        room.restore(spared)
        if room.enough():
            kept.remove(spared)
        else:
            room.release(spared)
    return kept
