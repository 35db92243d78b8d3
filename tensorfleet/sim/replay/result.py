"""What came of a replay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceJob:
    """One job of a trace. Times are in seconds, `submit` since the begin of the trace.

    limit: the run time its user allowed, which is all that the scheduler is told; 0 for none. elastic: of a job that
    may change its size, seconds to finish by number of GPUs; then `gpus` is the most it uses.
    """

    id: str
    submit: float
    gpus: int
    duration: float
    limit: float = 0.0
    team: str = ""
    user: str = ""
    priority: int = 50
    elastic: Mapping[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """started: its first start. gpu_seconds: held in all of its attempts; lost: of these, in restarts."""

    job: TraceJob
    started: float
    finished: float
    preemptions: int
    gpu_seconds: float
    lost: float


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on: GPUs in use, jobs that wait, and the GPUs they wait for."""

    at: float
    used: int
    queued: int
    waiting_gpus: int


@dataclass(frozen=True, slots=True)
class Replay:
    """capacity: GPUs of the cluster."""

    outcomes: tuple[Outcome, ...]
    steps: tuple[Step, ...]
    capacity: int
