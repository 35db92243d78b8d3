"""Which rank it was that the others waited for. Pure.

A collective makes all ranks wait for the slowest, so the one to name is never simply the one that is silent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from tensorfleet.agent.watch.stacks import Stack

COLLECTIVE = "torch/distributed"
"""A rank whose innermost frame is in here waits for others."""

_STATES = {"T": "is stopped", "t": "is stopped by a debugger", "D": "is asleep in the kernel", "X": "is gone"}


class Guilt(NamedTuple):
    """rank: the one to name. why: what is said of it. sure: whether it can be no mere consequence."""

    rank: int
    why: str
    sure: bool


def guilty(stacks: Mapping[int, Stack], steps: Mapping[int, int | None]) -> Guilt:
    """Of the ranks of one node, the one that holds the others up. steps: the last step of each that told any."""
    for rank, stack in sorted(stacks.items()):
        if stack.state in _STATES:
            return Guilt(rank, _STATES[stack.state], True)
    told = {rank: step for rank, step in steps.items() if step is not None}
    if told and min(told.values()) < max(told.values()):
        rank = min(told, key=lambda each: (told[each], each))
        return Guilt(rank, f"is behind at step {told[rank]}", True)
    away = [rank for rank, stack in sorted(stacks.items()) if stack.top and COLLECTIVE not in stack.top]
    if len(away) == 1:
        return Guilt(away[0], f"is in {stacks[away[0]].top}", True)
    tops = Counter(stack.top for stack in stacks.values())
    if len(tops) > 1 and len(stacks) > 2:
        rank = min(stacks, key=lambda each: (tops[stacks[each].top], each))
        if tops[stacks[rank].top] == 1:
            return Guilt(rank, f"is elsewhere than the others, in {stacks[rank].top}", False)
    rank = min(stacks, default=0)
    return Guilt(rank, f"waits in {stacks[rank].top}" if rank in stacks and stacks[rank].top else "waits", False)
