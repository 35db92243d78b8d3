"""What a head notes about the job it has in hand, for the next to find when it died over it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tensorfleet.core.job import Job
from tensorfleet.core.resources import Request
from tensorfleet.head.quarantine import DiskQuarantine, entries
from unit.fleets import spec

JOBS = [Job(name, spec(Request()), "ada", "vision", 1.0, order=name) for name in ("a", "b", "c")]


class Died(BaseException):
    """The process is gone, and nothing is cleaned up."""


class Head:
    """fatal: the job over which each dies that reads or rehearses it. refused: the one that planning raises for."""

    def __init__(self, folder: Path, fatal: str = "", refused: str = "", reading: str = "") -> None:
        self.folder = folder
        self.fatal, self.refused, self.reading = fatal, refused, reading
        self.rehearsed: list[str] = []

    def start(self, asked_to_end: bool = False) -> list[str] | None:
        """The jobs it took up, or None if it died over it; otherwise it is killed, unless it is `asked_to_end`."""
        quarantine = DiskQuarantine(self.folder, lambda: 7.0)
        try:
            taken = [job.id for job in quarantine.sound([j for j in JOBS if self._read(quarantine, j)], self._rehearse)]
        except Died:
            return None
        quarantine.leave(asyncio.CancelledError if asked_to_end else OverflowError, None, None)
        return taken

    def _read(self, quarantine: DiskQuarantine, job: Job) -> bool:
        admitted = quarantine.admits(job.id)
        if admitted and job.id == self.reading:
            raise Died
        return admitted

    def _rehearse(self, jobs: Sequence[Job]) -> None:
        names = [job.id for job in jobs]
        self.rehearsed.append("".join(names))
        if self.fatal in names:
            raise Died
        if self.refused in names:
            raise ValueError("of no use")


def test_after_a_good_end_nothing_is_rehearsed(tmp_path: Path) -> None:
    head = Head(tmp_path)
    assert head.start(asked_to_end=True) == ["a", "b", "c"]
    assert head.start(asked_to_end=True) == ["a", "b", "c"]
    assert head.rehearsed == []


def test_after_a_bad_end_one_rehearsal_that_goes_well_is_enough(tmp_path: Path) -> None:
    head = Head(tmp_path)
    head.start()
    assert head.start() == ["a", "b", "c"]
    assert head.rehearsed == ["abc"]


def test_a_decision_that_failed_counts_as_a_bad_end(tmp_path: Path) -> None:
    quarantine = DiskQuarantine(tmp_path)
    quarantine.doubt()
    quarantine.leave(asyncio.CancelledError, None, None)
    head = Head(tmp_path, refused="b")
    assert head.start(asked_to_end=True) == ["a", "c"]


def test_a_job_that_planning_fails_with_is_set_aside_and_stays_so(tmp_path: Path) -> None:
    head = Head(tmp_path, refused="b")
    head.start()
    assert head.start(asked_to_end=True) == ["a", "c"]
    assert head.rehearsed == ["abc", "a", "b", "c"]
    assert "ValueError: of no use" in entries(tmp_path)["b"].why
    assert entries(tmp_path)["b"].at == 7.0
    assert head.start(asked_to_end=True) == ["a", "c"]


def test_a_job_over_which_two_careful_heads_died_is_set_aside(tmp_path: Path) -> None:
    head = Head(tmp_path, fatal="b")
    head.start()
    assert head.start() is None, "with all"
    assert head.start() is None, "with b alone"
    assert head.start() is None
    assert head.start() == ["a", "c"]
    assert head.rehearsed == ["abc", "a", "b", "a", "b", "a", "c"]
    assert list(entries(tmp_path)) == ["b"]


def test_a_job_that_kills_its_reader_twice_is_set_aside(tmp_path: Path) -> None:
    Head(tmp_path).start()
    head = Head(tmp_path, reading="c")
    assert head.start() is None
    assert head.start() is None
    assert head.start() == ["a", "b"]
    assert "died 2 times in a row" in entries(tmp_path)["c"].why


def test_heads_that_are_killed_over_different_jobs_set_nothing_aside(tmp_path: Path) -> None:
    Head(tmp_path).start()
    assert Head(tmp_path, reading="a").start() is None
    assert Head(tmp_path, reading="b").start() is None
    assert Head(tmp_path, reading="a").start() is None
    assert Head(tmp_path).start() == ["a", "b", "c"]


def test_a_mark_that_cannot_be_read_is_one_of_a_bad_end(tmp_path: Path) -> None:
    (tmp_path / "running").write_bytes(b"\0" * 256)
    assert Head(tmp_path, refused="a").start() == ["b", "c"]
