"""The queue, as `Client.queue`: its policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tensorfleet.client.transport import Transport
from tensorfleet.wire.queue import PolicyBody, PolicyPatch, PolicyView

_POLICY = "/api/v1/queue/policy"


class Queue:
    def __init__(self, http: Transport) -> None:
        self._http = http

    def policy(self) -> PolicyView:
        """Every setting, with its default and its meaning."""
        return self._http.get(PolicyView, _POLICY)

    def set_policy(
        self,
        settings: Mapping[str, Any],
        *,
        reset: Sequence[str] = (),
        dry_run: bool = False,
        force: bool = False,
    ) -> PolicyView:
        """Changes these settings, by their names, and puts `reset` back to their defaults: all of it or nothing.
        force: also where somebody holds more than a quota leaves him."""
        body = PolicyPatch(dict(settings), list(reset), dry_run, force)
        return self._send("PATCH", body)

    def replace_policy(self, settings: Mapping[str, Any], *, dry_run: bool = False, force: bool = False) -> PolicyView:
        """As `set_policy`, but all other settings go back to their defaults."""
        body = PolicyBody(dict(settings), dry_run, force)
        return self._send("PUT", body)

    def _send(self, method: str, body: PolicyPatch | PolicyBody) -> PolicyView:
        headers = {"Content-Type": "application/json"}
        data = self._http.request(method, _POLICY, body=msgspec.json.encode(body), headers=headers, again=True)
        return self._http.decode(PolicyView, _POLICY, data)
