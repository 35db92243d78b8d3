"""What attempts held that a job's document no longer keeps: their sums, so that accounts stay right."""

from __future__ import annotations

from tensorfleet.core.job import Attempt, CauseCode, Spent
from tensorfleet.core.verdict import judge


def worth_until(attempt: Attempt) -> float:
    """Until when what the attempt did was worth its while: its good end, or else its last checkpoint. Unix seconds."""
    if attempt.ended and judge(attempt).code is CauseCode.DONE:
        return attempt.ended
    return min(attempt.saved, attempt.ended) if attempt.ended else attempt.saved


def add_up(used: tuple[Spent, ...], attempt: Attempt) -> tuple[Spent, ...]:
    """`used`, and `attempt`, which is over, with it. One for each node's first GPU, so that it stays small."""
    sums = {each.gpu: each for each in used}
    seconds = attempt.ended - attempt.placed
    if seconds <= 0:
        return used
    useful = max(0.0, worth_until(attempt) - attempt.placed)
    for share in attempt.shares:
        gpu = share.gpus[0] if share.gpus else ""
        size = len(share.gpus) or share.ranks
        old = sums.get(gpu) or Spent(gpu, attempt.placed, attempt.ended)
        sums[gpu] = Spent(gpu, old.since, attempt.ended, old.held + size * seconds, old.useful + size * useful)
    return tuple(sums.values())
