"""The store's promise: documents and events change together, whole or not at all, and durably or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Doc = dict[str, Any]
"""JSON-able; NaN and infinities become null. As read it carries "id" and "rev", an event its number as "id"."""

Where = Callable[[Doc], bool]
"""Picks documents. It is shown the store's own, so it must not change them; a `tinydb.Query` will do."""

MAX_DOCUMENT = 8 * 2**20
"""Bytes of JSON in one document or event, at most (MongoDB's own limit is 16 MiB)."""

MAX_ID = 512
"""Characters in the id of a document, at most."""


@dataclass(frozen=True, slots=True)
class Put:
    """Replaces the document, or makes it.

    expect: None for no check, 0 if it must not exist, n if it must be at revision n. A new document gets
    revision 1, a replaced one the next. What `doc` says under "id" and "rev" is ignored.
    """

    collection: str
    id: str
    doc: Doc
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Removes the document. expect: as in Put; without it, one that is not there is fine."""

    collection: str
    id: str
    expect: int | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """Adds an event, for good. It gets the next number; its "job", if any, is what `Store.events` filters by."""

    event: Doc


Write = Put | Delete | Append


@dataclass(frozen=True, slots=True)
class Committed:
    """revisions: one for each Put, in their order. events: those appended, in their order, with their numbers."""

    revisions: tuple[int, ...]
    events: tuple[Doc, ...]


class Store(Protocol):
    """What the head may ask of a store. All of it from the event loop in which it was opened.

    Reads see what is committed and nothing else, and hand out copies: a caller may change what it gets.
    """

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for whoever starts the head, known once it is open; empty when all is well."""

    async def open(self) -> None:
        """Loads the documents. Raises AlreadyRunning, Corrupt, StoreFull, StoreFailed, InvalidRequest."""

    async def close(self) -> None:
        """Finishes the commits that were begun and lets go of everything. May be called twice."""

    async def commit(self, writes: Sequence[Write]) -> Committed:
        """One transaction: all of `writes` in their order, or none. Returns only when they are durable, and shows
        them to readers only then. Commits take effect in the order they were called.

        Raises RevisionConflict where an `expect` is not met; InvalidRequest or TooLarge for what cannot be stored;
        StoreFull when the disk takes no more: nothing was written, and it may be tried again; StoreFailed for
        anything else: what is on disk is then unknown, the store takes no more commits, and the process should end.
        """

    def get(self, collection: str, id: str) -> Doc | None:
        """The document, or None."""

    def find(self, collection: str, where: Where | None = None) -> list[Doc]:
        """The documents that `where` picks, in the order of `page_key`."""

    def page(
        self,
        collection: str,
        *,
        where: Where | None = None,
        after: str | None,
        limit: int,
        newest_first: bool = True,
    ) -> list[Doc]:
        """At most `limit` documents in the order of `page_key`, beginning beyond the key `after`."""

    def count(self, collection: str) -> int:
        """How many documents there are."""

    async def events(self, *, after: int, limit: int, job: str | None = None) -> list[Doc]:
        """At most `limit` events with numbers above `after`, oldest first. Raises Corrupt, StoreFailed."""

    def last_event(self) -> int:
        """The number of the newest event; 0 before the first. Numbers have no gaps."""

    async def backup(self, target: Path) -> None:
        """A copy of everything, as of one moment, at `target`; it appears whole or not at all.

        Raises StoreFull, StoreFailed; neither harms the store.
        """


def page_key(doc: Doc) -> str:
    """What pages are ordered by and cursors are made of: the document's "order", else its id.

    An "order" is a text, and no two documents of a collection share one.
    """
    key: str = doc["order"] if "order" in doc else doc["id"]
    return key
