"""Reading traces: CSV files of jobs, and of how long elastic ones take on how many GPUs.

Whatever is wrong is told with its row and field, and nothing of such a file is used.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tensorfleet.errors import InvalidRequest
from tensorfleet.sim.replay.result import TraceJob

TOLD = 10
"""Mistakes that are told at once."""

Runtimes = Mapping[tuple[str, str], Mapping[int, float]]
"""Seconds by GPUs, of an application at a batch size."""

Limits = Literal["none", "exact", "coarse"]
"""exact: the run time itself. coarse: the next of an hour, a working day, a day and whole weeks."""

COARSE = (3600.0, 8 * 3600.0, 24 * 3600.0, 7 * 24 * 3600.0)

NAMES = {"job_id": ("job_id", "name"), "gpus": ("gpus", "gpus_tuned")}
"""Columns that some published traces call by another name."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Jobs that are replayed together; most traces are one."""

    name: str
    jobs: tuple[TraceJob, ...]


def read_runtimes(path: Path) -> Runtimes:
    """The file with columns application, batch_size, gpus, seconds. Raises InvalidRequest."""
    rows = _rows(path, ("application", "batch_size", "gpus", "seconds"))
    mistakes = _Mistakes(path)
    found: dict[tuple[str, str], dict[int, float]] = {}
    for number, row in rows:
        gpus = mistakes.number(number, row, "gpus", least=1, whole=True)
        seconds = mistakes.number(number, row, "seconds", above=0)
        found.setdefault((row["application"], row["batch_size"]), {})[int(gpus)] = seconds
    mistakes.refuse()
    return found


def read_trace(
    path: Path, capacity: int, runtimes: Runtimes | None = None, *, rigid: bool = False, limits: Limits = "none"
) -> list[Workload]:
    """The jobs of `path`, in the order of the file; one that ran beyond its limit is stopped there, as the head would.
    Raises InvalidRequest.

    capacity: GPUs of the cluster; no gang may be larger. runtimes: makes the jobs elastic, or, with `rigid`, tells how
    long they take on the GPUs they ask for. limits: of jobs of which the file says none.
    """
    timed = () if runtimes is not None else ("duration_s",)
    rows = _rows(path, ("job_id", "submit_s", "gpus", *timed), ("application", "batch_size") if runtimes else ())
    mistakes = _Mistakes(path)
    workloads: dict[str, list[TraceJob]] = {}
    seen: set[tuple[str, str]] = set()
    for number, row in rows:
        workload = row.get("workload") or ""
        if not row["job_id"].strip():
            mistakes.add(number, "job_id", "is empty", "an id of its own")
        elif (workload, row["job_id"]) in seen:
            mistakes.add(number, "job_id", f"is {row['job_id']!r} once more", "an id of its own")
        seen.add((workload, row["job_id"]))
        job = _job(number, row, mistakes, capacity, runtimes, rigid=rigid, limits=limits)
        workloads.setdefault(workload, []).append(job)
    mistakes.refuse()
    return [Workload(name, tuple(jobs)) for name, jobs in workloads.items()]


def _job(
    number: int,
    row: Mapping[str, str],
    mistakes: _Mistakes,
    capacity: int,
    runtimes: Runtimes | None,
    *,
    rigid: bool,
    limits: Limits,
) -> TraceJob:
    gpus = int(mistakes.number(number, row, "gpus", least=1, whole=True))
    if gpus > capacity:
        mistakes.add(number, "gpus", f"is {gpus}, more than the cluster has", f"at most {capacity}")
    elastic: dict[int, float] | None = None
    if runtimes is None:
        duration = mistakes.number(number, row, "duration_s", above=0)
    else:
        table = runtimes.get((row["application"], row["batch_size"]))
        if table is None:
            mistakes.add(
                number, "application", f"{row['application']!r} at this batch_size has no run times", "a known one"
            )
            table = {1: 1.0}
        elastic = _falling(table, capacity)
        duration = table[max((size for size in table if size <= gpus), default=min(table))]
    limit = mistakes.number(number, row, "limit_s", above=0) if row.get("limit_s") else 0.0
    priority = mistakes.number(number, row, "priority", least=0, most=100, whole=True) if row.get("priority") else 50
    return TraceJob(
        id=row["job_id"],
        submit=mistakes.number(number, row, "submit_s", least=0),
        gpus=max(elastic) if elastic and not rigid else gpus,
        duration=min(duration, limit or duration),
        limit=limit or _limit(duration, limits),
        team=row.get("team") or "",
        user=row.get("user") or "",
        priority=int(priority),
        elastic=None if rigid else elastic,
    )


