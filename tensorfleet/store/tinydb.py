"""The head's own store: TinyDB tables whose documents lie in an SQLite file, changed one document at a time.

TinyDB's JSONStorage rewrites the whole file at every change and may lose all of it in a crash. Here a table keeps
TinyDB's face (`Query`, `search`, `get`, `update`, …) and its documents in memory; every change goes through the
store's writer as Puts and Deletes of single documents, and memory follows only when they are durable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, cast

from tinydb import TinyDB
from tinydb.queries import QueryLike
from tinydb.storages import Storage
from tinydb.table import Document, Table

from tensorfleet.errors import StoreFailed
from tensorfleet.store.channel import Channel
from tensorfleet.store.ledger import Staged, prepare
from tensorfleet.store.lock import DirectoryLock
from tensorfleet.store.migrate import Schema
from tensorfleet.store.port import Committed, Delete, Doc, Put, Where, Write
from tensorfleet.store.recent import Recent
from tensorfleet.store.shelf import Shelf, copy_of
from tensorfleet.store.sqlite import Connect, Database, connect
from tensorfleet.store.view import show
from tensorfleet.store.volume import check_volume

FILE = "state.db"
LOCK = "state.lock"
RECENT = 4096
"""Events kept in memory, once so many were appended since the start."""

Fields = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


class WholeTableWrite(TypeError):
    """A TinyDB call that rewrites a whole table or database, which this store never does."""

    def __init__(self) -> None:
        super().__init__("This store changes single documents: use insert, update, upsert and remove.")


class FleetStorage(Storage):
    """The documents of all tables. commit: makes writes durable and visible before it returns."""

    def __init__(self, commit: Callable[[Sequence[Write]], Committed]) -> None:
        self.commit = commit
        self.shelves: dict[str, Shelf] = {}

    def read(self) -> dict[str, dict[str, Any]]:
        return {name: shelf.docs for name, shelf in self.shelves.items() if shelf.docs}

    def write(self, data: dict[str, dict[str, Any]]) -> NoReturn:
        raise WholeTableWrite


class FleetTable(Table):
    """One collection with TinyDB's face; ids are texts. Hands out copies; its writes block until they are durable."""

    document_id_class = str  # type: ignore[assignment]  # TinyDB allows it, its annotation says int

    def __init__(self, storage: Storage, name: str, cache_size: int = 0, persist_empty: bool = False) -> None:
        # No query cache: its results would be shared between callers, and outlive the documents.
        super().__init__(storage, name, 0, persist_empty)
        fleet = cast(FleetStorage, storage)
        self.shelf = fleet.shelves.setdefault(name, Shelf())
        self._commit = fleet.commit

    def __len__(self) -> int:
        return len(self.shelf.docs)

    def __iter__(self) -> Iterator[Document]:
        return iter(self._picked(lambda _: True))

    def search(self, cond: QueryLike) -> list[Document]:
        return self._picked(cond)

    def get(self, cond: Any = None, doc_id: Any = None, doc_ids: Any = None) -> Any:
        """One document by condition or id, or None; a list for several ids."""
        if doc_id is not None:
            doc = self.shelf.docs.get(doc_id)
            return None if doc is None else _document(doc)
        if doc_ids is not None:
            return [_document(self.shelf.docs[id]) for id in doc_ids if id in self.shelf.docs]
        if cond is None:
            raise RuntimeError("You have to pass either cond or doc_id or doc_ids")
        return next((_document(doc) for doc in self.shelf.docs.values() if cond(doc)), None)

    def insert(self, document: Mapping[str, Any]) -> Any:
        """Raises RevisionConflict if there is one with this id."""
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[Any]:
        puts = [Put(self.name, _id_of(document), dict(document), expect=0) for document in documents]
        self._commit(puts)
        return [put.id for put in puts]

    def update(self, fields: Fields, cond: QueryLike | None = None, doc_ids: Iterable[Any] | None = None) -> list[Any]:
        """Sets `fields`, or calls it on each document, of all that `cond` or `doc_ids` pick."""
        puts = []
        for id, doc in self._chosen(cond, doc_ids):
            changed: Doc = copy_of(doc)
            if callable(fields):
                fields(changed)
            else:
                changed.update(fields)
            puts.append(Put(self.name, id, changed, expect=doc["rev"]))
        self._commit(puts)
        return [put.id for put in puts]

    def remove(self, cond: QueryLike | None = None, doc_ids: Iterable[Any] | None = None) -> list[Any]:
        if cond is None and doc_ids is None:
            raise WholeTableWrite
        deletes = [Delete(self.name, id, expect=doc["rev"]) for id, doc in self._chosen(cond, doc_ids)]
        self._commit(deletes)
        return [delete.id for delete in deletes]

    def _picked(self, cond: QueryLike) -> list[Document]:
        return [_document(doc) for doc in self.shelf.docs.values() if cond(doc)]

    def _chosen(self, cond: QueryLike | None, doc_ids: Iterable[Any] | None) -> list[tuple[str, Doc]]:
        docs = self.shelf.docs
        if doc_ids is not None:
            return [(id, docs[id]) for id in doc_ids if id in docs]
        return [(id, doc) for id, doc in docs.items() if cond is None or cond(doc)]

    def _update_table(self, updater: Callable[[dict[int, Mapping[str, Any]]], None]) -> NoReturn:
        raise WholeTableWrite


