"""A rank that runs out of its GPU's memory: the cause says so, and what to do; one that only speaks of it is not taken
for one."""

from __future__ import annotations

import pytest

from process.fleet import Fleet
from tensorfleet.wire.jobfile import JobFile, ResourcesFile, RetryFile

PHRASE = "CUDA out of memory. Tried to allocate 20.00 MiB."
CLASS = "E = type('OutOfMemoryError', (RuntimeError,), {'__module__': 'torch'})"
"""Named as torch names it: importing torch would take seconds."""


def cause(fleet: Fleet, code: str) -> tuple[str, str, str, int]:
    asked = JobFile(run=["python", "-c", code], resources=ResourcesFile(slots=1), retry=RetryFile(max=0))
    done = fleet.finished(fleet.client.submit(asked).id)
    assert done.cause is not None
    return done.cause.code, done.cause.text, done.cause.hint, done.cause.exit_code


def test_a_rank_that_ran_out_of_gpu_memory_is_named_with_what_to_do(fleet: Fleet) -> None:
    code, text, hint, exit_code = cause(fleet, f"{CLASS}; raise E({PHRASE!r})")
    assert (code, exit_code) == ("oom", 1)
    assert text.startswith("Rank 0 on ")
    assert text.endswith(" ran out of GPU memory.")
    assert "smaller batch" in hint


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (f"print('torch.OutOfMemoryError: {PHRASE}')", "done"),
        (f"print('torch.OutOfMemoryError: {PHRASE}'); raise ValueError(3)", "exit"),
        (f"{CLASS}\ntry:\n  raise E({PHRASE!r})\nexcept E:\n  raise ValueError(3)", "exit"),
    ],
)
def test_a_rank_that_only_speaks_of_it_is_not_taken_for_one(fleet: Fleet, code: str, what: str) -> None:
    assert cause(fleet, code)[0] == what
