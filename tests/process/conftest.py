"""Heads and fleets that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from process.fleet import Fleet
from process.rest_head import Head, head


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Head]:
    """A head that serves REST from a thread, without agents."""
    with head(tmp_path_factory.mktemp("head")) as running:
        yield running


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A head and two agents, `a` and `b`, of four slots each."""
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        for name in ("a", "b"):
            fleet.agent(name, "--slots", "4", "--no-warm")
        yield fleet
