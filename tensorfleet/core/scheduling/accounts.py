"""Who had how much: use that decays, and what is held now.

Use is rank-seconds times the weight of the GPU's model, halved every `half_life`, summed exactly also while it goes
on: with a rate r held for t seconds, use grows by r * H/ln 2 * (1 - 2^(-t/H)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LN_2 = math.log(2)

BUCKETS = 16
"""Standings within a sixteenth of a doubling are equal, so that the order does not flap."""

TRACE = 0.001
"""Weighted rank-seconds that are not worth keeping."""


@dataclass(slots=True)
class _Account:
    """said: its standing, when it was asked for last as `asked`; until something changes, it is that."""

    used: float = 0.0
    at: float = 0.0
    rate: float = 0.0
    ranks: int = 0
    asked: tuple[float, float, float] | None = None
    said: float = 0.0


class Accounts:
    """Accounts by name, opened by their first use."""

    def __init__(self, half_life: float) -> None:
        self.half_life = half_life
        self._of: dict[str, _Account] = {}

    def hold(self, name: str, ranks: int, weight: float, now: float) -> None:
        """`name` holds `ranks` more from now on; fewer where negative."""
        account = self._of.setdefault(name, _Account(at=now))
        self._settle(account, now)
        account.asked = None
        account.ranks += ranks
        account.rate = account.rate + ranks * weight if account.ranks else 0.0

    def add(self, name: str, used: float, now: float) -> None:
        """Use of before: of attempts that were over when this scheduler began."""
        account = self._of.setdefault(name, _Account(at=now))
        self._settle(account, now)
        account.asked = None
        account.used += used

    def take_over(self, other: Accounts, now: float) -> None:
        """What was used by `now` in other accounts, and nothing of what is held there."""
        for name in other._of:
            self.add(name, other.used(name, now), now)

    def all(self, now: float) -> dict[str, float]:
        """What everybody used, by name; not of those for whom next to nothing is left."""
        return {name: used for name in self._of if (used := self.used(name, now)) >= TRACE}

    def used(self, name: str, now: float) -> float:
        account = self._of.get(name)
        if account is None:
            return 0.0
        self._settle(account, now)
        return account.used

    def had(self, name: str, ahead: float, now: float) -> float:
        """What counts for its standing: what was used, and what is held as if it went on for `ahead` seconds."""
        account = self._of.get(name)
        return self.used(name, now) + account.rate * ahead if account else 0.0

    def standing(self, name: str, share: float, ahead: float, now: float) -> float:
        """How much `name` had against its share: lower goes first. In steps of 1/16 of a doubling."""
        account = self._of.get(name)
        if account is None:
            return -math.inf if share > 0 else math.inf
        asked = (share, ahead, now)
        if account.asked == asked:
            return account.said
        self._settle(account, now)
        had = account.used + account.rate * ahead
        if share <= 0:
            account.said = math.inf
        else:
            account.said = math.floor(math.log2(had / share) * BUCKETS) / BUCKETS if had > 0 else -math.inf
        account.asked = asked
        return account.said

    def _settle(self, account: _Account, now: float) -> None:
        passed = now - account.at
        if passed > 0:
            kept = 2.0 ** (-passed / self.half_life)
            account.used = account.used * kept + account.rate * self.half_life / LN_2 * (1 - kept)
            account.at = now