def _document(doc: Doc) -> Document:
    return Document(copy_of(doc), doc["id"])


def _id_of(document: Mapping[str, Any]) -> str:
    id = document.doc_id if isinstance(document, Document) else document.get("id")
    if not isinstance(id, str):
        raise ValueError('A document needs an id: a text under "id", or a tinydb Document with one.')
    return id


class FleetDB(TinyDB):
    """TinyDB, with tables that change single documents."""

    table_class = FleetTable

    def table(self, name: str, **kwargs: Any) -> FleetTable:
        return cast(FleetTable, super().table(name, **kwargs))


class TinyDBStore:
    """A Store in `data_dir`; see the port.

    force: use network and FUSE file systems too, whose locks and syncs may not hold. allow_volatile: use a file
    system in memory, with a warning. schema, connect: other ones, to try migrations and failing disks.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        force: bool = False,
        allow_volatile: bool = True,
        schema: Schema | None = None,
        connect: Connect = connect,
    ) -> None:
        self.warnings: tuple[str, ...] = ()
        self._data_dir = data_dir
        self._force = force
        self._allow_volatile = allow_volatile
        self._lock = DirectoryLock(data_dir / LOCK)
        self._database = Database(data_dir / FILE, schema or Schema(), connect)
        self._channel: Channel | None = None
        self._db = FleetDB(storage=partial(FleetStorage, self.commit_now))
        self._recent = Recent(0, RECENT)

    def table(self, collection: str) -> FleetTable:
        """The TinyDB table of a collection."""
        return self._db.table(collection)

    async def open(self) -> None:
        try:
            self._data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.warnings = check_volume(self._data_dir, force=self._force, allow_volatile=self._allow_volatile)
            self._lock.take()
        except OSError as error:
            raise StoreFailed(
                f"The data directory {self._data_dir} cannot be used: {error.strerror}.",
                "Put that right, or name another with --data-dir.",
            ) from error
        self._channel = Channel(self._database, self._show)
        try:
            documents, ledger = await self._channel.call(self._database.open)
        except BaseException:
            self._end()
            raise
        self._channel.adopt(ledger)
        self._db = FleetDB(storage=partial(FleetStorage, self.commit_now))
        for (collection, _), doc in documents.items():
            self.table(collection).shelf.put(doc)
        self._recent = Recent(ledger.last_event, RECENT)

    async def close(self) -> None:
        if self._channel is None:
            return
        try:
            await self._channel.call(self._database.close)
        finally:
            self._end()

    async def commit(self, writes: Sequence[Write]) -> Committed:
        return await self._running().commit(prepare(writes))

    def commit_now(self, writes: Sequence[Write]) -> Committed:
        """As `commit`, but the event loop stands still until it is done: for scripts and the tables' own writes."""
        return self._running().commit_now(prepare(writes))

    def get(self, collection: str, id: str) -> Doc | None:
        return self.table(collection).shelf.get(id)

    def find(self, collection: str, where: Where | None = None) -> list[Doc]:
        return self.table(collection).shelf.find(where)

    def page(
        self,
        collection: str,
        *,
        where: Where | None = None,
        after: str | None,
        limit: int,
        newest_first: bool = True,
    ) -> list[Doc]:
        return self.table(collection).shelf.page(where, after, limit, newest_first)

    def count(self, collection: str) -> int:
        return len(self.table(collection))

    async def events(self, *, after: int, limit: int, job: str | None = None) -> list[Doc]:
        if self._recent.reaches(after):
            return self._recent.read(after, limit, job)
        return await self._running().call(partial(self._database.events, after, limit, job))

    def last_event(self) -> int:
        return self._recent.last

    async def backup(self, target: Path) -> None:
        await self._running().call(partial(self._database.backup, target))

    def _running(self) -> Channel:
        if self._channel is None:
            raise StoreFailed("The store is closed.")
        return self._channel

    def _show(self, staged: Staged) -> Committed:
        return show(staged, lambda collection: self.table(collection).shelf, self._recent)

    def _end(self) -> None:
        channel, self._channel = self._channel, None
        if channel:
            channel.stop()
        self._lock.release()
