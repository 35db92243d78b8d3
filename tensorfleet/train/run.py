"""The run that this process is a rank of."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, Mapping, Optional

from tensorfleet.train.metrics import MetricsFile

if TYPE_CHECKING:
    from tensorfleet.train.checkpoint import Checkpoints

_LOOK_EVERY = 0.5  # seconds between two looks for the stop file


class Run:
    """One rank of one attempt of a job. `tensorfleet.init()` makes it; on a laptop it stands for a lone process.

    Attributes:
        rank: this process among all of the job's, from 0.
        world_size: how many there are.
        job_id: the job's id; empty without a fleet.
        attempt: 1 for the first placement of the job, 2 after a restart; 0 without a fleet.
        output_dir: what is written here comes back as artifacts. The current directory without a fleet.
        checkpoint_dir: this attempt's own; what is renamed to `step-N` in it is kept. The current directory without
            a fleet.
        resume_from: the checkpoint of an earlier attempt to go on from, or None.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        run_dir = environ.get("TENSORFLEET_RUN_DIR", "")
        self.rank: int = _number(environ, "RANK", 0)
        self.world_size: int = _number(environ, "WORLD_SIZE", 1)
        self.job_id: str = environ.get("TENSORFLEET_JOB_ID", "")
        self.attempt: int = _number(environ, "TENSORFLEET_ATTEMPT", 0)
        self.output_dir: Path = Path(environ.get("TENSORFLEET_OUTPUT_DIR") or ".").absolute()
        self.checkpoint_dir: Path = Path(environ.get("TENSORFLEET_CHECKPOINT_DIR") or ".").absolute()
        resume_from = environ.get("TENSORFLEET_RESUME_FROM")
        self.resume_from: Optional[Path] = Path(resume_from).absolute() if resume_from else None
        self._metrics: Optional[MetricsFile] = None
        self._stop_file: Optional[Path] = None
        self._listens = Path()
        if run_dir:
            run = Path(run_dir).absolute()  # the script may change its directory
            self._metrics = MetricsFile(run / "metrics" / f"rank-{self.rank}.jsonl")
            self._stop_file = run / "stop"
            self._listens = run / "listens"
        self._stopping = False
        self._agreed: Optional[bool] = None
        self._look_at = 0.0
        self._environ = environ
        self._checkpoint: Optional["Checkpoints"] = None

    @property
    def checkpoint(self) -> "Checkpoints":
        """Saves and loads the state of the training; see `Checkpoints`. It costs nothing until it is used."""
        if self._checkpoint is None:
            from tensorfleet.train.checkpoint import Checkpoints

            self._checkpoint = Checkpoints(self._environ, self.rank, self.attempt, self._look, self._agree)
        return self._checkpoint

    def log(self, metrics: Optional[Mapping[str, Any]] = None, /, *, step: Any = None, **values: Any) -> None:
        """Records numbers: `run.log(loss=0.3, step=7)`, `run.log({"val/loss": 0.3, "step": 7})`, or both.

        A value is a float, an int, or anything of one element with `.item()` (a tensor, a numpy scalar; one on a GPU
        makes the GPU finish first, as everywhere). `step` is a whole number; without it time alone orders the points.
        Costs a few microseconds, never raises, never waits: what cannot be recorded (nan, text, a full disk) is
        dropped, with one line on stderr. Any thread and any forked child may call it, on any rank.
        """
        file = self._metrics
        if file is None:
            return
        if metrics is not None:
            given: object = metrics
            if not isinstance(given, Mapping):
                file.tell("call", f"log() takes keywords or a dict, not a {type(given).__name__:.60}")
                return
            merged: Dict[str, Any] = {**metrics, **values}
            in_dict = merged.pop("step", None)
            step, values = (in_dict if step is None else step), merged
        file.append(values, step)

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Declares something long that makes no steps: `with run.phase("evaluation"): ...`

        A job that logs steps is restarted when they stop coming for much longer than usual; never inside of a phase.
        """
        file = self._metrics
        if file:
            file.mark(name, True)
        try:
            yield
        finally:
            if file:
                file.mark(name, False)

    def should_stop(self) -> bool:
        """Whether the platform asked this job to end: save what is needed and return. Once true, it stays true.

        A job that asks is given time to answer before any signal: at a pause a minute, at a stop its grace.
        Looks at most every half second, so it may be asked each step. Ranks may come to know it some steps apart; where
        they must leave the loop together, `run.checkpoint.due()` lets them agree, or an all_reduce of the answer.
        """
        return self._look() if self._agreed is None else self._agreed

    def _agree(self, stopping: bool) -> None:
        """What all ranks know takes the place of what this one sees."""
        self._agreed = stopping

    def _look(self) -> bool:
        if self._stopping or self._stop_file is None:
            return self._stopping
        now = time.monotonic()
        if now >= self._look_at:
            if not self._look_at:
                self._tell_that_it_listens()
            self._look_at = now + _LOOK_EVERY
            self._stopping = self._stop_file.exists()
        return self._stopping

    def _tell_that_it_listens(self) -> None:
        with contextlib.suppress(OSError):  # a full disk: the signals come without a wait then
            self._listens.touch()


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    """A launcher that is not ours may have put anything there."""
    value = environ.get(name, "")
    return int(value) if value.isascii() and value.isdigit() else default


_runs: Dict[str, Run] = {}


def init() -> Run:
    """The run of this process, read from its environment once; every later call returns the same."""
    run = _runs.get("run")
    # setdefault keeps threads that come at once on one Run without a lock, which a fork could inherit locked.
    return run if run is not None else _runs.setdefault("run", Run(os.environ))


def log(metrics: Optional[Mapping[str, Any]] = None, /, *, step: Any = None, **values: Any) -> None:
    """`init().log(...)`."""
    init().log(metrics, step=step, **values)


def should_stop() -> bool:
    """`init().should_stop()`."""
    return init().should_stop()