def _limit(duration: float, limits: Limits) -> float:
    """What its user would have said of a job that takes this long."""
    if limits == "none":
        return 0.0
    if limits == "exact":
        return duration
    return next((each for each in COARSE if each >= duration), math.ceil(duration / COARSE[-1]) * COARSE[-1])


def _falling(table: Mapping[int, float], capacity: int) -> dict[int, float]:
    """Only the sizes that are faster than every smaller one; a job gains nothing by the others."""
    best = math.inf
    found: dict[int, float] = {}
    for size in sorted(table):
        if size <= capacity and table[size] < best:
            found[size] = best = table[size]
    return found or {min(table): table[min(table)]}


class _Mistakes:
    """What is wrong with a file, all of it told at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[str] = []

    def add(self, row: int, field: str, what: str, valid: str) -> None:
        self._found.append(f"row {row}: {field} {what}; valid is {valid}")

    def number(
        self,
        row: int,
        fields: Mapping[str, str],
        name: str,
        *,
        least: float = -math.inf,
        above: float = -math.inf,
        most: float = math.inf,
        whole: bool = False,
    ) -> float:
        """The number in a field; 1 where there is none, which is told in the end."""
        text = (fields.get(name) or "").strip()
        valid = f"a {'whole ' if whole else ''}number" + (f" above {above:g}" if above > -math.inf else "")
        valid += (f" of at least {least:g}" if least > -math.inf else "") + (
            f", at most {most:g}" if most < math.inf else ""
        )
        try:
            value = float(text)
        except ValueError:
            self.add(row, name, f"is {text[:40]!r}", valid)
            return 1.0
        if not math.isfinite(value) or value < least or value <= above or value > most or (whole and value % 1):
            self.add(row, name, f"is {text[:40]}", valid)
            return 1.0
        return value

    def refuse(self) -> None:
        """Raises InvalidRequest if anything was found."""
        if self._found:
            shown = "\n".join(f"  {each}" for each in self._found[:TOLD])
            more = f"\n  and {len(self._found) - TOLD} more" if len(self._found) > TOLD else ""
            raise InvalidRequest(f"{self._path} cannot be replayed:\n{shown}{more}", "Mend these rows.")


def _rows(path: Path, needed: Sequence[str], also: Iterable[str] = ()) -> list[tuple[int, dict[str, str]]]:
    """Rows by their line in the file, with the columns under their usual names."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as source:
            reader = csv.DictReader(source, restval="")
            columns = _usual([name.strip() for name in reader.fieldnames or ()])
            missing = [name for name in (*needed, *also) if name not in columns]
            if missing:
                has = f"It has {', '.join(columns)}." if columns else "It is empty."
                raise InvalidRequest(f"{path} has no column {', '.join(missing)}.", has)
            reader.fieldnames = columns
            rows = [(reader.line_num, {name: value or "" for name, value in row.items() if name}) for row in reader]
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}.", "Check its name.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(f"{path} is no CSV file: {error}.") from error
    if not rows:
        raise InvalidRequest(f"{path} has no rows.", "A trace needs at least one job.")
    return rows


def _usual(columns: Sequence[str]) -> list[str]:
    """`columns` under their usual names; one that is there under its usual name already keeps its own."""
    aliases = {other: usual for usual, names in NAMES.items() for other in names if usual not in columns}
    return [aliases.get(name, name) for name in columns]
