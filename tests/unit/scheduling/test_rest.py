"""A walk that ends early, because nothing would come of the rest, decides what a whole one does, and wakes no later."""

from __future__ import annotations

import pytest

from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Policy, Slice
from tensorfleet.core.scheduling.rest import Rest
from unit.scheduling.stream import Stream

CAPPED = Policy(teams={"a": Slice(3.0), "b": Slice(1.0, cap=10)}, users={"a/x": Slice(cap=7)})


class Rigid(Stream):
    """Nobody is elastic: for those a walk is never cut short."""

    def new(self) -> Ask:
        made = super().new()
        made.speed = None
        return made

    def run(self, events: int) -> None:
        self.wakes: list[float] = []
        super().run(events)

    def check(self) -> None:
        super().check()
        self.wakes.append(self.board.wake)


@pytest.mark.parametrize("policy", [Policy(), CAPPED, Policy(preemption=False)], ids=["plain", "capped", "unmoved"])
@pytest.mark.parametrize("seed", range(3))
def test_the_decisions_are_the_same(seed: int, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = 0
    idle = Rest.idle

    def counted(rest: Rest, order: int, starts: int) -> bool:
        nonlocal cut
        found = idle(rest, order, starts)
        cut += found
        return found

    monkeypatch.setattr(Rest, "idle", counted)
    short = Rigid(seed, policy)
    short.run(600)
    monkeypatch.setattr(Rest, "idle", lambda *_: False)
    whole = Rigid(seed, policy)
    whole.run(600)
    assert short.told == whole.told
    assert all(one <= other for one, other in zip(short.wakes, whole.wakes, strict=True))
    assert cut > 20
