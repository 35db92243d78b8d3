"""From what a shim says of the end of its ranks to what the head is told."""

from __future__ import annotations

import errno
import shutil
import time
from pathlib import Path

from tensorfleet.agent.output.gpumemory import gpu_ran_out
from tensorfleet.agent.ranks.task import ExitReport as ShimReport
from tensorfleet.wire.messages import ExitReport, ReportTaskCompletion


def completion_of(alloc: str, result: ShimReport, full: bool, heard: bool, logs: Path) -> ReportTaskCompletion:
    """heard: as in the report. full: no space is left on the node's disk, which is then why a rank failed that no
    signal ended. logs: what the ranks wrote."""
    exits = tuple(
        ExitReport(
            r.rank,
            r.code,
            r.signal,
            r.ended or time.time(),
            r.error,
            r.oom,
            gpu_ran_out(logs / f"rank-{r.rank}.log", r.code, r.signal),
        )
        for r in result.ranks
    )
    error = result.lost or ("its disk is full." if full and any(each.code for each in exits) else "")
    return ReportTaskCompletion(
        alloc,
        exits,
        result.first_failed,
        error=error,
        fault=bool(error),
        leftover=result.leftover,
        heard=heard,
    )


def is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < 2**20


def disk_sentence(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"its disk is full ({error.filename or 'the data directory'})."
    return f"{error.strerror or error}."
