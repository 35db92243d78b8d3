"""`run.checkpoint`: saves the state of a training beside it, and finds the newest that is whole.

A save copies the state to host memory, which is all that the training waits for; a thread writes the copy through
torch.distributed.checkpoint, each rank its share. One save is under way at a time. On a laptop the checkpoints lie in
`./checkpoints`; in a fleet the agent brings them to the head, which decides what counts.
"""

from __future__ import annotations

import math
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Union

from tensorfleet.train.accord import Accord, gang_size
from tensorfleet.train.saved import CheckpointError, Saved, damage, find, read
from tensorfleet.train.writing import Order, Site, quiet, report, sentence, write

EVERY = 300.0
"""Seconds between two saves that `due` asks for, unless the job says otherwise."""

SHARE = 0.035
"""Of the training's time, that saves which `due` asks for may make it wait."""

WRITING = 0.1
"""Of the time, that such saves may be under way: they take a core and the disk from the training."""

LOOK = 0.5
"""Seconds between two agreements of a gang on whether a save is due."""

Metric = Union[float, Mapping[str, float], None]


class Checkpoints:
    """All methods are for every rank of a gang alike, at the same step, as with any collective.

    blocked: seconds that the last `save` kept the training waiting.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        rank: int,
        attempt: int,
        stopping: Callable[[], bool],
        agreed: Callable[[bool], None],
    ) -> None:
        self._site = Site.of(environ, rank, attempt)
        self._alone = gang_size() == 1 and rank > 0
        self._earlier = [
            Path(environ[name]).absolute()
            for name in ("TENSORFLEET_RESUME_FROM", "TENSORFLEET_RESUME_FALLBACK")
            if environ.get(name)
        ]
        self._every = _seconds(environ.get("TENSORFLEET_CHECKPOINT_EVERY", ""))
        self._stopping = stopping
        self._agreed = agreed
        self._accords: Optional[Tuple[Accord, Accord]] = None
        self._staging: Any = None
        self._thread: Optional[threading.Thread] = None
        self._trouble = ""
        self._told = False
        self._serial = 0
        self._last = time.monotonic()
        self._wrote = 0.0
        self._stop = False
        self._final = False
        self._asked = 0
        self._stride = 1
        self._looked = self._last
        self.blocked = 0.0

    @property
    def folder(self) -> Path:
        """Where this process saves to."""
        return self._site.folder

    @property
    def busy(self) -> bool:
        """Whether a save is still being written."""
        return self._thread is not None and self._thread.is_alive()

    def save(self, state: Dict[str, Any], step: int, metric: Metric = None, *, wait: bool = False) -> bool:
        """Saves `state` as it is after `step`: modules, optimizers, schedulers, tensors, plain values, by name.

        Returns as soon as the state is copied; what the disk does later is told on stderr and as an event of the job,
        and never ends the training. False where nothing is saved because the save before is still under way. wait:
        returns when it is durable, and whether it is; so does a save once the job was asked to stop. metric: one
        number, or several by name, by which the fleet knows the best.

        Raises CheckpointError for what is no state, no step or no number.
        """
        from tensorfleet.train import states

        begun = time.monotonic()
        state, step, metrics = states.check(state), _step(step), _metrics(metric)
        if self._alone:
            return True
        talk, work = self._meet()
        wait = wait or self._stop
        if wait:
            self.wait()
        elif talk.any(self.busy):
            if not self._told and self._site.lead:
                _say(f"step {step} is not saved, the save before is still being written (told once)")
            self._told = True
            return False
        if self._staging is None:
            self._staging = states.Staging()
        copied = self._staging.copy(states.capture(state))
        self._serial += 1
        order = Order(step, self._serial, metrics, time.time())
        quiet()
        self._thread = threading.Thread(target=self._write, args=(work, order, copied), name="checkpoint")
        self._thread.start()
        self._last = time.monotonic()
        self.blocked = self._last - begun
        self._final = self._stop
        return self.wait() if wait else True

    def due(self) -> bool:
        """Whether to save now: the job's interval is over, or it was asked to stop. To be asked after each step.

        The ranks of a gang agree about it, and from then on `run.should_stop()` says what they agreed on, so that all
        leave the loop at the same step. It never asks for a save so soon that the training would wait more than 3.5 %
        of its time or that one would be under way for more than a tenth of it.
        """
        if self._alone:
            return False
        size = gang_size()
        if size == 1:
            self._stop = self._stop or self._stopping()
            return self._wanted(time.monotonic())
        self._asked += 1
        if self._asked < self._stride:
            return False
        talk, _ = self._meet()
        now = time.monotonic()
        pace = max(now - self._looked, 1e-6) / self._asked
        stride = max(1, min(int(LOOK / pace), 2 * self._stride, 1000))
        stop = self._stop or self._stopping()
        self._stop = stop
        want, stopped, stride_said = talk.numbers(float(self._wanted(now)), float(stop), float(stride))
        self._asked, self._looked, self._stride = 0, now, int(stride_said)
        self._stop = bool(stopped)
        self._agreed(self._stop)
        return bool(want)

    def wait(self) -> bool:
        """Waits for the save under way; whether it is durable. To be called before the process group is destroyed."""
        if self._thread is not None:
            self._thread.join()
        return not self._trouble

    def latest(self) -> Optional[Saved]:
        """The newest whole checkpoint, of this attempt or given by the fleet. Its files are not read."""
        found = self._candidates()
        return found[0] if found else None

    def load(self, state: Dict[str, Any]) -> Optional[Saved]:
        """Loads the newest checkpoint into `state`, in as many ranks as there are now; None where there is none.

        Every file is compared with its SHA-256 first; one that is damaged is told on stderr, and the checkpoint before
        it is taken. Raises CheckpointError where checkpoints exist but none can be loaded, or where `state` has
        something that was not saved.
        """
        from tensorfleet.train import states

        state = states.check(state)
        self.wait()
        talk, _ = (Accord(), None) if self._alone else self._meet()
        here = {(saved.attempt, saved.step, saved.serial): saved for saved in reversed(self._candidates())}
        reasons: List[str] = []
        for key in talk.first([*reversed(here)]):
            saved = here.get(key)
            trouble = f"step {key[1]} is not on this node" if saved is None else damage(saved, talk.rank, talk.size)
            if trouble:
                report(self._site, key[1], trouble, (key[0], key[2]))
            trouble = next((each for each in talk.gather(trouble) if each), "")
            if saved is not None and not trouble:
                self._load(saved, state, talk)
                return saved
            reasons.append(trouble)
        if reasons:
            raise CheckpointError(f"no checkpoint can be loaded: {'; '.join(reasons)}")
        return None

    def _load(self, saved: Saved, state: Dict[str, Any], talk: Accord) -> None:
        from torch.distributed.checkpoint.api import CheckpointException
        from torch.distributed.checkpoint.filesystem import FileSystemReader
        from torch.distributed.checkpoint.state_dict_loader import load

        from tensorfleet.train import states

        into = states.capture(state)
        quiet()
        try:
            load(into, storage_reader=FileSystemReader(str(saved.path)), process_group=talk.group)
        except (CheckpointException, Exception) as error:
            reason = str(error).strip().splitlines()
            raise CheckpointError(
                f"{saved.path} does not fit this program: {reason[-1] if reason else error!r}"
            ) from error
        states.restore(state, into)

    def _write(self, work: Accord, order: Order, copied: Dict[str, Any]) -> None:
        begun = time.monotonic()
        try:
            self._trouble = write(self._site, work, order, copied)
        except Exception as error:  # the other ranks are gone, or their connection
            self._trouble = sentence(error)
            report(self._site, order.step, self._trouble)
        self._wrote = time.monotonic() - begun

    def _wanted(self, now: float) -> bool:
        if self._stop:
            return not self._final
        rest = max(self.blocked / SHARE, self._wrote / WRITING)
        return now - self._last >= max(self._every, rest) and not self.busy

    def _meet(self) -> Tuple[Accord, Accord]:
        """One group for the training's own thread, one for the writing one."""
        if self._accords is None:
            self._accords = Accord(), Accord()
        return self._accords

    def _candidates(self) -> List[Saved]:
        """Whole ones, newest first. Of parts on several nodes only what the fleet put together is whole."""
        given = [saved for saved in map(read, self._earlier) if saved is not None]
        return [*(find(self._site.folder) if self._site.parts == 1 else []), *given]


def _step(step: Any) -> int:
    number = step.item() if hasattr(step, "item") else step
    if type(number) is not int or not 0 <= number < 2**63:
        raise CheckpointError(f"a step is a whole number from 0 on, not {number!r:.60}")
    return number


def _metrics(metric: Metric) -> Dict[str, float]:
    given = {"metric": metric} if metric is not None and not isinstance(metric, Mapping) else dict(metric or {})
    metrics = {}
    for name, value in given.items():
        try:
            number = float(value.item() if hasattr(value, "item") else value)
        except (TypeError, ValueError):
            raise CheckpointError(f"the metric {name!r:.60} is no number but {value!r:.60}") from None
        if math.isfinite(number):
            metrics[str(name)] = number
    return metrics


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return EVERY


def _say(sentence: str) -> None:
    try:
        sys.stderr.write(f"tensorfleet: {sentence}\n")
    except (OSError, ValueError, AttributeError):  # closed, or none at all
        pass
