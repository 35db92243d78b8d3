"""Whether a rank that failed died of a GPU's full memory, from the last words in its log.

Nothing but those words tells: to the kernel it is a program that ends with code 1. What counts is the exception that
was never caught, so the first line behind the last traceback, not a mention of it in passing: PyTorch's class (since
2.5 `torch.OutOfMemoryError`, before `torch.cuda.OutOfMemoryError`, before 1.13 a RuntimeError), the same in C++,
or the error of the CUDA runtime.
"""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

TAIL = 1 << 16
"""Bytes at the end of a log that are looked at."""

_RANK = re.compile(r"^\[rank\d+\]:\s?")
_BEGIN = "Traceback (most recent call last):"
_UNCAUGHT = re.compile(
    r"(\w+\.)*OutOfMemoryError(:|$)|"
    r"(\w+\.)*(RuntimeError|AcceleratorError): (CUDA|HIP) (error: )?out of memory\b"
)
_ABORTED = re.compile(
    r"terminate called after throwing an instance of '(c10::OutOfMemoryError|torch::OutOfMemoryError)'"
)


def gpu_ran_out(log: Path, code: int | None, ended_by: int | None) -> bool:
    """Whether the rank that wrote `log` and ended with `code`, or by the signal `ended_by`, ran out of GPU memory."""
    if code != 1 and ended_by != signal.SIGABRT:
        return False
    lines = [_RANK.sub("", line) for line in _tail(log)]
    if ended_by is not None:
        return any(_ABORTED.match(line) for line in lines)
    begin = max((number for number, line in enumerate(lines) if line == _BEGIN), default=None)
    if begin is None:
        return False
    last = next((line for line in lines[begin + 1 :] if line and not line[0].isspace()), "")
    return _UNCAUGHT.match(last) is not None


def _tail(log: Path) -> list[str]:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
