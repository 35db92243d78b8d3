"""A rank died of a full GPU only if that is what its last, uncaught exception says."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tensorfleet.agent.output.gpumemory import TAIL, gpu_ran_out

PHRASE = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.10 GiB."
FRAMES = 'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\n    step()\n'
TORCH = f"{FRAMES}torch.OutOfMemoryError: {PHRASE}\n"
OTHER = f"{FRAMES}ValueError: it is 3\n"
AGAIN = "\nDuring handling of the above exception, another exception occurred:\n\n"


def ran_out(folder: Path, text: str, code: int | None = 1, ended_by: int | None = None) -> bool:
    log = folder / "rank-0.log"
    log.write_text(text)
    return gpu_ran_out(log, code, ended_by)


@pytest.mark.parametrize(
    "text",
    [
        TORCH,
        f"{FRAMES}torch.cuda.OutOfMemoryError: {PHRASE}\n",
        f"{FRAMES}RuntimeError: {PHRASE}\n",
        f"{FRAMES}RuntimeError: CUDA error: out of memory\nCUDA kernel errors might be reported later\n",
        f"{FRAMES}torch.AcceleratorError: CUDA error: out of memory\n",
        f"{FRAMES}torch.OutOfMemoryError: HIP out of memory.\n",
        f"{FRAMES}torch.OutOfMemoryError: Caught OutOfMemoryError in replica 0 on device 0.\n",
        "".join(f"[rank12]: {line}\n" for line in TORCH.splitlines()),
        f"step 1\n{OTHER}{AGAIN}{TORCH}[W1123 ProcessGroupNCCL.cpp] destroy_process_group() was not called\n",
        "x" * (2 * TAIL) + f"\n{TORCH}",
    ],
)
def test_an_uncaught_exception_tells(tmp_path: Path, text: str) -> None:
    assert ran_out(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{PHRASE}\n",
        f"skipping a batch: torch.OutOfMemoryError: {PHRASE}\n",
        f"{OTHER}",
        f"{FRAMES}ValueError: no OutOfMemoryError: {PHRASE}\n",
        f"{TORCH}{AGAIN}{OTHER}",
        f"{TORCH}epoch 2\n{OTHER}",
        f"{FRAMES}MemoryError\n",
    ],
)
def test_what_died_of_something_else_did_not(tmp_path: Path, text: str) -> None:
    assert not ran_out(tmp_path, text)


def test_the_end_has_to_fit(tmp_path: Path) -> None:
    assert not ran_out(tmp_path, TORCH, code=0)
    assert not ran_out(tmp_path, TORCH, code=3)
    assert not ran_out(tmp_path, TORCH, code=None, ended_by=signal.SIGKILL)
    assert not gpu_ran_out(tmp_path / "no.log", 1, None)


def test_an_abort_in_native_code_tells(tmp_path: Path) -> None:
    said = "terminate called after throwing an instance of 'c10::OutOfMemoryError'\n  what():  CUDA out of memory.\n"
    assert ran_out(tmp_path, said, code=None, ended_by=signal.SIGABRT)
    assert not ran_out(tmp_path, f"{PHRASE}\n", code=None, ended_by=signal.SIGABRT)
