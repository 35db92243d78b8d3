"""Between the event loop and the writer's thread: work goes over, outcomes come back in the order they happened."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from tensorfleet.errors import StoreFailed, TensorFleetError
from tensorfleet.store.ledger import Ledger, Prepared, Staged
from tensorfleet.store.port import Committed
from tensorfleet.store.sqlite import Database
from tensorfleet.store.writer import Errand, Transaction, Writer

T = TypeVar("T")


class Channel:
    """Belongs to the event loop in which it is started. show: makes a durable commit visible, on that loop."""

    def __init__(self, database: Database, show: Callable[[Staged], Committed]) -> None:
        self._show = show
        self._writer = Writer(database, self._wake)
        self._loop = asyncio.get_running_loop()
        self._arrival = threading.Event()
        self._open = True
        self._writer.start()

    def adopt(self, ledger: Ledger) -> None:
        """Where the database stands; before the first commit."""
        self._writer.adopt(ledger)

    async def commit(self, writes: tuple[Prepared, ...]) -> Committed:
        self._check()
        future: asyncio.Future[Committed] = self._loop.create_future()

        def settle(outcome: Staged | TensorFleetError) -> None:
            # Shown to readers even if nobody waits for it any more.
            _resolve(future, self._show(outcome) if isinstance(outcome, Staged) else outcome)

        self._writer.submit(Transaction(writes, settle))
        return await future

    def commit_now(self, writes: tuple[Prepared, ...]) -> Committed:
        """As `commit`, but the event loop stands still until it is done."""
        self._check()
        outcomes: list[Committed | TensorFleetError] = []

        def settle(outcome: Staged | TensorFleetError) -> None:
            outcomes.append(self._show(outcome) if isinstance(outcome, Staged) else outcome)

        self._writer.submit(Transaction(writes, settle))
        while not outcomes:
            self._arrival.wait()
            self._arrival.clear()
            self._land()
        if isinstance(outcomes[0], TensorFleetError):
            raise outcomes[0]
        return outcomes[0]

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, in the writer's thread and after the commits that were begun before."""
        self._check()
        future: asyncio.Future[T] = self._loop.create_future()
        self._writer.submit(Errand(work, partial(_resolve, future)))
        return await future

    def stop(self) -> None:
        """Returns when everything submitted is done and shown."""
        self._open = False
        self._writer.stop()
        self._land()

    def _check(self) -> None:
        if not self._open:
            raise StoreFailed("The store is closed.")

    def _wake(self) -> None:
        self._arrival.set()
        try:
            self._loop.call_soon_threadsafe(self._land)
        except RuntimeError:
            pass  # the loop is closed: nobody is left to tell

    def _land(self) -> None:
        landed = self._writer.landed
        while landed:
            settle, outcome = landed.popleft()
            settle(outcome)


def _resolve(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return  # whoever waited was cancelled
    if isinstance(outcome, TensorFleetError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
