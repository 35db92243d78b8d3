"""The curves of a task: what its ranks log, write for TensorBoard, or simply print, as points.

Where a source tells no step, each name of a rank has a counter of its own; so has a TensorBoard step of 0, because
a writer that was given no step at all writes the same.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from tensorfleet.agent.output.eventfiles import Walk, prefix, writer_of
from tensorfleet.agent.output.linesplit import Line
from tensorfleet.agent.output.metricfile import MetricFile
from tensorfleet.agent.output.metriclines import read_line
from tensorfleet.agent.output.tfevents import EventFile
from tensorfleet.wire.messages import CurvePoint

MOST_NAMES: Final = 1000
"""Names a task may have; points of any further name are dropped and counted."""

MOST_WAITING: Final = 200_000
"""Points that are held until they are kept."""

LONGEST_NAME: Final = 200
Source = Literal["sdk", "tensorboard", "lines"]


class _Saved(msgspec.Struct):
    """Where reading stood. logged, lines and events: offsets by rank and by path.

    bases: the directory each rank wrote event files to first. counters: rank, source, name, next step.
    """

    logged: dict[int, int] = {}
    lines: dict[int, int] = {}
    events: dict[str, int] = {}
    bases: dict[int, str] = {}
    counters: list[tuple[int, Source, str, int]] = []
    names: list[str] = []


class Curves:
    """run_dir: holds `metrics/rank-N.jsonl`. ranks: the task's ranks on this node. roots: where event files may be.

    since: Unix time the attempt began; what older event files hold belongs to another run. state: a file in which
    `keep` remembers where reading stands, for a later Curves of the same task. rank_of: the rank of a pid where it is
    one (event files carry their writer's); files of others go to the node's first rank. clock: monotonic seconds.
    """

    def __init__(
        self,
        run_dir: Path,
        ranks: Sequence[int],
        roots: Sequence[Path],
        since: float,
        *,
        state: Path | None = None,
        rank_of: Callable[[int], int | None] = lambda pid: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._saved = saved = _load(state)
        self._roots = roots
        self._since = since
        self._first = min(ranks)
        self._rank_of = rank_of
        self._walk = Walk(roots, since, clock)
        self._logged = {
            rank: MetricFile(run_dir / "metrics" / f"rank-{rank}.jsonl", saved.logged.get(rank, 0)) for rank in ranks
        }
        self._lines = dict(saved.lines)
        self._events: dict[Path, tuple[int, str, EventFile]] = {}
        self._bases = {rank: Path(base) for rank, base in saved.bases.items()}
        self._counters = {(rank, source, name): step for rank, source, name, step in saved.counters}
        self._names = set(saved.names)
        self._points: list[CurvePoint] = []
        self._given = 0
        self.dropped = 0
        for path, offset in saved.events.items():
            self._follow(Path(path), offset)

    def feed(self, rank: int, lines: Iterable[Line]) -> None:
        """Take the metrics out of lines that `rank` printed. A line that was fed before is passed over."""
        before = self._lines.get(rank, 0)
        for line in lines:
            if line.end <= before:
                continue
            before = self._lines[rank] = line.end
            found = read_line(line.text)
            for name, value in found.values.items() if found else ():
                self._add(rank, name, found.step if found else None, line.time, value, "lines")

    def poll(self, over: bool = False) -> list[CurvePoint]:
        """All points that were not kept yet, with those that came since the last call.

        over: nothing writes any more, so read to the end. Past MOST_WAITING points nothing more is read, and `over`
        makes no exception. Raises OSError where the disk fails.
        """
        for path in self._walk.look(now=over):
            if path not in self._events:
                self._follow(path, 0)
        while len(self._points) < MOST_WAITING and self._read() and over:
            pass
        self._given = len(self._points)
        return list(self._points)

    def keep(self) -> None:
        """What the last `poll` gave has arrived: it is not given again, not even by a later Curves."""
        del self._points[: self._given]
        self._given = 0
        now = self._standing()
        if self._state is not None and now != self._saved and not self._points:
            fresh = self._state.with_name(self._state.name + ".new")
            with contextlib.suppress(OSError):  # a full disk: the next one to come is kept instead
                fresh.write_bytes(msgspec.json.encode(now))
                fresh.replace(self._state)
                self._saved = now

    def _standing(self) -> _Saved:
        return _Saved(
            logged={rank: file.offset for rank, file in self._logged.items()},
            lines=dict(self._lines),
            events={str(path): file.offset for path, (_, _, file) in self._events.items()},
            bases={rank: str(base) for rank, base in self._bases.items()},
            counters=[(*key, step) for key, step in self._counters.items()],
            names=sorted(self._names),
        )

    def _read(self) -> bool:
        """The next piece of each file; whether there was any."""
        before = sum(file.offset for file in self._files())
        for rank, logged in self._logged.items():
            for at, step, values in logged.read():
                for name, value in values.items():
                    self._add(rank, name, step, at, value, "sdk")
        for rank, ahead, file in self._events.values():
            for tag, step, at, value in file.read():
                if at >= self._since:
                    self._add(rank, ahead + tag, step or None, at, value, "tensorboard")
        return sum(file.offset for file in self._files()) > before

    def _files(self) -> Iterator[MetricFile | EventFile]:
        yield from self._logged.values()
        yield from (file for _, _, file in self._events.values())

    def _follow(self, path: Path, offset: int) -> None:
        pid = writer_of(path)
        rank = self._rank_of(pid) if pid is not None else None
        rank = self._first if rank is None else rank
        base = self._bases.setdefault(rank, path.parent)
        self._events[path] = (rank, prefix(path.parent, base, self._roots), EventFile(path, offset))

    def _add(self, rank: int, name: str, step: int | None, at: float, value: float, source: Source) -> None:
        known = name in self._names
        sane = 0 < len(name) <= LONGEST_NAME and name.isprintable() and math.isfinite(at)
        if not known and (not sane or len(self._names) >= MOST_NAMES):
            self.dropped += 1
            return
        self._names.add(name)
        key = (rank, source, name)
        if step is None:
            step = self._counters.get(key, 0)
            self._counters[key] = step + 1
        if -(2**63) <= step < 2**63:
            self._points.append(CurvePoint(rank, name, step, at, value, source))


def _load(state: Path | None) -> _Saved:
    """What `keep` wrote, or a fresh start where there is nothing, or nothing legible."""
    try:
        return msgspec.json.decode(state.read_bytes(), type=_Saved) if state else _Saved()
    except (OSError, msgspec.DecodeError):
        return _Saved()
