"""What each rank was doing: its state in the kernel, and the stacks of its threads as py-spy sees them.

py-spy reads another process's memory, so it works on one that answers nobody. It needs the right to trace it, which
root has, and which the kernel's `ptrace_scope` may deny to others: then the dump says so.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PY_SPY = str(Path(sys.executable).with_name("py-spy"))

LONGEST = 5.0
"""Seconds for one dump."""

_FRAME = re.compile(r"^\s+(\S.* \(.+\))\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Stack:
    """state: the kernel's letter for the process, as in proc_pid_stat(5). text: all threads, or why there are none.
    top: the innermost frame of the first thread; empty where it is not known."""

    state: str
    text: str

    @property
    def top(self) -> str:
        found = _FRAME.search(self.text)
        return found[1] if found else ""


def dump(pid: int) -> Stack:
    """Takes seconds at the most. Never raises: what cannot be had is said in the text."""
    state = state_of(pid)
    # A process that is stopped already would never come to the point at which a blocking dump starts.
    flags = ["--nonblocking"] if state in "Tt" else []
    command = [PY_SPY, "dump", *flags, "--pid", str(pid)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    except FileNotFoundError:
        return Stack(state, "There is no py-spy beside the agent's Python.\n")
    except subprocess.TimeoutExpired:
        return Stack(state, f"py-spy had no answer within {LONGEST:g} s.\n")
    return Stack(state, done.stdout if done.returncode == 0 else f"py-spy: {done.stderr.strip()}\n")


def state_of(pid: int) -> str:
    """The kernel's letter for the process; `X` when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"
