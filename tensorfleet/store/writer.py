"""The one thread that writes: it takes whatever is queued, makes one transaction of it, and reports when it is durable.

One sync to disk so serves every commit that waited for the one before ("group commit"; DeWitt et al., Implementation
Techniques for Main Memory Database Systems, 1984).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from tensorfleet.errors import Fault, RevisionConflict, StoreFailed, StoreFull, TensorFleetError
from tensorfleet.store.ledger import Batch, Ledger, Prepared, Staged
from tensorfleet.store.sqlite import Database

MAX_WRITES = 512
"""Writes that one transaction gathers before it is committed."""

IDLE = 0.25
"""Seconds without work after which the write-ahead log is moved into the database."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """settle: called on the event loop with what became of it."""

    writes: tuple[Prepared, ...]
    settle: Callable[[Staged | TensorFleetError], None]


@dataclass(frozen=True, slots=True)
class Errand:
    """Anything else for the database, done in its turn."""

    work: Callable[[], Any]
    settle: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Stop:
    """The last item."""


Item = Transaction | Errand | Stop
Landing = tuple[Callable[[Any], None], Any]


class Writer:
    """`arrived` is called in the writer's thread whenever `landed` has got something: a settle and its outcome."""

    def __init__(self, database: Database, arrived: Callable[[], None]) -> None:
        self.landed: deque[Landing] = deque()
        self._database = database
        self._arrived = arrived
        self._ledger = Ledger()
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._held: Item | None = None
        self._failure: StoreFailed | None = None
        self._uncheckpointed = False
        self._thread = Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, item: Transaction | Errand) -> None:
        self._queue.put(item)

    def stop(self) -> None:
        """Returns when everything submitted is done."""
        self._queue.put(Stop())
        self._thread.join()

    def adopt(self, ledger: Ledger) -> None:
        """Where the database stands; before the first transaction."""
        self._ledger = ledger

    def _run(self) -> None:
        while not isinstance(item := self._take(), Stop):
            if isinstance(item, Transaction):
                landings = self._commit(self._gather(item))
            else:
                landings = [(item.settle, _attempt(item.work))]
            self.landed.extend(landings)
            self._arrived()

    def _take(self) -> Item:
        if self._held is not None:
            item, self._held = self._held, None
            return item
        if self._uncheckpointed:
            try:
                return self._queue.get(timeout=IDLE)
            except Empty:
                self._checkpoint()
        return self._queue.get()

    def _gather(self, first: Transaction) -> list[Transaction]:
        """`first` and what is queued behind it, up to the next errand."""
        group, size = [first], len(first.writes)
        while size < MAX_WRITES:
            try:
                item = self._queue.get_nowait()
            except Empty:
                break
            if not isinstance(item, Transaction):
                self._held = item
                break
            group.append(item)
            size += len(item.writes)
        return group

    def _commit(self, group: list[Transaction]) -> list[Landing]:
        if self._failure is not None:
            return _refused(group, self._failure)
        batch = Batch(self._ledger)
        landings: list[Landing] = []
        for transaction in group:
            try:
                landings.append((transaction.settle, batch.stage(transaction.writes)))
            except RevisionConflict as conflict:
                landings.append((transaction.settle, conflict))
        written = _attempt(partial(self._database.write, batch))
        self._uncheckpointed = True
        if isinstance(written, StoreFull):
            return _refused(group, written)
        if isinstance(written, TensorFleetError):
            self._fail(written)
            return _refused(group, written)
        self._ledger.settle(batch)
        return landings

    def _checkpoint(self) -> None:
        self._uncheckpointed = False
        outcome = _attempt(self._database.checkpoint)
        # A full disk delays it and loses nothing: what is in the log is durable where it is.
        if isinstance(outcome, TensorFleetError) and not isinstance(outcome, StoreFull):
            self._fail(outcome)

    def _fail(self, error: TensorFleetError) -> None:
        self._failure = StoreFailed(error.detail, error.hint)


def _attempt(work: Callable[[], Any]) -> Any:
    """What `work` returns, or the error it raises."""
    try:
        return work()
    except TensorFleetError as error:
        return error
    except Exception as error:  # the thread's outermost shell: whoever waits must hear of it
        return Fault(f"The store's writer met something unforeseen: {error!r}.")


def _refused(group: list[Transaction], error: TensorFleetError) -> list[Landing]:
    """Each gets an error of its own, since a raised one carries its traceback. Anything but full is a failure."""
    kind = StoreFull if isinstance(error, StoreFull) else StoreFailed
    return [(transaction.settle, kind(error.detail, error.hint)) for transaction in group]
