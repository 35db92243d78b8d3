"""Teams and users against what the policy entitles them to: standing, caps, guarantees."""

from __future__ import annotations

import math

from tensorfleet.core.scheduling.accounts import Accounts
from tensorfleet.core.scheduling.ask import Ask
from tensorfleet.core.scheduling.policy import Discipline, Policy


class Ledger:
    """The accounts of all teams, and of the users within each."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.teams = Accounts(policy.half_life)
        self.users = Accounts(policy.half_life)

    def take_over(self, other: Ledger, now: float) -> None:
        """What everybody used so far, from another ledger."""
        self.teams.take_over(other.teams, now)
        self.users.take_over(other.users, now)

    def hold(self, ask: Ask, ranks: int, weight: float, now: float) -> None:
        """The ask's team and user hold `ranks` more from now on; fewer where negative."""
        self.teams.hold(ask.team, ranks, weight, now)
        self.users.hold(f"{ask.team}/{ask.user}", ranks, weight, now)

    def standing(self, team: str, user: str, now: float) -> tuple[float, float]:
        """Of the team among teams, and of the user within it: lower goes first."""
        if self._policy.discipline is not Discipline.DEFAULT:
            return 0.0, 0.0
        share, own = self._policy.team(team).share, self._policy.user(team, user).share
        return (
            self.teams.standing(team, share, self._policy.ahead, now),
            self.users.standing(f"{team}/{user}", own, self._policy.ahead, now),
        )

    def allowed(self, ask: Ask) -> float:
        """How many ranks more its team and its user may hold."""
        user = f"{ask.team}/{ask.user}"
        team_cap, user_cap = self._policy.team(ask.team).cap, self._policy.user(ask.team, ask.user).cap
        return min(
            math.inf if team_cap is None else team_cap - self.teams.held(ask.team),
            math.inf if user_cap is None else user_cap - self.users.held(user),
        )

    def capped(self, ask: Ask) -> bool:
        """Whether its team or its user may hold no more."""
        return self.allowed(ask) < ask.least

    def owed(self, ask: Ask) -> bool:
        """Whether its team would still be within its guarantee."""
        return self.teams.held(ask.team) + ask.least <= self._policy.team(ask.team).guarantee

    def borrowed(self, ask: Ask) -> bool:
        """Whether its team holds more than its guarantee."""
        return self.teams.held(ask.team) > self._policy.team(ask.team).guarantee
