"""Who may do what: roles, what each may do, and whoever stands behind a request.

A role is a row of the table below and nothing else. What is not in the table is not allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """What a route may ask for. NOTHING: anybody may, without a credential."""

    NOTHING = "nothing"
    READ = "read"
    SUBMIT = "submit"
    STOP = "stop"
    OPERATE = "operate"
    ADMINISTER = "administer"
    EVERY_TEAM = "every team"
    """Reaches the jobs of all teams and not only of its own."""


_VIEWER: Final = frozenset({Permission.READ})
_MEMBER: Final = _VIEWER | {Permission.SUBMIT, Permission.STOP}
_OPERATOR: Final = _VIEWER | {Permission.STOP, Permission.OPERATE, Permission.EVERY_TEAM}

ROLES: Final[Mapping[str, frozenset[Permission]]] = {
    "viewer": _VIEWER,
    "member": _MEMBER,
    "operator": _OPERATOR,
    "admin": _MEMBER | _OPERATOR | {Permission.ADMINISTER},
}
"""From the least to the most trusted. An operator looks after machines and queues but submits nothing."""

RANKS: Final = tuple(ROLES)


def lower(one: str, other: str) -> str:
    """The less trusted of two roles: a key never reaches further than its owner does today."""
    return min(one, other, key=RANKS.index)


@dataclass(frozen=True, slots=True)
class Principal:
    """credential: `keys/ID` or `sessions/ID`, by which it can be checked again; empty for nobody."""

    user: str
    team: str
    role: str
    credential: str

    def may(self, permission: Permission) -> bool:
        return permission is Permission.NOTHING or permission in ROLES.get(self.role, frozenset())

    def reaches(self, team: str) -> bool:
        """Whether the jobs of `team` exist for it."""
        return team == self.team or self.may(Permission.EVERY_TEAM)


NOBODY: Final = Principal("", "", "", "")
