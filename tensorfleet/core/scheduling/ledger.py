"""Teams and users against what the policy entitles them to: standing, caps, guarantees."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from tensorfleet.core.resources import Kind
from tensorfleet.core.scheduling.accounts import Accounts
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Discipline, Policy, Slice
from tensorfleet.core.scheduling.used import Used


class Ledger:
    """The accounts of all teams, and of the users within each."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        slices = (*policy.teams.values(), *policy.users.values())
        self.limited = any(each.cap is not None for each in slices)
        self.guaranteed = any(each.guarantee for each in slices)
        self.teams = Accounts(policy.half_life)
        self.users = Accounts(policy.half_life)
        self._entitled: dict[tuple[str, str], tuple[float, float, str]] = {}
        """Shares of a team and of a user in it, and the name of the user's account."""
        self._held = Counter[tuple[str, Kind]]()
        self.stirred = False
        """Whether anybody used anything since `used` was asked for last."""

    def take_over(self, other: Ledger, now: float) -> None:
        """What everybody used so far, from another ledger."""
        self.stirred |= other.stirred
        self.teams.take_over(other.teams, now)
        self.users.take_over(other.users, now)

    def used(self, at: float, now: float) -> Used:
        """What everybody had until now, which is `at` by the wall."""
        self.stirred = any(self._held.values())
        return Used(at, self.teams.all(now), self.users.all(now))

    def recall(self, used: Used, at: float, now: float) -> None:
        """What was had before this ledger was opened; now is `at` by the wall."""
        kept = 2.0 ** (-max(0.0, at - used.at) / self._policy.half_life)
        for accounts, had in ((self.teams, used.teams), (self.users, used.users)):
            for name, each in had.items():
                accounts.add(name, each * kept, now)

    def hold(self, ask: Ask, ranks: int, weight: float, now: float) -> None:
        """The ask's team and user hold `ranks` more from now on; fewer where negative."""
        self.stirred = True
        self.teams.hold(ask.team, ranks, weight, now)
        self.users.hold(f"{ask.team}/{ask.user}", ranks, weight, now)
        for name in (ask.team, f"{ask.team}/{ask.user}"):
            self._held[name, ask.request.kind] += ranks

    def held(self, name: str, kind: Kind) -> int:
        """GPUs, or slots, that a team, or a user (`team/user`), holds."""
        return self._held[name, kind]

    def standing(self, team: str, user: str, now: float) -> tuple[float, float]:
        """Of the team among teams, and of the user within it: lower goes first."""
        if self._policy.discipline is not Discipline.DEFAULT:
            return 0.0, 0.0
        found = self._entitled.get((team, user))
        if found is None:
            own = self._policy.user(team, user).share
            found = self._entitled[team, user] = (self._policy.team(team).share, own, f"{team}/{user}")
        share, own, name = found
        ahead = self._policy.ahead
        return self.teams.standing(team, share, ahead, now), self.users.standing(name, own, ahead, now)

    def had(self, team: str, user: str, now: float) -> tuple[float, float]:
        """What the team and the user had, each for one unit of its share; weighted rank-seconds, as `standing` counts
        them. For no share nothing is enough: infinity."""
        policy, ahead = self._policy, self._policy.ahead
        both = (
            (self.teams.had(team, ahead, now), policy.team(team).share),
            (self.users.had(f"{team}/{user}", ahead, now), policy.user(team, user).share),
        )
        of_team, of_user = (had / share if share else math.inf for had, share in both)
        return of_team, of_user

    def allowed(self, ask: Ask, kept: Iterable[Ask] = ()) -> float:
        """How many ranks more its team and its user may hold. Caps count GPUs, and slots apart from them. kept: asks
        of the same kind for whom room is kept below the caps as well."""
        if not self.limited:
            return math.inf
        kind = ask.request.kind
        promised = Counter[str]()
        for each in kept:
            promised[each.team] += each.least
            promised[f"{each.team}/{each.user}"] += each.least
        return min(
            math.inf if mine.cap is None else mine.cap - self.held(name, kind) - promised[name]
            for name, mine in self._slices(ask)
        )

    def capped(self, ask: Ask, kept: Iterable[Ask] = ()) -> bool:
        """Whether its team or its user may hold no more."""
        return self.allowed(ask, kept) < ask.least

    def owed(self, ask: Ask) -> bool:
        """Whether its team, or its user, would still be within its guarantee."""
        return self.guaranteed and any(
            self.held(name, ask.request.kind) + ask.least <= mine.guarantee for name, mine in self._slices(ask)
        )

    def borrowed(self, ask: Ask) -> bool:
        """Whether both its team and its user hold more than their guarantees. ask: of a holding."""
        return not self.guaranteed or all(
            self.held(name, ask.request.kind) > mine.guarantee for name, mine in self._slices(ask)
        )

    def _slices(self, ask: Ask) -> tuple[tuple[str, Slice], tuple[str, Slice]]:
        policy = self._policy
        return (ask.team, policy.team(ask.team)), (f"{ask.team}/{ask.user}", policy.user(ask.team, ask.user))
