"""Log lines that scroll above a curve which stays at the bottom and grows, until the job is over."""

from __future__ import annotations

import queue
import sys
import threading
import time

from tensorfleet.cli.attach import Waiting
from tensorfleet.cli.curves import draw
from tensorfleet.cli.lines import harmless
from tensorfleet.cli.session import Session
from tensorfleet.errors import TensorFleetError
from tensorfleet.wire.rest import JobView, LogLine, Series

REDRAW = 0.2


class LiveView:
    """curve: the name of the one to draw."""

    def __init__(self, session: Session, job: JobView, curve: str) -> None:
        self._session = session
        self._job = job
        self._curve = curve
        self._news: queue.Queue[LogLine | JobView | TensorFleetError | None] = queue.Queue()
        self._terminal = sys.stdout.isatty()
        self._height = 0

    def show(self) -> JobView:
        """The job as it ended."""
        waiting = Waiting(self._session, self._job)
        if not self._terminal:
            waiting.start()
        for reader in (self._read_lines, self._read_points):
            threading.Thread(target=reader, daemon=True).start()
        try:
            return self._draw_until_end()
        finally:
            waiting.end()

    def _read_lines(self) -> None:
        try:
            for item in self._session.client.follow_logs(self._job.id):
                self._news.put(item)
        except TensorFleetError as error:
            self._news.put(error)

    def _read_points(self) -> None:
        try:
            for _ in self._session.client.follow_metrics(self._job.id, name=self._curve):
                self._news.put(None)
        except TensorFleetError:
            return  # the lines tell of it

    def _draw_until_end(self) -> JobView:
        drawn, last_why = 0.0, ""
        lines: list[str] = []
        while True:
            fresh = None
            try:
                item = self._news.get(timeout=REDRAW)
                if isinstance(item, TensorFleetError):
                    raise item
                if isinstance(item, JobView):
                    fresh = item
                elif item is not None and not item.partial:
                    lines.append(f"[rank {item.rank}] {harmless(item.text)}")
            except queue.Empty:
                if self._terminal and not drawn:
                    last_why = self._why(last_why)
                    continue
            if fresh is None and (not self._terminal or time.monotonic() - drawn < REDRAW):
                if not self._terminal and lines:
                    self._write(lines, [])
                    lines = []
                continue
            curves = self._session.client.metrics(self._job.id, name=self._curve)
            self._write(lines, self._picture(curves) if self._terminal or fresh else [])
            lines, drawn = [], time.monotonic()
            if fresh is not None:
                return fresh

    def _why(self, last: str) -> str:
        view = self._session.client.job(self._job.id)
        text = view.why or view.state.value
        if text != last:
            self._session.note(text)
        return text

    def _picture(self, curves: list[Series]) -> list[str]:
        return draw(self._curve, curves, colour=self._terminal) if curves else []

    def _write(self, lines: list[str], picture: list[str]) -> None:
        sys.stdout.write(f"\x1b[{self._height}A\x1b[J" if self._height else "")
        sys.stdout.write("".join(f"{line}\n" for line in [*lines, *picture]))
        sys.stdout.flush()
        self._height = len(picture)
