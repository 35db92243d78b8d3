"""The queue's policy in REST's words, and changes of it one after the other.

The policy itself is one document of the store and one value in the brain; both change in one transaction, with the
event that tells who changed what.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tensorfleet.core.inputs import SetPolicy
from tensorfleet.core.quota import check_change
from tensorfleet.core.scheduling.policy import Policy
from tensorfleet.core.settings import changes, default_of, flatten, setting_of, shown
from tensorfleet.errors import Conflict
from tensorfleet.head.records import POLICY
from tensorfleet.head.shell import Shell
from tensorfleet.store.port import Store
from tensorfleet.wire.queue import ChangeView, PolicyView, SettingView


class PolicyBook:
    def __init__(self, shell: Shell, store: Store) -> None:
        self._shell = shell
        self._store = store
        self._turn = asyncio.Lock()

    def view(self) -> PolicyView:
        """The policy as it is."""
        return self._view(self._shell.control.policy, {})

    async def change(
        self, by: str, change: Callable[[Policy], Policy], *, dry_run: bool, force: bool, rev: int | None
    ) -> PolicyView:
        """Applies all of `change`, or nothing; the policy as it is then. Raises what `change` does, and Conflict for
        another revision than `rev` and for a quota below what is held."""
        async with self._turn:
            if rev is not None and rev != self._rev():
                raise Conflict(
                    f"The policy is at revision {self._rev()}, no longer at {rev}.",
                    "Read it again, and then change it.",
                )
            before = self._shell.control.policy
            what = SetPolicy(change(before), by, force)
            if dry_run:
                check_change(before, what, self._shell.control.fleet.placed())
            else:
                await self._shell.ask(what)
            told = {
                name: (shown(name, old), shown(name, new)) for name, (old, new) in changes(before, what.policy).items()
            }
            return self._view(what.policy, told)

    def _rev(self) -> int:
        doc = self._store.get(POLICY, POLICY)
        return int(doc["rev"]) if doc else 0

    def _view(self, policy: Policy, told: dict[str, tuple[str, str]]) -> PolicyView:
        settings = [
            SettingView(
                name,
                value,
                usual := default_of(name),
                shown(name, value),
                shown(name, usual),
                setting_of(name).unit.value,
                setting_of(name).meaning,
            )
            for name, value in flatten(policy).items()
        ]
        return PolicyView(self._rev(), settings, [ChangeView(name, *pair) for name, pair in told.items()])
