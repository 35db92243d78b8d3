from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.console import Console
from process.fleet import Fleet


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A head and two agents with two slots and two fake GPUs each, for all tests of a file."""
    with Fleet(tmp_path_factory.mktemp("lab")) as fleet:
        for name in ("a", "b"):
            fleet.agent(name, "--slots", "2", "--fake-gpus", "2")
        yield fleet


@pytest.fixture
def console(lab: Fleet, tmp_path: Path) -> Iterator[Console]:
    with Console(lab, tmp_path) as console:
        yield console
