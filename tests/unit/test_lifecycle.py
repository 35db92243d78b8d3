"""The one table of moves is complete, closed, and what the documents say."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tensorfleet.core.job import TERMINAL, Job, JobState
from tensorfleet.core.lifecycle import MOVES, Move, advance, diagram
from tensorfleet.core.resources import Request
from tensorfleet.errors import Conflict
from unit.fleets import spec


@pytest.mark.parametrize(("state", "move"), list(product(JobState, Move)))
def test_a_move_is_in_the_table_or_refused(state: JobState, move: Move) -> None:
    job = Job("j", spec(Request()), "ada", "vision", 0.0, state=state)
    if (state, move) in MOVES:
        assert advance(job, move, 5.0).state is MOVES[state, move]
        assert advance(job, move, 5.0).since == 5.0
    else:
        with pytest.raises(Conflict):
            advance(job, move, 5.0)


def test_only_a_retry_leaves_a_terminal_state_and_every_state_is_reached() -> None:
    assert {move for state, move in MOVES if state in TERMINAL} == {Move.RETRY}
    assert set(MOVES.values()) == set(JobState)
    assert {state for state, _ in MOVES} == set(JobState) - {JobState.SUCCEEDED}


def test_the_architecture_page_shows_this_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()
    assert diagram() in page
